"""What of a model decides how a take sounds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ModelIdentity:
    """What of a model decides how a take sounds; the device is not in it."""

    model_fingerprint: str
    codec_fingerprint: str
    precision: str
