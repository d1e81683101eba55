"""Subtitles say every word once, in order, at a time when it is heard."""

from __future__ import annotations

import itertools

from higgs_cli.output.outcome import ChunkOutcome
from higgs_cli.output.subtitles import CUE_CHARACTERS, cues_of, srt, vtt
from higgs_cli.takes.settled import SettledChunk
from tests.plans import plan_of

LONG = (
    "It was the best of times, it was the worst of times, it was the age of wisdom, "
    "it was the age of foolishness; and there was nothing at all that anybody could have said."
)


def outcome(text: str, start: float, end: float, is_used: bool = True) -> ChunkOutcome:
    chunk = plan_of([("ANN", text)]).chunks[0]
    settled = SettledChunk(chunk, "key", None, is_used, False, None)
    return ChunkOutcome(settled, None, start, end)


def test_long_texts_are_cut_and_no_word_is_lost() -> None:
    cues = list(cues_of([outcome(LONG, 10.0, 22.0)]))
    assert len(cues) > 1 and all(len(cue.text) <= CUE_CHARACTERS for cue in cues)
    assert " ".join(cue.text for cue in cues).split() == LONG.split()
    assert cues[0].start_seconds == 10.0 and abs(cues[-1].end_seconds - 22.0) < 1e-9
    assert all(a.end_seconds == b.start_seconds for a, b in itertools.pairwise(cues))


def test_chinese_is_cut_without_spaces_and_sounds_are_not_shown() -> None:
    text = "今天天气很好，我们去公园走一走。" * 8
    cues = list(cues_of([outcome(f"<SE>[Laughter]</SE>{text}", 0.0, 30.0)]))
    assert "".join(cue.text for cue in cues) == f"[Laughter]{text}"


def test_what_is_not_heard_is_not_shown() -> None:
    assert list(cues_of([outcome("Lost words.", 0.0, 2.0, is_used=False)])) == []


def test_times_and_marks_are_those_of_the_formats() -> None:
    cues = list(cues_of([outcome("Salt & <pepper>.", 3723.5, 3725.25)]))
    assert srt(cues, name_speakers=True).decode() == (
        "1\n01:02:03,500 --> 01:02:05,250\nANN: Salt & <pepper>.\n"
    )
    assert vtt(cues, name_speakers=True).decode() == (
        "WEBVTT\n\n01:02:03.500 --> 01:02:05.250\n<v ANN>Salt &amp; &lt;pepper&gt;.\n"
    )
