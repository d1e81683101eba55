"""Encode a part of the corpus with the frozen codec: `python encode_corpus.py CORPUS CODEC --part 0`.

Writes `N.codes.safetensors` beside the part: `codes` [codebooks, frames of all utterances joined] and
`frames` [utterances]. The decoder may go on learning: it has no say in the codes.
"""

import argparse
from pathlib import Path

import torch
from recordings import Recordings
from safetensors.torch import save_file

from tokenizer import load_codec


def codes_path(corpus: Path, part: int) -> Path:
    return corpus / f"{part}.codes.safetensors"


def encode_part(corpus: Path, codec_folder: Path, part: int) -> None:
    """Encode every utterance of a part by itself, as a recording that somebody brings would be."""
    codec, recordings = load_codec(codec_folder), Recordings(corpus, (part,))
    codes = [
        codec.encode(recordings.samples(line), codec.sample_rate).to(torch.int16)
        for line in recordings.lines
    ]
    frames = torch.tensor([clip.shape[1] for clip in codes])
    whole = {"codes": torch.cat(codes, dim=1).contiguous(), "frames": frames}
    save_file(whole, codes_path(corpus, part))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("codec", type=Path)
    parser.add_argument("--part", type=int, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    encode_part(options.corpus, options.codec, options.part)


if __name__ == "__main__":
    main()
