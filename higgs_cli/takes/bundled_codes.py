"""Codes that lie beside a recording, so that a bundled voice is never encoded on a user's machine.

`marigold.wav` has `marigold.codes.safetensors`: a tensor `codes` `[codebooks, frames]`, the SHA-256
of the recording and of the codec that they were made with, and in which way (`VOICE_CODES`). Used
only when all three match.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from higgs_cli.planning.keys import VOICE_CODES
from higgs_cli.speech.protocol import CodesForm

if TYPE_CHECKING:
    from higgs_cli.speech.protocol import Codes

MOST_BYTES = 16 << 20


def bundled_codes(
    recording: Path, content: str, codec_fingerprint: str, form: CodesForm
) -> Codes | None:
    """The codes beside a recording, or None when there are none for just this sound and codec."""
    path = recording.with_suffix(".codes.safetensors")
    if not path.is_file() or path.stat().st_size > MOST_BYTES:
        return None
    import numpy as np
    from safetensors import SafetensorError, safe_open

    wanted = {"recording": content, "codec": codec_fingerprint, "voice_codes": VOICE_CODES}
    try:
        with safe_open(path, framework="numpy") as file:
            if not wanted.items() <= (file.metadata() or {}).items():
                return None
            codes = file.get_tensor("codes")
    except (SafetensorError, OSError):
        return None
    is_whole = codes.dtype.kind in "iu" and codes.size and form.has(codes)
    return codes.astype(np.int16) if is_whole else None
