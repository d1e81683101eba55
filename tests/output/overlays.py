"""Media overlays of a read-along as tests read them."""

from __future__ import annotations

import re
import zipfile

from lxml import etree

SECONDS = re.compile(r"(\d+):(\d\d):(\d\d\.\d{3})")


def seconds(value: str) -> float:
    hours, minutes, rest = SECONDS.fullmatch(value).groups()  # type: ignore[union-attr]
    return 3600 * int(hours) + 60 * int(minutes) + float(rest)


def clips(archive: zipfile.ZipFile, overlay: str) -> list[tuple[str, str, float, float]]:
    """Element, audio, from when, to when."""
    root = etree.fromstring(archive.read(overlay))
    found = []
    for par in root.iter("{*}par"):
        text, audio = par[0], par[1]
        begin, end = seconds(audio.get("clipBegin")), seconds(audio.get("clipEnd"))
        found.append((text.get("src").split("#")[1], audio.get("src"), begin, end))
    return found
