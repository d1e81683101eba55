"""What a listener would say of the sound, by DNSMOS: overall and of the speech signal, from 1 to 5.

The network hears nine seconds; a shorter clip is repeated, of a longer one each second begins a
window. What it says is brought to the scale of its listeners by the polynomials of its authors.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from higgs_cli.audio.clip import AudioClip
from higgs_cli.errors import FormatError
from higgs_cli.listening.missing_judge import imported
from higgs_cli.listening.resampled import JUDGE_RATE, for_judges

WINDOW_SAMPLES = 144_160
OVERALL = (-0.06766283, 1.11546468, 0.04602535)
SIGNAL = (-0.08397278, 1.22083953, 0.0052439)


@dataclass(frozen=True)
class SoundQuality:
    """Scores from 1, bad, to 5, excellent."""

    overall: float
    signal: float


class Dnsmos:
    """The network of `sig_bak_ovr.onnx`; one thread, the same score for the same clip."""

    def __init__(self, path: Path) -> None:
        library = imported("onnxruntime")
        options = library.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        try:
            self._session: Any = library.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
            self._input = self._session.get_inputs()[0].name
            self.quality_of(AudioClip(np.zeros(WINDOW_SAMPLES, np.float32), JUDGE_RATE))
        # Each of its errors is a class of its own, derived from Exception alone.
        except Exception as problem:
            lines = str(problem).strip().splitlines() or [type(problem).__name__]
            raise FormatError(f"{path}: no DNSMOS network: {lines[0][:160]}") from None

    def quality_of(self, clip: AudioClip) -> SoundQuality:
        samples = np.clip(for_judges(clip), -1, 1)
        if len(samples) < WINDOW_SAMPLES:
            samples = np.resize(samples, WINDOW_SAMPLES)
        starts = range(0, len(samples) - WINDOW_SAMPLES + 1, JUDGE_RATE)
        said = [self._heard(samples[start : start + WINDOW_SAMPLES]) for start in starts]
        signal, _background, overall = np.mean(said, axis=0)
        return SoundQuality(float(overall), float(signal))

    def _heard(self, window: np.ndarray) -> tuple[float, float, float]:
        signal, background, overall = self._session.run(None, {self._input: window[None]})[0][0]
        return float(np.polyval(SIGNAL, signal)), background, float(np.polyval(OVERALL, overall))
