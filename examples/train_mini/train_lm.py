"""Train the mini language model: `python train_lm.py LESSONS START OUT --minutes 60`.

The losses, batches and corruption are those of `model/training`; what is added is a guide. A small model reads
long before it finds out where: left alone it learns how speech goes on and ignores the text. So one head in each of
two layers is shown, for every frame, the sound in the text that is made next, and has found its way in minutes.
"""

import argparse
import csv
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from model.network.backbone import HiggsModel
from model.network.dual_ffn import DecoderLayer, Pass
from model.network.layers import rotate
from model.training.batches import Batch, collate
from model.training.corruption import corrupt
from model.training.dataset import SampleDataset
from model.training.freezing import optimizer_groups
from model.training.lm_folders import open_network, save_network
from model.training.losses import LossWeights, language_model_losses
from model.training.shards import Shard, sample_lengths

CODEBOOK_WEIGHTS = (2.0, 2.0, 1.2, 0.8, 0.5, 0.4, 0.3, 0.3)
TEXT_WEIGHT = 0.3
GUIDED_LAYERS, GUIDED_HEAD = (1, 2), 0
PAD = 733


@dataclass(frozen=True)
class GuidedBatch:
    """A batch, and for each of its positions the one to look at or -1: [lanes, positions]."""

    batch: Batch
    guide: Tensor


class GuidedLessons:
    """Endless batches of a lessons folder, by seed."""

    def __init__(self, folder: Path, budget: int, seed: int) -> None:
        self._dataset = SampleDataset(folder, budget, seed)
        self._shards = [Shard(path) for path in self._dataset.paths]
        self._guides = []
        for path in self._dataset.paths:
            guides = load_file(path.with_name(path.name.replace("samples", "guides")))["guides"]
            self._guides.append(guides.split(sample_lengths(path).tolist()))

    def __iter__(self) -> Iterator[GuidedBatch]:
        for plan in self._dataset.plans():
            batch = collate([self._shards[plan.shard][index] for index in plan.indices], PAD)
            guide = torch.full(batch.ids.shape, -1)
            for row, index in zip(guide, plan.indices, strict=True):
                row[: len(self._guides[plan.shard][index])] = self._guides[plan.shard][index]
            yield GuidedBatch(batch, guide)


class Guide:
    """Listens at the entrance of some layers, and says how far their attention is from where it should look."""

    def __init__(self, network: HiggsModel) -> None:
        self._caught: list[tuple[nn.Module, Tensor, tuple[Tensor, Tensor]]] = []
        for number in GUIDED_LAYERS:
            network.model.layers[number].register_forward_pre_hook(self._catch)

    def _catch(self, layer: DecoderLayer, inputs: tuple[Tensor, Pass]) -> None:
        hidden, shared = inputs
        normed = layer._norm_before(hidden, shared.routing)
        self._caught.append((layer.self_attn, normed, shared.rotation))

    def loss(self, guide: Tensor) -> Tensor:
        """Cross-entropy of the guided head's attention against `guide`, mean over layers."""
        losses = [self._of(*caught, guide) for caught in self._caught]
        self._caught.clear()
        return torch.stack(losses).mean()

    def _of(
        self, attention: nn.Module, hidden: Tensor, rotation: tuple[Tensor, Tensor], guide: Tensor
    ) -> Tensor:
        size = attention.head_dim
        part = slice(GUIDED_HEAD * size, (GUIDED_HEAD + 1) * size)
        queries = functional.linear(hidden, attention.q_proj.weight[part])[:, None]
        keys = functional.linear(hidden, attention.k_proj.weight[part])[:, None]
        queries, keys = rotate(queries, rotation)[:, 0], rotate(keys, rotation)[:, 0]
        scores = (queries @ keys.transpose(1, 2)).float() / math.sqrt(size)
        hidden_future = torch.ones_like(scores[0], dtype=torch.bool).triu(1)
        scores = scores.masked_fill(hidden_future, -1e4)
        return functional.cross_entropy(scores.flatten(0, 1), guide.flatten(), ignore_index=-1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lessons", type=Path)
    parser.add_argument("start", type=Path, help="a model folder, with or without weights")
    parser.add_argument("out", type=Path)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--rate", type=float, default=1.5e-3)
    parser.add_argument("--warmup-steps", type=int, default=40)
    parser.add_argument("--positions", type=int, default=4096)
    parser.add_argument("--guide-weight", type=float, default=2.0)
    parser.add_argument("--corrupt-codes", type=float, default=0.06)
    parser.add_argument("--corrupt-columns", type=float, default=0.03)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(1)
    train(open_network(options.start, options.seed), options)


def compile_parts(network: HiggsModel) -> None:
    """Compile what a layer is made of, not the layer: the guide's hook would be compiled away."""
    for layer in network.model.layers:
        layer.self_attn.compile(dynamic=True)
        layer._norm_before = torch.compile(layer._norm_before, dynamic=True)
        layer._feed_forward = torch.compile(layer._feed_forward, dynamic=True)


def train(network: HiggsModel, options: argparse.Namespace) -> None:
    """Step until the time is over; the rate falls with the time, so that a busy machine does no harm."""
    network.train()
    compile_parts(network)
    guide, weights = Guide(network), LossWeights(TEXT_WEIGHT, CODEBOOK_WEIGHTS)
    optimizer = torch.optim.AdamW(
        optimizer_groups(network, 0.05, {}), lr=options.rate, betas=(0.9, 0.95), fused=True
    )
    lessons = iter(GuidedLessons(options.lessons, options.positions, options.seed))
    options.out.mkdir(parents=True, exist_ok=True)
    began = saved = time.time()
    step, spent = 0, 0.0
    with (options.out / "curve.csv").open("a", encoding="utf-8") as file:
        curve = csv.writer(file)
        while spent < 1:
            spent = (time.time() - began) / (60 * options.minutes)
            fall = 0.04 + 0.96 * (1 + math.cos(math.pi * min(1.0, spent))) / 2
            for group in optimizer.param_groups:
                group["lr"] = options.rate * min(1.0, (step + 1) / options.warmup_steps) * fall
            lesson = next(lessons)
            batch = corrupt(
                lesson.batch,
                options.corrupt_codes,
                options.corrupt_columns,
                options.seed * 7919 + step,
                256,
            )
            with torch.autocast("cpu", torch.bfloat16):
                losses = language_model_losses(network, batch, weights)
                astray = guide.loss(lesson.guide)
            optimizer.zero_grad(set_to_none=True)
            (losses.total + options.guide_weight * astray).backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            step += 1
            scores = [float(losses.text), *losses.codebooks.tolist()]
            curve.writerow(
                [
                    step,
                    round(time.time() - began),
                    batch.ids.numel(),
                    f"{float(astray):.4f}",
                    *(f"{s:.4f}" for s in scores),
                ]
            )
            if step % 20 == 0:
                file.flush()
                books = " ".join(f"{score:.2f}" for score in scores[1:])
                print(
                    f"{step} {time.time() - began:.0f}s guide {float(astray):.3f} text {scores[0]:.3f} books {books}",
                    flush=True,
                )
            if time.time() - saved > 240 or spent >= 1:
                save_network(network, options.start, options.out / "model")
                saved = time.time()


if __name__ == "__main__":
    main()
