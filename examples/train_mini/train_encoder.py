"""Teach the acoustic encoder its given latent: `python train_encoder.py CORPUS TARGET OUT --start RUN --steps 800`."""

import argparse
import time
from pathlib import Path

import torch
from acoustic_targets import AcousticTarget
from crops import regression
from mini_sizes import CODEC
from recordings import Recordings, all_parts
from safetensors.torch import load_file, save_file
from torch import nn

from tokenizer.codec.acoustic import AcousticEncoder
from tokenizer.training.run_state import STATE_FILE


def prepare(start: Path) -> AcousticEncoder:
    """The encoder of a run's checkpoint, or one that was taught before."""
    encoder = AcousticEncoder(CODEC.acoustic)
    prefix = "network.acoustic_encoder." if start.is_dir() else ""
    table = load_file(start / STATE_FILE if start.is_dir() else start)
    encoder.load_state_dict(
        {n.removeprefix(prefix): v for n, v in table.items() if n.startswith(prefix)}
    )
    return encoder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--start", type=Path, required=True, help="a run folder, or an encoder")
    parser.add_argument("--steps", type=int, default=800)
    parser.add_argument(
        "--rate", type=float, default=1.5e-3, help="5e-4 to go on with a taught one"
    )
    parser.add_argument("--warmup-steps", type=int, default=30)
    parser.add_argument("--parts", type=int, nargs="+", help="else all there are")
    parser.add_argument("--lanes", type=int, default=12)
    parser.add_argument("--seed", type=int, default=3)
    options = parser.parse_args()
    parts = options.parts or all_parts(options.corpus)
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    recordings = Recordings(options.corpus, tuple(parts))
    source = torch.Generator().manual_seed(options.seed)
    target, encoder = AcousticTarget.read(options.target), prepare(options.start)
    encoder.compile()
    optimizer = torch.optim.AdamW(
        encoder.parameters(), lr=options.rate, betas=(0.8, 0.99), fused=True
    )
    began = time.time()
    for step in range(options.steps):
        for group in optimizer.param_groups:
            risen = min(1.0, (step + 1) / options.warmup_steps)
            group["lr"] = options.rate * risen * max(0.03, 1 - step / options.steps)
        samples = recordings.crops(source, options.lanes, 1.0)[0]
        wanted = target(samples)
        # float32: oneDNN's bfloat16 kernel for 8 channels at stride 8 was found to compute another convolution.
        told = encoder(samples)
        loss = regression(told, wanted)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(encoder.parameters(), 3.0)
        optimizer.step()
        if step % 20 == 0:
            unexplained = (told - wanted).square().mean() / wanted.square().mean()
            print(
                f"{step} {time.time() - began:.0f}s loss {loss.item():.4f} unexplained {unexplained:.4f}",
                flush=True,
            )
    save_file(encoder.state_dict(), options.out)


if __name__ == "__main__":
    main()
