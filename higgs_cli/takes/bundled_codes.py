"""Codes that lie beside a recording, so that a bundled voice is never encoded on a user's machine.

`marigold.wav` has `marigold.codes.safetensors`: a tensor `codes` `[codebooks, frames]`, and the
SHA-256 of the recording and of the codec that they were made with. Used only when both match.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from higgs_cli.speech.protocol import Codes


def bundled_codes(recording: Path, content: str, codec_fingerprint: str) -> Codes | None:
    """The codes beside a recording, or None when there are none for just this sound and codec."""
    path = recording.with_suffix(".codes.safetensors")
    if not path.is_file():
        return None
    import numpy as np
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            made_of = file.metadata() or {}
            if (made_of.get("recording"), made_of.get("codec")) != (content, codec_fingerprint):
                return None
            return file.get_tensor("codes").astype(np.int16)
    except (SafetensorError, OSError):
        return None
