"""Codes that lie beside a recording, so that a bundled voice is never encoded on a user's machine.

`marigold.wav` has `marigold.codes.safetensors`: a tensor `codes` `[codebooks, frames]`, the SHA-256
of the recording and of the codec that they were made with, and in which way (`VOICE_CODES`). Used
only when all three match.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from higgs_cli.planning.keys import VOICE_CODES

if TYPE_CHECKING:
    from higgs_cli.speech.protocol import Codes


def bundled_codes(recording: Path, content: str, codec_fingerprint: str) -> Codes | None:
    """The codes beside a recording, or None when there are none for just this sound and codec."""
    path = recording.with_suffix(".codes.safetensors")
    if not path.is_file():
        return None
    import numpy as np
    from safetensors import SafetensorError, safe_open

    wanted = {"recording": content, "codec": codec_fingerprint, "voice_codes": VOICE_CODES}
    try:
        with safe_open(path, framework="numpy") as file:
            if not wanted.items() <= (file.metadata() or {}).items():
                return None
            return file.get_tensor("codes").astype(np.int16)
    except (SafetensorError, OSError):
        return None
