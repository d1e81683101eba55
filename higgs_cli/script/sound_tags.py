"""Sounds that are not words: `[laugh]`, `[music start]` … and the marks the model was trained on.

The list is closed. A tag that is not on it would be read aloud, so it is an error that shows the
line and the nearest known tag; `\\[words\\]`, or `--brackets text`, says that brackets are only
brackets.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches

from higgs_cli.errors import ScriptError, SourceSpot
from higgs_cli.script.document import Lines
from higgs_cli.script.manuscript import Places

SOUND_MARKS = {
    "laugh": "<SE>[Laughter]</SE>",
    "humming start": "<SE_s>[Humming]</SE_s>",
    "humming end": "<SE_e>[Humming]</SE_e>",
    "music start": "<SE_s>[Music]</SE_s>",
    "music end": "<SE_e>[Music]</SE_e>",
    "music": "<SE>[Music]</SE>",
    "sing start": "<SE_s>[Singing]</SE_s>",
    "sing end": "<SE_e>[Singing]</SE_e>",
    "applause": "<SE>[Applause]</SE>",
    "cheering": "<SE>[Cheering]</SE>",
    "cough": "<SE>[Cough]</SE>",
}
"""What is written between brackets, and what the model is given."""

IN_BRACKETS = re.compile(r"(?<!\\)[\[【［]([^\[\]【】［］\n]{3,20})(?<!\\)[\]】］]")
MOST_LOOKED_UP = 1000
"""Different words in brackets: more are no mistakes of typing."""
SPEAKER = re.compile(r"\s*SPEAKER\s*\d{1,4}\s*", re.IGNORECASE)
WRITTEN_PAUSE = re.compile(r"pause\b", re.IGNORECASE)
MARK = re.compile(r"<SE(?:_[se])?>\[\w+\]</SE(?:_[se])?>")
"""A sound as the model is given it."""


def sound_name(written: str) -> str | None:
    """The known sound that a text between brackets names, however it is spaced or cased."""
    name = " ".join(written.split()).casefold()
    return name if name in SOUND_MARKS else None


def unclosed_tag(written: str, spot: SourceSpot, near: Sequence[str] = ()) -> ScriptError:
    """A bracket at the head of a line that is never closed: a mistake, not text to be spoken."""
    name = near[0] if near else written.strip("[【［ ")
    return ScriptError(
        f'"{written}" is never closed',
        spot=spot,
        hint=f"write [{name}] for a speaker or a sound; for a plain bracket write \\[, or use "
        "--brackets text",
    )


def refuse_near_sounds(source: str, path: str, places: Places | None = None) -> None:
    """In a script without speakers: brackets are words, but a speaker or nearly a sound is not."""
    looked_up: set[str] = set()
    for match in IN_BRACKETS.finditer(source):
        words = match[1]
        if words in looked_up or len(looked_up) > MOST_LOOKED_UP:
            continue
        looked_up.add(words)
        near = (
            []
            if sound_name(words) or WRITTEN_PAUSE.match(words.strip())
            else nearest_sounds(words, 0.8)
        )
        if near or SPEAKER.fullmatch(words):
            meant = f"did you mean [{near[0]}]? " if near else ""
            raise ScriptError(
                f'"[{words}]" is not a sound the model knows',
                spot=Lines(source, places or Places()).spot(path, *match.span()),
                hint=f"{meant}--brackets text reads brackets as text",
            )


def nearest_sounds(written: str, likeness: float = 0.6) -> list[str]:
    """Known tags that look like this one, nearest first; with likeness 0 there is always one."""
    name = " ".join(written.split()).casefold()
    return get_close_matches(name, [*SOUND_MARKS, "pause 1.0"], n=2, cutoff=likeness)
