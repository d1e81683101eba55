"""What a weights file holds, by the names of its tensors: names of files have lied before.

Both public repositories were rewritten in place in April 2026. For some weeks the codec's
`model.safetensors` was a copy of the language model; and the language model's repository still
lists the three shards of its first format, with their index, beside the one file of the second.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from higgs_cli.files.tensor_names import tensor_names

SHARDS = tuple(f"model-0000{number}-of-00003.safetensors" for number in (1, 2, 3))

Content = Literal["language model", "codec"]

BEGINNINGS: dict[Content, tuple[str, ...]] = {
    "language model": ("model.layers.", "layers.", "audio_decoder_proj."),
    "codec": ("acoustic_encoder.", "acoustic_decoder.", "decoder_2.", "quantizer."),
}


def content_of(path: Path) -> Content | None:
    """Which of the two a safetensors file holds; None where it says neither, or is none."""
    names = tensor_names(path)
    for content, beginnings in BEGINNINGS.items():
        if any(name.startswith(beginnings) for name in names):
            return content
    return None


def told_apart(found: Content, wanted: str) -> str:
    """What is wrong, for a person."""
    said = f"it holds the {found} and not the {wanted}"
    if (found, wanted) == ("language model", "codec"):
        said += ", as the codec's repository did for some weeks in 2026"
    return said


def unused_shards(folder: Path) -> list[Path]:
    """Shards of the first format beside the one file that is read."""
    if not (folder / "model.safetensors").exists():
        return []
    return [folder / name for name in SHARDS if (folder / name).exists()]
