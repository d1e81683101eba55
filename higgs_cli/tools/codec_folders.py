"""The folder of a codec: opened, checked, or made of the original's file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from higgs_cli.checkpoints.find import MINI
from higgs_cli.errors import ModelLoadError, UsageError
from higgs_cli.files.bundled import package_folder
from higgs_cli.speech.higgs.errors import translated
from tokenizer import Codec, load_codec
from tokenizer.codec.checkpoint import known_layout
from tokenizer.codec.convert import dac_parity
from tokenizer.codec.convert.pickle_conversion import convert_checkpoint

INSTALL_DAC = "pip install --no-deps descript-audio-codec==1.0.0 einops"


@dataclass(frozen=True)
class CodecCheck:
    """What was checked of a codec, and what came of it."""

    results: tuple[tuple[str, str], ...]
    difference_count: int
    """Of the comparisons with descript-audio-codec."""


def open_codec(given: Path | None, device: str) -> Codec:
    """The codec of a folder, or the one that is shipped inside the package."""
    return load_codec(_folder(given), device)


@translated()
def check_codec(given: Path | None) -> CodecCheck:
    """Read every tensor, and compare the acoustic half with descript-audio-codec's layers."""
    opened = open_codec(given, "cpu")
    _refuse_broken_torchaudio()
    tensor_count = opened.read_all()
    results = [
        ("tensors", f"{tensor_count} of the right names and shapes"),
        ("layout", known_layout(_folder(given)) or "of its own"),
        ("fingerprint", opened.fingerprint()),
    ]
    if not dac_parity.is_installed():
        results.append(("descript-audio-codec", f"not installed ({INSTALL_DAC})"))
        return CodecCheck(tuple(results), 0)
    found = list(dac_parity.compare(opened.network))
    results += [(f"{one.half}, {one.frame_count} frames", _verdict(one)) for one in found]
    return CodecCheck(tuple(results), sum(not one.is_identical for one in found))


@translated()
def convert_codec(checkpoint: Path, output: Path) -> int:
    """Write the original's pickle, read in a process apart, as a safetensors folder."""
    if not checkpoint.is_file():
        raise UsageError(f"{checkpoint} is not a file", hint="name the original's model.pth")
    return convert_checkpoint(checkpoint, output)


def _folder(given: Path | None) -> Path:
    if given is not None:
        return given
    bundled = package_folder("tokenizer") / MINI
    if not bundled.is_dir():
        raise UsageError("no codec is bundled with this installation", hint="name one with --codec")
    return bundled


def _refuse_broken_torchaudio() -> None:
    if broken := dac_parity.broken_torchaudio():
        raise ModelLoadError(
            f"torchaudio is installed but cannot be imported ({broken}), and transformers "
            "stumbles over it",
            hint="pip uninstall torchaudio",
        )


def _verdict(found: dac_parity.Comparison) -> str:
    return "bit-identical" if found.is_identical else f"differs by {found.difference:.2g}"
