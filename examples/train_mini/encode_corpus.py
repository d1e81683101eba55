"""Encode a part of the corpus: `python encode_corpus.py CORPUS RUN TARGET --part 0`.

What is quantized is the given latent itself, not the encoder's idea of it: that is ten times as fast, and neither
the decoder nor the language model learns the encoder's mistakes. Writes `N.codes.safetensors` beside the part:
`codes` [codebooks, frames of all utterances joined] and `frames` [utterances].
"""

import argparse
from pathlib import Path

import torch
from acoustic_targets import AcousticTarget, given_latent
from export_codec import read_run
from recordings import Recordings
from safetensors.torch import save_file
from torch import Tensor

BATCH_FRAMES = 800


def codes_path(corpus: Path, part: int) -> Path:
    return corpus / f"{part}.codes.safetensors"


@torch.no_grad()
def encode_part(corpus: Path, run: Path, target: AcousticTarget, part: int) -> None:
    """Encode every utterance of a part, those of like length together."""
    network, recordings = read_run(run), Recordings(corpus, (part,))
    hop = network.config.hop_length
    frames = [-(-line.samples // hop) for line in recordings.lines]
    codes: dict[int, Tensor] = {}
    for group in _like_length(frames):
        longest = max(frames[index] for index in group)
        batch = torch.zeros(len(group), 1, longest * hop)
        for row, index in zip(batch, group, strict=True):
            samples = recordings.samples(recordings.lines[index])
            row[0, : len(samples)] = samples
        lanes = network.quantize(given_latent(network, target, batch))
        for index, lane in zip(group, lanes, strict=True):
            codes[index] = lane[:, : frames[index]].to(torch.int16)
    in_order = [codes[index] for index in range(len(frames))]
    whole = {"codes": torch.cat(in_order, dim=1).contiguous(), "frames": torch.tensor(frames)}
    save_file(whole, codes_path(corpus, part))


def _like_length(frames: list[int]) -> list[list[int]]:
    """Indices in groups of at most BATCH_FRAMES, padding included."""
    groups: list[list[int]] = [[]]
    for index in sorted(range(len(frames)), key=frames.__getitem__):
        if groups[-1] and (len(groups[-1]) + 1) * frames[index] > BATCH_FRAMES:
            groups.append([])
        groups[-1].append(index)
    return groups


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("run", type=Path)
    parser.add_argument("target", type=Path, help="the given latent, as start_codec.py wrote it")
    parser.add_argument("--part", type=int, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    encode_part(options.corpus, options.run, AcousticTarget.read(options.target), options.part)


if __name__ == "__main__":
    main()
