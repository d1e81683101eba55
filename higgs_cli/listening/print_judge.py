"""Who says who speaks: a speaker print by its path, a file of GE2E weights or a folder of WavLM."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from higgs_cli.errors import FormatError, UsageError
from higgs_cli.files.tensor_names import tensor_names

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from higgs_cli.audio.clip import AudioClip

WAVLM_SCALE_FILE = "preprocessor_config.json"
WAVLM_FILES = ("config.json", "model.safetensors")
GE2E_TENSORS = ("lstm.weight_ih_l0", "linear.weight")
"""Some of them: a file without is of another kind."""


class PrintJudge(Protocol):
    """Says who speaks, as a vector of length one: the same clip always gives the same."""

    def print_of(self, clip: AudioClip) -> NDArray[np.float32]: ...


class BatchPrintJudge(PrintJudge, Protocol):
    """Hears several clips in less time than one after another: together the same ones always give
    the same."""

    def prints_of(self, clips: Sequence[AudioClip]) -> list[NDArray[np.float32]]: ...


def check_print(path: Path) -> None:
    """Refuse a path where no speaker print can be; of a file no more than its header is read."""
    if path.is_file():
        _check_names(path)
        return
    if not path.is_dir():
        raise UsageError(f"{path}: there is no such file or folder")
    for file in WAVLM_FILES:
        if not (path / file).is_file():
            raise UsageError(
                f"{path}: no WavLM speaker print: it has no {file}",
                hint="name a folder as `microsoft/wavlm-base-plus-sv` has it, in safetensors",
            )


def _check_names(path: Path) -> None:
    names = tensor_names(path)
    if not names:
        raise FormatError(f"{path}: no weights in safetensors")
    for name in GE2E_TENSORS:
        if name not in names:
            raise FormatError(f"{path}: no GE2E speaker print: it has no {name}")


def print_files(path: Path) -> list[Path]:
    """All that decides what it says."""
    if path.is_file():
        return [path]
    present = (path / file for file in (*WAVLM_FILES, WAVLM_SCALE_FILE))
    return [file for file in present if file.is_file()]


def open_print(path: Path) -> BatchPrintJudge:
    """What the path is decides: weights of GE2E in a file, a WavLM x-vector in a folder."""
    check_print(path)
    if path.is_file():
        from higgs_cli.listening.speaker_print import SpeakerPrint

        return SpeakerPrint(path)
    from higgs_cli.listening.wavlm_print import WavlmPrint

    return WavlmPrint(path)
