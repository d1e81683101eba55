"""Who speaks, as 256 numbers: the GE2E speaker print, an LSTM over mel bands, in plain numpy.

Prints are of length one, so that the product of two is their similarity: about 0.87 for two clips
of one person, 0.56 for two persons. Weights are safetensors by the names that PyTorch gave them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from higgs_cli.audio.clip import AudioClip
from higgs_cli.errors import FormatError
from higgs_cli.listening.resampled import JUDGE_RATE, for_judges

Array: TypeAlias = NDArray[np.float32]

MEL_COUNT, HIDDEN, LAYERS, WIDTH = 40, 256, 3, 256
WINDOW_SAMPLES, STEP_SAMPLES = 400, 160
HEARD_STEPS, STEPS_BETWEEN = 160, 77  # 1.6 s, begun 1.3 times a second
LEAST_COVERAGE = 0.75
QUIETEST_DBFS = -30.0
SILENCE_BELOW_PEAK_DB = 40


def _shapes() -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {}
    for layer in range(LAYERS):
        shapes[f"lstm.weight_ih_l{layer}"] = (4 * HIDDEN, HIDDEN if layer else MEL_COUNT)
        shapes[f"lstm.weight_hh_l{layer}"] = (4 * HIDDEN, HIDDEN)
        shapes[f"lstm.bias_ih_l{layer}"] = shapes[f"lstm.bias_hh_l{layer}"] = (4 * HIDDEN,)
    return shapes | {"linear.weight": (WIDTH, HIDDEN), "linear.bias": (WIDTH,)}


class SpeakerPrint:
    """The network of a file of weights."""

    def __init__(self, path: Path) -> None:
        self._weights = _read(path)

    def print_of(self, clip: AudioClip) -> Array:
        """[256], the mean of what is heard in windows of 1.6 s."""
        return self.prints_of([clip])[0]

    def prints_of(self, clips: Sequence[AudioClip]) -> list[Array]:
        """In half the time. To the last bit a print depends on what is heard beside it, as rows of
        a matrix product do: the same clips together always give the same."""
        windows = [_windows(_mels(made_even(for_judges(clip)))) for clip in clips]
        ends = np.cumsum([len(each) for each in windows])
        heard = self._heard(np.concatenate(windows)) if windows else np.zeros((0, WIDTH))
        return [of_length_one(part.mean(axis=0)) for part in np.split(heard, ends)[:-1]]

    def _heard(self, windows: Array) -> Array:
        """[windows, steps, mels] -> [windows, 256], each of length one before they are averaged."""
        hidden = windows
        for layer in range(LAYERS):
            hidden = self._layer(layer, hidden)
        raw = hidden[:, -1] @ self._weights["linear.weight"].T + self._weights["linear.bias"]
        return of_length_one(np.maximum(raw, 0))

    def _layer(self, layer: int, inputs: Array) -> Array:
        """One LSTM: [windows, steps, in] -> [windows, steps, hidden]."""
        weights = self._weights
        bias = weights[f"lstm.bias_ih_l{layer}"] + weights[f"lstm.bias_hh_l{layer}"]
        fed = inputs @ weights[f"lstm.weight_ih_l{layer}"].T + bias
        back = np.ascontiguousarray(weights[f"lstm.weight_hh_l{layer}"].T)
        hidden = cell = np.zeros((len(inputs), HIDDEN), np.float32)
        told = []
        for step in range(inputs.shape[1]):
            enter, forget, new, leave = np.split(fed[:, step] + hidden @ back, 4, axis=1)
            cell = _sigmoid(forget) * cell + _sigmoid(enter) * np.tanh(new)
            hidden = _sigmoid(leave) * np.tanh(cell)
            told.append(hidden)
        return np.stack(told, axis=1)


def _read(path: Path) -> dict[str, Array]:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        table = load_file(path)
    except (OSError, SafetensorError) as problem:
        raise FormatError(f"{path}: no weights in safetensors: {problem}") from None
    for name, shape in _shapes().items():
        if name not in table or table[name].shape != shape:
            raise FormatError(f"{path}: no GE2E speaker print: {name} is not {list(shape)}")
    return {name: table[name].astype(np.float32) for name in _shapes()}


def made_even(samples: Array) -> Array:
    """Without silence at the ends, and not too quiet."""
    from librosa.effects import trim

    kept = trim(samples, top_db=SILENCE_BELOW_PEAK_DB)[0]
    level = 10 * np.log10(float(np.mean(kept.astype(np.float64) ** 2)) + 1e-12)
    return np.asarray(kept * 10 ** (max(0.0, QUIETEST_DBFS - level) / 20), np.float32)


def _mels(samples: Array) -> Array:
    """[steps, mels] of power, not logarithmic: as the network was taught."""
    from librosa.feature import melspectrogram

    least = HEARD_STEPS * STEP_SAMPLES
    padded = np.pad(samples, (0, max(0, least - len(samples))))
    power = melspectrogram(
        y=padded, sr=JUDGE_RATE, n_fft=WINDOW_SAMPLES, hop_length=STEP_SAMPLES, n_mels=MEL_COUNT
    )
    return np.asarray(power.T, np.float32)


def _windows(mels: Array) -> Array:
    """[windows, 160, mels]; a last one that is mostly beyond the end is left out."""
    starts = [0]
    while starts[-1] + STEPS_BETWEEN + LEAST_COVERAGE * HEARD_STEPS <= len(mels):
        starts.append(starts[-1] + STEPS_BETWEEN)
    padded = np.pad(mels, ((0, HEARD_STEPS), (0, 0)))
    return np.stack([padded[start : start + HEARD_STEPS] for start in starts])


def of_length_one(points: Array) -> Array:
    lengths = np.linalg.norm(points, axis=-1, keepdims=True)
    return np.asarray(points / np.maximum(lengths, 1e-9), np.float32)


def _sigmoid(values: Array) -> Array:
    return np.asarray(0.5 * (1 + np.tanh(0.5 * values)), np.float32)
