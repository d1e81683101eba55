"""Teach the acoustic encoder its given latent: `python train_encoder.py CORPUS RUN OUT TARGET --steps 800`.

TARGET is the file of `AcousticTarget.fitted`; it is made when it does not exist.
"""

import argparse
import time
from pathlib import Path

import torch
from acoustic_targets import LATENT, AcousticTarget
from mini_sizes import CODEC
from recordings import Recordings
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from tokenizer.acoustic import AcousticEncoder
from tokenizer.training.run_state import STATE_FILE
from tokenizer.training.data_start import start_from_data

FITTING_CROPS, FITTING_SECONDS = 300, 2.0


def prepare(recordings: Recordings, start: Path | None, samples: Tensor) -> AcousticEncoder:
    encoder = AcousticEncoder(CODEC.acoustic)
    start_from_data(encoder, samples)
    if start is not None and start.name != STATE_FILE:
        encoder.load_state_dict(load_file(start))
    elif start is not None:
        prefix = "network.acoustic_encoder."
        table = {n.removeprefix(prefix): v for n, v in load_file(start).items() if n.startswith(prefix)}
        encoder.load_state_dict({n: v for n, v in table.items() if not n.startswith("conv2")}, strict=False)
    return encoder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--start", type=Path, help="a training checkpoint, or an encoder, to continue")
    parser.add_argument("--steps", type=int, default=800)
    parser.add_argument("--parts", type=int, nargs="+", default=[0, 1, 2, 3])
    parser.add_argument("--lanes", type=int, default=12)
    parser.add_argument("--seed", type=int, default=3)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    recordings = Recordings(options.corpus, tuple(options.parts))
    source = torch.Generator().manual_seed(options.seed)
    if not options.target.exists():
        AcousticTarget.fitted(recordings.crops(source, FITTING_CROPS, FITTING_SECONDS)[0][:, 0]).save(options.target)
    target = AcousticTarget.read(options.target)
    encoder = prepare(recordings, options.start, recordings.crops(source, 8, 1.0)[0])
    encoder.compile()
    optimizer = torch.optim.AdamW(encoder.parameters(), lr=1.5e-3, betas=(0.8, 0.99), fused=True)
    began = time.time()
    for step in range(options.steps):
        for group in optimizer.param_groups:
            group["lr"] = 1.5e-3 * min(1.0, (step + 1) / 30) * max(0.03, 1 - step / options.steps)
        samples = recordings.crops(source, options.lanes, 1.0)[0]
        wanted = target(samples)
        with torch.autocast("cpu", torch.bfloat16):
            told = encoder(samples)
        # The lowest components matter most and err most: neither plain nor whitened, in between.
        weight = 1 / wanted.std(dim=(0, 2), keepdim=True).clamp(min=0.05)
        loss = ((told.float() - wanted).square() * weight).mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(encoder.parameters(), 3.0)
        optimizer.step()
        if step % 20 == 0:
            unexplained = (told.float() - wanted).square().mean() / wanted.square().mean()
            print(f"{step} {time.time() - began:.0f}s loss {loss.item():.4f} unexplained {unexplained:.4f}", flush=True)
    assert told.shape[1] == LATENT
    save_file(encoder.state_dict(), options.out)


if __name__ == "__main__":
    main()
