"""Chapters as podcast players read them: JSON of the Podcasting 2.0 namespace."""

from __future__ import annotations

import json
from collections.abc import Sequence

from higgs_cli.output.formats.labels import ChapterMark
from higgs_cli.output.formats.tags import clean

VERSION = "1.2.0"


def chapters_json(chapters: Sequence[ChapterMark]) -> bytes:
    """As it lies on the disk."""
    listed = [
        {
            "startTime": round(each.start_seconds, 3),
            "endTime": round(each.end_seconds, 3),
            "title": clean(each.title),
        }
        for each in chapters
    ]
    value = {"version": VERSION, "chapters": listed}
    return json.dumps(value, ensure_ascii=False, indent=1).encode() + b"\n"
