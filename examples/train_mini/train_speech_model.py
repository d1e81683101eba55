"""Teach the small HuBERT phones: `python train_speech_model.py CORPUS OUT --minutes 5`.

A frame of the codec spans 40 ms; from the feature of that frame two linear heads must tell the phone in its
first half and in its second. The speakers are many, so what helps is what they share. The features are then
frozen, and the first codebook of the codec is a clustering of them.
"""

import argparse
import time
from pathlib import Path

import torch
from mini_sizes import CODEC
from recordings import Recordings, all_parts
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

from tokenizer.codec.resampling import SincResampler
from tokenizer.codec.semantic import build_speech_model, speech_features

PHONE_COUNT = 42


class PhoneTeller(nn.Module):
    """The speech model with two heads: samples [lanes, n] -> logits [lanes, frames, 2, phones]."""

    def __init__(self) -> None:
        super().__init__()
        self.speech_model = build_speech_model(CODEC.speech_model)
        self.heads = nn.Linear(CODEC.speech_model.hidden_size, 2 * PHONE_COUNT)

    def forward(self, samples: Tensor) -> Tensor:
        features = speech_features(self.speech_model, samples, CODEC.semantic_stride)
        return self.heads(features.transpose(1, 2)).unflatten(-1, (2, PHONE_COUNT))


def halves(phones: Tensor) -> Tensor:
    """[lanes, ticks of 10 ms] -> the phone in each half of each 40 ms frame, [lanes, frames, 2]."""
    return phones.unflatten(-1, (-1, 4))[..., (0, 2)]


def train(recordings: Recordings, out: Path, minutes: float, seed: int, start: Path | None) -> None:
    torch.manual_seed(seed)
    source = torch.Generator().manual_seed(seed)
    teller, resample = PhoneTeller(), SincResampler(24_000, 16_000)
    if start is not None:
        teller.load_state_dict(load_file(start))
    optimizer = torch.optim.AdamW(teller.parameters(), lr=2e-3, weight_decay=0.01)
    began, step, spent = time.time(), 0, 0.0
    while spent < 1:
        spent = (time.time() - began) / (60 * minutes)
        for group in optimizer.param_groups:
            group["lr"] = 2e-3 * min(1.0, (step + 1) / 50) * (1.02 - min(1.0, spent))
        samples, phones = recordings.crops(source, 24, 2.0)
        gain = 10 ** (torch.empty(len(samples), 1).uniform_(-0.5, 0.2, generator=source))
        logits = teller(resample(samples[:, 0] * gain))
        targets = halves(phones)
        loss = functional.cross_entropy(logits.flatten(0, 2), targets.flatten())
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(teller.parameters(), 1.0)
        optimizer.step()
        if step % 25 == 0:
            right = (logits.argmax(-1) == targets).float().mean()
            print(
                f"{step} {time.time() - began:.0f}s loss {loss.item():.3f} right {right:.3f}",
                flush=True,
            )
        step += 1
    save_file(teller.state_dict(), out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--parts", type=int, nargs="+", help="else all there are")
    parser.add_argument("--start", type=Path, help="weights to go on from")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    parts = options.parts or all_parts(options.corpus)
    recordings = Recordings(options.corpus, tuple(parts))
    train(recordings, options.out, options.minutes, options.seed, options.start)


if __name__ == "__main__":
    main()
