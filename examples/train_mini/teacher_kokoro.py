"""The teacher: Kokoro-82M in this process, phonemes in, sound out; knows nothing about text.

One thread, and the same samples for the same phonemes, style and speed on the same machine.
"""

import json
from pathlib import Path

import numpy as np
import onnxruntime

SAMPLE_RATE = 24_000
MOST_PHONEMES = 510


class Kokoro:
    """The model and the styles of a folder that `fetch_teacher.py` laid out."""

    def __init__(self, folder: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        onnxruntime.set_seed(1)
        self._session = onnxruntime.InferenceSession(
            folder / "model.onnx", options, providers=["CPUExecutionProvider"]
        )
        self._tokens = json.loads((folder / "symbols.json").read_text(encoding="utf-8"))
        self._styles = {
            path.stem: np.fromfile(path, np.float32).reshape(MOST_PHONEMES, -1)
            for path in sorted((folder / "voices").glob("*.f32"))
        }

    def speak(self, phonemes: str, style: dict[str, float], speed: float = 1.0) -> np.ndarray:
        """[samples] float32: `phonemes` by a mixture of voices, each with its weight."""
        tokens = [self._tokens[phoneme] for phoneme in phonemes]
        if not 0 < len(tokens) <= MOST_PHONEMES:
            raise ValueError(f"{len(tokens)} phonemes; the teacher takes 1 to {MOST_PHONEMES}")
        row = sum(self._styles[name][len(tokens) - 1] * weight for name, weight in style.items())
        inputs = {
            "tokens": np.array([[0, *tokens, 0]], np.int64),
            "style": np.asarray(row, np.float32)[None],
            "speed": np.array([speed], np.float32),
        }
        return self._session.run(None, inputs)[0].reshape(-1)
