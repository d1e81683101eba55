"""Media overlays: which sentence of a page is shown while which part of an audio file is heard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import quote

ACTIVE_CLASS = "-epub-media-overlay-active"


@dataclass(frozen=True)
class Clip:
    """An element of a page, and the part of an audio file in which it is heard."""

    identity: str
    audio: str
    """As the overlay names it."""
    start_seconds: float
    end_seconds: float


def smil(page: str, body_identity: str, clips: Sequence[Clip], known_by: str) -> bytes:
    """The overlay of one page; `page`: its name, as seen from the overlay; `known_by`: how the
    times of words are known."""
    place = quote(page)
    pars = "".join(
        f'<par id="p{number}"><text src="{place}#{clip.identity}"/>'
        f'<audio src="{escape(clip.audio, quote=True)}" '
        f'clipBegin="{clock_value(clip.start_seconds)}" '
        f'clipEnd="{clock_value(clip.end_seconds)}"/></par>\n'
        for number, clip in enumerate(clips, start=1)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<!-- Times of words: {known_by}. -->\n"
        '<smil xmlns="http://www.w3.org/ns/SMIL" xmlns:epub="http://www.idpf.org/2007/ops" '
        f'version="3.0"><body><seq id="all" epub:textref="{place}#{body_identity}">\n{pars}'
        "</seq></body></smil>\n"
    ).encode()


def length_of(clips: Sequence[Clip]) -> float:
    """How long all of them are heard, as their clock values say."""
    milliseconds = sum(
        round(1000 * clip.end_seconds) - round(1000 * clip.start_seconds) for clip in clips
    )
    return milliseconds / 1000


def clock_value(seconds: float) -> str:
    """`0:26:23.400`."""
    milliseconds = round(seconds * 1000)
    hours, rest = divmod(milliseconds, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    whole, thousandths = divmod(rest, 1000)
    return f"{hours}:{minutes:02}:{whole:02}.{thousandths:03}"
