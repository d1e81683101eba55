"""Teach the decoder alone: `python train_decoder.py CORPUS RUN --steps 4000 ...`.

Before the encoder is ready the decoder learns from the given latent itself (`--target`); afterwards from the
codes of the finished codec. The run folder keeps the checkpoint either way.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import torch
from acoustic_targets import AcousticTarget, given_latent
from encode_corpus import codes_path
from export_codec import read_run
from recordings import Recordings, all_parts
from safetensors.torch import load_file
from torch import Tensor, nn

from tokenizer.codec_network import CodecNetwork
from tokenizer.training.discriminators import (
    SpectrogramJudges,
    deceiving_loss,
    feature_matching,
    judge_loss,
)
from tokenizer.training.run_state import load_run_state, save_run_state
from tokenizer.training.spectral import SpectralDistance

Crops = tuple[Tensor, Tensor]
CROP_FRAMES = 25


@torch.no_grad()
def fit_entrance(network: CodecNetwork, target: AcousticTarget, samples: Tensor) -> None:
    """Translate the given latent into what the decoder was used to, by least squares."""
    used_to = network.to_acoustic(network.encode_latent(samples)).transpose(1, 2).flatten(0, 1)
    given = given_latent(network, target, samples).transpose(1, 2).flatten(0, 1)
    mean = given.mean(0)
    solution = torch.linalg.lstsq(given - mean, used_to - used_to.mean(0)).solution
    network.fc2.weight.copy_(solution.t())
    network.fc2.bias.copy_(used_to.mean(0) - mean @ solution)


class EncodedCrops:
    """Random stretches of encoded utterances: the samples, and the latent as its codes tell it."""

    def __init__(self, network: CodecNetwork, corpus: Path, parts: list[int], frames: int) -> None:
        self._network, self._frames = network, frames
        self._recordings = Recordings(corpus, tuple(parts))
        codes = [load_file(codes_path(corpus, part)) for part in parts]
        self._codes = [
            clip for t in codes for clip in t["codes"].split(t["frames"].tolist(), dim=1)
        ]
        lines = zip(self._recordings.lines, self._codes, strict=True)
        self._long = [
            index for index, (_line, clip) in enumerate(lines) if clip.shape[1] > frames + 1
        ]

    @torch.no_grad()
    def __call__(self, source: torch.Generator, lanes: int) -> Crops:
        samples, codes, hop = [], [], self._network.config.hop_length
        for pick in torch.randint(len(self._long), (lanes,), generator=source).tolist():
            index = self._long[pick]
            room = self._codes[index].shape[1] - self._frames - 1
            first = int(torch.randint(room, (), generator=source))
            codes.append(self._codes[index][:, first : first + self._frames].long())
            clip = self._recordings.samples(self._recordings.lines[index])
            samples.append(clip[first * hop : (first + self._frames) * hop])
        return torch.stack(samples)[:, None], self._network.dequantize(torch.stack(codes))


def learn(
    network: CodecNetwork,
    crops: Callable[[torch.Generator, int], Crops],
    options: argparse.Namespace,
) -> None:
    """Step by step, with a checkpoint every few minutes; goes on where the run folder stands."""
    # Without the longest window, low voices end up at 100 Hz, a whole number of periods per frame.
    distance = SpectralDistance(24_000, (2048, 1024, 512, 256), (160, 100, 60, 36))
    judges = SpectrogramJudges()
    learning = [*network.fc2.parameters(), *network.acoustic_decoder.parameters()]
    optimizer = torch.optim.AdamW(
        learning, lr=options.rate, betas=(0.8, 0.99), weight_decay=1e-3, fused=True
    )
    judge_optimizer = torch.optim.AdamW(judges.parameters(), lr=5e-4, betas=(0.8, 0.99), fused=True)
    optimizers = (optimizer, judge_optimizer)
    step = load_run_state(options.run, network, judges, optimizers) or 0
    network.acoustic_decoder.compile()
    saved = began = time.time()
    first = step
    while step < options.steps:
        for group in optimizer.param_groups:
            left = (options.steps - step) / options.fade_steps if options.fade_steps else 1.0
            group["lr"] = options.rate * min(1.0, (step - first + 1) / 30, max(left, 0.03))
        source = torch.Generator().manual_seed(options.seed * 1_000_003 + step)
        samples, latent = crops(source, options.lanes)
        with torch.autocast("cpu", torch.bfloat16):
            made = network.decode_latent(latent).float()
        mel, linear = distance(made, samples)
        loss = 10 * mel + 60 * linear
        if options.judges:
            loss = loss + deceive(judges, judge_optimizer, samples, made)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(learning, 5.0)
        optimizer.step()
        step += 1
        if step % 20 == 0:
            each = (time.time() - began) / (step - first)
            print(
                f"{step} {each:.2f}s/step mel {mel:.4f} linear {linear:.5f} loss {loss:.4f}",
                flush=True,
            )
        if time.time() - saved > 180 or step == options.steps:
            save_run_state(options.run, step, network, judges, optimizers)
            saved = time.time()


def deceive(
    judges: SpectrogramJudges, optimizer: torch.optim.Optimizer, samples: Tensor, made: Tensor
) -> Tensor:
    """Let the judges learn from this batch, then ask them what they think of it."""
    with torch.autocast("cpu", torch.bfloat16):
        learned = judge_loss(judges(samples), judges(made.detach()))
    optimizer.zero_grad(set_to_none=True)
    learned.backward()
    optimizer.step()
    with torch.autocast("cpu", torch.bfloat16):
        real, fake = judges(samples), judges(made)
    return 0.2 * deceiving_loss(fake) + 0.5 * feature_matching(real, fake)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("run", type=Path)
    parser.add_argument("--translate", action="store_true", help="the decoder knew another latent")
    parser.add_argument("--target", type=Path, help="learn from the given latent")
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument(
        "--fade-steps", type=int, default=0, help="the rate falls to nothing over the last so many"
    )
    parser.add_argument("--judges", action="store_true")
    parser.add_argument("--parts", type=int, nargs="+", help="else all there are")
    parser.add_argument("--lanes", type=int, default=8)
    parser.add_argument("--seed", type=int, default=4)
    options = parser.parse_args()
    parts = options.parts or all_parts(options.corpus)
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    network = read_run(options.run)
    if not options.target:
        learn(network, EncodedCrops(network, options.corpus, parts, CROP_FRAMES), options)
        return
    recordings, target = (
        Recordings(options.corpus, tuple(parts)),
        AcousticTarget.read(options.target),
    )
    if options.translate:
        fit_entrance(
            network, target, recordings.crops(torch.Generator().manual_seed(0), 48, 2.0)[0]
        )

    def crops(source: torch.Generator, lanes: int) -> Crops:
        samples = recordings.crops(source, lanes, 1.0)[0]
        return samples, given_latent(network, target, samples)

    learn(network, crops, options)


if __name__ == "__main__":
    main()
