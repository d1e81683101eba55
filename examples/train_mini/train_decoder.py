"""Teach the decoder alone: `python train_decoder.py CORPUS RUN --steps 4000 ...`.

Before the encoder is ready the decoder learns from the given latent itself (`--target`); afterwards from the
codes of the finished codec. The run folder keeps the checkpoint either way.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import torch
from acoustic_targets import AcousticTarget
from export_codec import read_run
from recordings import Recordings
from torch import Tensor, nn

from tokenizer.codec_network import CodecNetwork
from tokenizer.training.discriminators import SpectrogramJudges, deceiving_loss, feature_matching, judge_loss
from tokenizer.training.run_state import load_run_state, save_run_state
from tokenizer.training.spectral import SpectralDistance

Latents = Callable[[Tensor], Tensor]


@torch.no_grad()
def given_latent(network: CodecNetwork, target: AcousticTarget, samples: Tensor) -> Tensor:
    """[lanes, 1, samples] -> the latent as it should be, unquantized: [lanes, width, frames]."""
    return torch.cat([target(samples), network.speech_features(samples)], dim=1)


@torch.no_grad()
def fit_entrance(network: CodecNetwork, target: AcousticTarget, samples: Tensor) -> None:
    """Translate the given latent into what the decoder was used to, by least squares."""
    used_to = network.to_acoustic(network.encode_latent(samples)).transpose(1, 2).flatten(0, 1)
    given = given_latent(network, target, samples).transpose(1, 2).flatten(0, 1)
    mean = given.mean(0)
    solution = torch.linalg.lstsq(given - mean, used_to - used_to.mean(0)).solution
    network.fc2.weight.copy_(solution.t())
    network.fc2.bias.copy_(used_to.mean(0) - mean @ solution)


@torch.no_grad()
def quantized(network: CodecNetwork, samples: Tensor) -> Tensor:
    """[lanes, 1, samples] -> the latent as its codes tell it."""
    with torch.autocast("cpu", torch.bfloat16):
        latent = network.encode_latent(samples)
    return network.dequantize(network.quantize(latent.float()))


def learn(network: CodecNetwork, recordings: Recordings, latents: Latents, options: argparse.Namespace) -> None:
    """Step by step, with a checkpoint every few minutes; goes on where the run folder stands."""
    distance, judges = SpectralDistance(24_000, (1024, 512, 256), (100, 60, 36)), SpectrogramJudges()
    learning = [*network.fc2.parameters(), *network.acoustic_decoder.parameters()]
    optimizer = torch.optim.AdamW(learning, lr=options.rate, betas=(0.8, 0.99), weight_decay=1e-3, fused=True)
    judge_optimizer = torch.optim.AdamW(judges.parameters(), lr=5e-4, betas=(0.8, 0.99), fused=True)
    optimizers = (optimizer, judge_optimizer)
    step = load_run_state(options.run, network, judges, optimizers) or 0
    network.acoustic_decoder.compile()
    network.acoustic_encoder.compile()
    saved = began = time.time()
    first = step
    while step < options.steps:
        for group in optimizer.param_groups:
            group["lr"] = options.rate * min(1.0, (step - first + 1) / 30)
        source = torch.Generator().manual_seed(options.seed * 1_000_003 + step)
        samples = recordings.crops(source, options.lanes, 1.0)[0]
        latent = latents(samples)
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
            print(f"{step} {each:.2f}s/step mel {mel:.4f} linear {linear:.5f} loss {loss:.4f}", flush=True)
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
    parser.add_argument("--start", type=Path, help="the run folder of a codec whose decoder is continued")
    parser.add_argument("--target", type=Path, help="learn from the given latent")
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--judges", action="store_true")
    parser.add_argument("--parts", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--lanes", type=int, default=8)
    parser.add_argument("--seed", type=int, default=4)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    recordings = Recordings(options.corpus, tuple(options.parts))
    network = read_run(options.start if options.start else options.run)
    if options.target:
        target = AcousticTarget.read(options.target)
        if options.start:
            fit_entrance(network, target, recordings.crops(torch.Generator().manual_seed(0), 48, 2.0)[0])
        learn(network, recordings, lambda samples: given_latent(network, target, samples), options)
    else:
        learn(network, recordings, lambda samples: quantized(network, samples), options)


if __name__ == "__main__":
    main()
