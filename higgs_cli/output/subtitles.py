"""SRT and VTT beside the audio: who says what, when, in the words of the source.

By phrase, or by word: then a `.vtt` has the time of each word within its cue, and an `.srt`, which
has no such thing, shows a few words at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from higgs_cli.output.cues import Cue, CueLine, cues_of
from higgs_cli.output.heard_chunks import PLANNED, HeardChunks
from higgs_cli.output.outcome import ChunkOutcome
from higgs_cli.output.sketch import Sketch
from higgs_cli.output.written_words import Writing
from higgs_cli.plain_text import without_steering
from higgs_cli.planning.plan import Plan

SHORTEST_SECONDS = 0.001
"""A cue that is shown for no time is none."""


def subtitle_file(
    kind: str,
    plan: Plan,
    outcomes: Sequence[ChunkOutcome],
    sketch: Sketch | None = None,
    by: str = "phrase",
    heard: HeardChunks | None = None,
) -> bytes:
    """All of an `srt` or a `vtt`, by phrase or word; a `vtt` says how its times are known."""
    name_speakers = len({outcome.chunk.speaker for outcome in outcomes}) > 1
    is_srt, by_word = kind == "srt", by == "word"
    cues = cues_of(Writing(plan), outcomes, sketch, heard, closely=is_srt and by_word)
    if is_srt:
        return srt(cues, name_speakers)
    known_by = heard.told([each.chunk.number for each in outcomes]) if heard else PLANNED
    return vtt(cues, name_speakers, by_word, f"Times of words: {known_by}.")


def srt(cues: Iterable[Cue], name_speakers: bool) -> bytes:
    """SubRip, with `NAME:` where several speak."""
    blocks = []
    for number, cue in enumerate(cues, start=1):
        lines = [
            without_steering(f"{line.speaker}: {line.text}" if name_speakers else line.text)
            for line in cue.lines
        ]
        blocks.append(f"{number}\n{_times(cue, ',')}\n" + "\n".join(lines) + "\n")
    return "\n".join(blocks).encode()


def vtt(
    cues: Iterable[Cue], name_speakers: bool, by_word: bool = False, note: str | None = None
) -> bytes:
    """WebVTT, with a voice span where several speak; players do not show the note."""
    blocks = ["WEBVTT\n", *([f"NOTE {note}\n"] if note else [])]
    for cue in cues:
        lines = [
            (f"<v {_escaped(line.speaker)}>" if name_speakers else "") + _said(line, cue, by_word)
            for line in cue.lines
        ]
        blocks.append(f"{_times(cue, '.')}\n" + "\n".join(lines) + "\n")
    return "\n".join(blocks).encode()


def _said(line: CueLine, cue: Cue, by_word: bool) -> str:
    """The words, each but the cue's first behind the time when it is said."""
    if not by_word:
        return _escaped(line.text)
    parts: list[str] = []
    for each in line.words:
        stamp = ""
        if cue.start_seconds + SHORTEST_SECONDS < each.start_seconds < cue.end_seconds:
            stamp = f"<{_stamp(each.start_seconds, '.')}>"
        gap = " " if each.word.is_spaced and parts else ""
        parts.append(gap + stamp + _escaped(each.word.text))
    return "".join(parts)


def _times(cue: Cue, decimal_mark: str) -> str:
    end = max(cue.end_seconds, cue.start_seconds + SHORTEST_SECONDS)
    return f"{_stamp(cue.start_seconds, decimal_mark)} --> {_stamp(end, decimal_mark)}"


def _stamp(seconds: float, decimal_mark: str) -> str:
    milliseconds = round(seconds * 1000)
    hours, rest = divmod(milliseconds, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    whole, thousandths = divmod(rest, 1000)
    return f"{hours:02}:{minutes:02}:{whole:02}{decimal_mark}{thousandths:03}"


def _escaped(text: str) -> str:
    return without_steering(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
