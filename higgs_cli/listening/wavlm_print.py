"""Who speaks, by a WavLM x-vector: a folder as transformers writes it, weights in safetensors.

Slower than the GE2E print, by far, and of a larger world of voices. Windows of ten seconds are
heard one by one, so that a print never depends on what is heard beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from higgs_cli.audio.clip import AudioClip
from higgs_cli.errors import FormatError
from higgs_cli.files.strict_json import read_record
from higgs_cli.listening.print_judge import WAVLM_SCALE_FILE
from higgs_cli.listening.resampled import JUDGE_RATE, for_judges
from higgs_cli.listening.speaker_print import made_even, of_length_one

Array: TypeAlias = NDArray[np.float32]

WINDOW_SECONDS, LEAST_SECONDS = 10.0, 1.0
KIND = "wavlm"
MOST_CONFIG_BYTES = 1 << 20
UNUSED = ("classifier.", "objective.")
"""Which of the persons of its training speaks, is not asked."""


class WavlmPrint:
    """The network of a folder, on a CPU in float32."""

    def __init__(self, folder: Path) -> None:
        _check_kind(folder)
        self._is_normalized = _is_normalized(folder)
        self._model = _opened(folder)

    def print_of(self, clip: AudioClip) -> Array:
        """[width], the mean of what is heard in windows of ten seconds."""
        samples = made_even(for_judges(clip))
        least, most = round(LEAST_SECONDS * JUDGE_RATE), round(WINDOW_SECONDS * JUDGE_RATE)
        padded = np.pad(samples, (0, max(0, least - len(samples))))
        windows = np.array_split(padded, -(-len(padded) // most))
        heard = [of_length_one(self._heard(window)) for window in windows]
        return of_length_one(np.mean(heard, axis=0))

    def prints_of(self, clips: Sequence[AudioClip]) -> list[Array]:
        return [self.print_of(clip) for clip in clips]

    def _heard(self, samples: Array) -> Array:
        import torch

        if self._is_normalized:
            samples = (samples - samples.mean()) / np.sqrt(samples.var() + 1e-7)
        with torch.inference_mode():
            found = self._model(torch.from_numpy(samples)[None]).embeddings[0]
        return np.asarray(found.numpy(), np.float32)


def _check_kind(folder: Path) -> None:
    config = read_record(_small(folder / "config.json"), str(folder / "config.json"))
    if "model_type" not in config or config.text("model_type") != KIND:
        raise FormatError(f"{folder}: no WavLM speaker print: its model_type is another")


def _is_normalized(folder: Path) -> bool:
    """Whether it was taught with sound of mean zero and variance one."""
    path = folder / WAVLM_SCALE_FILE
    if not path.is_file():
        return False
    said = read_record(_small(path), str(path))
    return "do_normalize" in said and said.flag("do_normalize")


def _small(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MOST_CONFIG_BYTES)


def _opened(folder: Path) -> Any:
    """Every weight that a speaker print needs, or a refusal that names the first that is missing:
    transformers would draw it at random."""
    from safetensors import SafetensorError
    from transformers import WavLMForXVector
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        model, found = WavLMForXVector.from_pretrained(
            folder, local_files_only=True, use_safetensors=True, output_loading_info=True
        )
    except (OSError, RuntimeError, ValueError, SafetensorError) as problem:
        lines = str(problem).strip().splitlines() or ["it cannot be opened"]
        raise FormatError(f"{folder}: no WavLM speaker print: {lines[0][:160]}") from None
    wrong = sorted(
        name
        for name in (*found["missing_keys"], *map(str, found["mismatched_keys"]))
        if not name.startswith(UNUSED)
    )
    if wrong:
        raise FormatError(f"{folder}: no WavLM speaker print: {wrong[0]} is missing")
    return model.eval()
