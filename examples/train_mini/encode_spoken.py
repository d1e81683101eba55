"""Encode the new teacher's corpus by the codec itself: `python encode_spoken.py CORPUS CODEC --parts 0-299`.

Writes `NNNN.codes.safetensors` beside each part: `codes` [codebooks, frames of all utterances joined] and `frames` [utterances],
and in its metadata what encoded them. A part that has its codes by this encoder is not encoded again; the decoder may learn on.
"""

import argparse
import hashlib
from collections.abc import Iterator
from pathlib import Path

import soundfile
import torch
from corpus_parts import part_numbers, read_index, spoken_parts
from safetensors import safe_open
from safetensors.torch import save_file
from spoken_crops import SAMPLE_RATE
from torch import Tensor

from tokenizer import load_codec
from tokenizer.codec.codec import Codec


def codes_path(corpus: Path, part: int) -> Path:
    """Where the codes of a part lie."""
    return corpus / f"{part:04d}.codes.safetensors"


def encoder_digest(codec: Codec) -> str:
    """Of all weights that decide what the codes are."""
    found = hashlib.sha256()
    for name, value in sorted(codec.network.state_dict().items()):
        if not name.startswith(("acoustic_decoder", "decoder_semantic", "fc1", "fc2")):
            found.update(name.encode() + value.float().numpy().tobytes())
    return found.hexdigest()


def is_encoded(corpus: Path, part: int, encoder: str) -> bool:
    """Whether a part has its codes by the encoder of this digest."""
    path = codes_path(corpus, part)
    if not path.exists():
        return False
    with safe_open(path, "pt") as table:
        return (table.metadata() or {}).get("encoder") == encoder


def utterances(corpus: Path, part: int) -> Iterator[Tensor]:
    """`[samples]` of each utterance of a part."""
    samples, _ = soundfile.read(corpus / f"{part:04d}.flac", dtype="float32")
    for row in read_index(corpus, part):
        yield torch.from_numpy(samples[row["at"] : row["at"] + row["samples"]])


def encode_part(corpus: Path, part: int, codec: Codec, encoder: str) -> int:
    """How many frames a part has."""
    codes = [codec.encode(each, SAMPLE_RATE).to(torch.int16) for each in utterances(corpus, part)]
    frames = torch.tensor([each.shape[1] for each in codes])
    table = {"codes": torch.cat(codes, dim=1).contiguous(), "frames": frames}
    path = codes_path(corpus, part)
    save_file(table, path.with_suffix(".part"), metadata={"encoder": encoder})
    path.with_suffix(".part").replace(path)
    return int(frames.sum())


def main() -> None:
    """Encode the parts that are there and not encoded."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path, help="the folder of speak_corpus.py")
    parser.add_argument("codec", type=Path, help="a codec folder, as export_codec.py writes it")
    parser.add_argument("--parts", type=part_numbers, default=range(9999), help="0-299; else all")
    options = parser.parse_args()
    torch.set_num_threads(1)
    codec = load_codec(options.codec)
    codec.read_all()
    encoder = encoder_digest(codec)
    for part in spoken_parts(options.corpus):
        if part in options.parts and not is_encoded(options.corpus, part, encoder):
            print(part, encode_part(options.corpus, part, codec, encoder), "frames", flush=True)


if __name__ == "__main__":
    main()
