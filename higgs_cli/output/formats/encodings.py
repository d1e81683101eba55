"""The encoded formats, by the ending of a file: container, codec, rates, bit rate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Encoding:
    """How samples become a file that players and publishers take."""

    container: str
    """As FFmpeg calls it."""
    encoder: str
    """As FFmpeg calls it."""
    codec: str
    bit_rate: int
    sample_rates: tuple[int, ...]
    """The rates that it is delivered in; the first is for sound of any other rate."""
    options: tuple[tuple[str, str], ...] = ()
    """What the encoder is told besides, by FFmpeg's names."""
    brand: str | None = None
    """Of an MP4: what kind it says it is."""
    factor: float = 1.0
    """What samples are multiplied by, where the encoder makes them quieter by itself."""

    def rate_of(self, sample_rate: int) -> int:
        """The rate in which sound of this rate is delivered."""
        return sample_rate if sample_rate in self.sample_rates else self.sample_rates[0]


LAME_SCALE = 0.97
"""What LAME multiplies samples by at this bit rate, so that nothing clips: 0.26 dB, which would be
missing from the loudness that was asked for. Mastering keeps peaks under their ceiling already."""
MP3 = Encoding("mp3", "libmp3lame", "mp3", 192_000, (44_100,), factor=1 / LAME_SCALE)
"""What publishers ask for: constant bit rate, 44.1 kHz."""
OPUS = Encoding("opus", "libopus", "opus", 64_000, (48_000,))
_FAST = (("aac_coder", "fast"),)
"""At this rate and bit rate a third of the time, and nearer to the sound than the thorough one."""
M4B = Encoding("mp4", "aac", "aac", 64_000, (44_100, 24_000), _FAST, "M4B ")
"""At the codec's own 24 kHz there is nothing above 12 kHz to encode."""
M4A = Encoding("mp4", "aac", "aac", 64_000, (44_100, 24_000), _FAST, "M4A ")

ENCODINGS: Mapping[str, Encoding] = MappingProxyType(
    {".mp3": MP3, ".opus": OPUS, ".m4b": M4B, ".m4a": M4A}
)
"""By the ending, in small letters."""
