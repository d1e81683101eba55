"""Teach the decoder: `python train_decoder.py CORPUS RUN --steps 4000 ...`.

Before there are codes the decoder learns from the given latent itself (`--target`), afterwards from the codes of
the corpus; and in the end together with the encoder (`--target`, `--with-encoder`). The run folder keeps the checkpoint.
"""

import argparse
import time
from pathlib import Path

import torch
from acoustic_targets import AcousticTarget, given_latent
from crops import Draw, EncodedCrops, HeardCrops, UnquantizedCrops
from export_codec import read_run
from recordings import Recordings, all_parts
from torch import Tensor, nn

from tokenizer.codec.network import CodecNetwork
from tokenizer.training.discriminators import (
    SpectrogramDiscriminators,
    deceiving_loss,
    discriminator_loss,
    feature_matching,
)
from tokenizer.training.run_state import load_run_state, save_run_state
from tokenizer.training.spectral import SpectralDistance

ENCODER_RATE_SHARE = 0.4
ASTRAY_WEIGHT = 5.0


@torch.no_grad()
def fit_entrance(network: CodecNetwork, target: AcousticTarget, samples: Tensor) -> None:
    """Translate the given latent into what the decoder was used to, by least squares."""
    used_to = network.to_acoustic(network.encode_latent(samples)).transpose(1, 2).flatten(0, 1)
    given = given_latent(network, target, samples).transpose(1, 2).flatten(0, 1)
    mean = given.mean(0)
    solution = torch.linalg.lstsq(given - mean, used_to - used_to.mean(0)).solution
    network.fc2.weight.copy_(solution.t())
    network.fc2.bias.copy_(used_to.mean(0) - mean @ solution)


def learn(network: CodecNetwork, draw: Draw, options: argparse.Namespace) -> None:
    """Step by step, with a checkpoint every few minutes; goes on where the run folder stands."""
    # Without the longest window, low voices end up at 100 Hz, a whole number of periods per frame.
    distance = SpectralDistance(24_000, (2048, 1024, 512, 256), (160, 100, 60, 36))
    # Bands too broad to show the pitch: what is left is what the mouth does, which tells the words.
    envelope = SpectralDistance(24_000, (1024, 512), (32, 24))
    judges = SpectrogramDiscriminators()
    optimizer = optimizer_for(network, options.with_encoder)
    judge_optimizer = torch.optim.AdamW(judges.parameters(), lr=5e-4, betas=(0.8, 0.99), fused=True)
    optimizers = (optimizer, judge_optimizer)
    first = step = load_run_state(options.run, network, judges, optimizers) or 0
    network.acoustic_decoder.compile()
    network.acoustic_encoder.compile()
    saved = began = time.time()
    while step < options.steps:
        for group in optimizer.param_groups:
            left = (options.steps - step) / options.fade_steps if options.fade_steps else 1.0
            risen = (step - first + 1) / options.warmup_steps
            group["lr"] = options.rate * group["share"] * min(1.0, risen, max(left, 0.03))
        source = torch.Generator().manual_seed(options.seed * 1_000_003 + step)
        crops = draw(source, options.lanes)
        with torch.autocast("cpu", torch.bfloat16):
            made = network.decode_latent(crops.latent).float()
        mel, linear = distance(made, crops.samples)
        mouth, _ = envelope(made, crops.samples)
        loss = 10 * mel + 60 * linear + 10 * mouth + ASTRAY_WEIGHT * crops.astray
        if options.judges:
            loss = loss + deceive(judges, judge_optimizer, crops.samples, made)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        for group in optimizer.param_groups:
            nn.utils.clip_grad_norm_(group["params"], 5.0)
        optimizer.step()
        step += 1
        if step % 20 == 0:
            each = (time.time() - began) / (step - first)
            print(
                f"{step} {each:.2f}s/step mel {mel:.4f} linear {linear:.5f} mouth {mouth:.4f} "
                f"astray {float(torch.as_tensor(crops.astray).detach()):.4f} loss {loss:.4f}",
                flush=True,
            )
        if time.time() - saved > 180 or step == options.steps:
            save_run_state(options.run, step, network, judges, optimizers)
            saved = time.time()


def optimizer_for(network: CodecNetwork, with_encoder: bool) -> torch.optim.Optimizer:
    """The decoder at the full rate; an encoder that learns along at its share of it."""
    decoder = [*network.fc2.parameters(), *network.acoustic_decoder.parameters()]
    groups = [{"params": decoder, "share": 1.0}]
    if with_encoder:
        encoder = [*network.acoustic_encoder.parameters()]
        groups.append({"params": encoder, "share": ENCODER_RATE_SHARE})
    return torch.optim.AdamW(groups, betas=(0.8, 0.99), weight_decay=1e-3, fused=True)


def deceive(
    judges: SpectrogramDiscriminators,
    optimizer: torch.optim.Optimizer,
    samples: Tensor,
    made: Tensor,
) -> Tensor:
    """Let the judges learn from this batch, then ask them what they think of it."""
    with torch.autocast("cpu", torch.bfloat16):
        learned = discriminator_loss(judges(samples), judges(made.detach()))
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
    parser.add_argument("--with-encoder", action="store_true", help="half of it as it is heard")
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument(
        "--fade-steps", type=int, default=0, help="the rate falls to nothing over the last so many"
    )
    parser.add_argument("--warmup-steps", type=int, default=30)
    parser.add_argument("--judges", action="store_true")
    parser.add_argument("--parts", type=int, nargs="+", help="else all there are")
    parser.add_argument("--lanes", type=int, default=8)
    parser.add_argument("--seed", type=int, default=4)
    options = parser.parse_args()
    if options.with_encoder and not options.target:
        parser.error("--with-encoder needs --target, the latent that the encoder is to hear")
    parts = options.parts or all_parts(options.corpus)
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    network = read_run(options.run)
    learn(network, crops_for(network, parts, options), options)


def crops_for(network: CodecNetwork, parts: list[int], options: argparse.Namespace) -> Draw:
    """What the options ask to learn from."""
    if options.target is None:
        return EncodedCrops(network, options.corpus, parts)
    target = AcousticTarget.read(options.target)
    if options.with_encoder:
        return HeardCrops(network, target, EncodedCrops(network, options.corpus, parts))
    recordings = Recordings(options.corpus, tuple(parts))
    if options.translate:
        some = recordings.crops(torch.Generator().manual_seed(0), 48, 2.0)[0]
        fit_entrance(network, target, some)
    return UnquantizedCrops(network, target, recordings)


if __name__ == "__main__":
    main()
