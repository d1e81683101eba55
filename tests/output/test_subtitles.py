"""Subtitles say every word of the source once, in order, at a time when it is heard."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from higgs_cli.output.cues import CUE_CHARACTERS, Cue, cues_of, timed_words
from higgs_cli.output.outcome import ChunkOutcome
from higgs_cli.output.sketch import BANDS, Sketch
from higgs_cli.output.subtitles import srt, subtitle_file, vtt
from higgs_cli.output.written_words import Writing
from higgs_cli.planning.plan import Plan
from higgs_cli.takes.settled import SettledChunk
from tests.planning.planning_fixtures import planned
from tests.plans import plan_of

LONG = (
    "It was the best of times, it was the worst of times, it was the age of wisdom, "
    "it was the age of foolishness; and there was nothing at all that anybody could have said."
)
RATE = 24000


def outcomes_of(
    plan: Plan, times: Sequence[tuple[float, float]], *, is_used: bool = True
) -> list[ChunkOutcome]:
    return [
        ChunkOutcome(SettledChunk(chunk, "key", None, is_used, False, None), None, start, end)
        for chunk, (start, end) in zip(plan.chunks, times, strict=True)
    ]


def cues(lines: Sequence[tuple[str, str]], times: Sequence[tuple[float, float]]) -> list[Cue]:
    plan = plan_of(lines)
    return cues_of(Writing(plan), outcomes_of(plan, times))


def shown(found: Sequence[Cue]) -> list[list[str]]:
    return [[line.text for line in cue.lines] for cue in found]


def sound_of(stretches: Sequence[tuple[float, bool]]) -> Sketch:
    """Loud and silent stretches, one after another."""
    levels = np.concatenate(
        [np.full(round(100 * seconds), 0.2 * is_loud) for seconds, is_loud in stretches]
    ).astype(np.float16)
    none = np.zeros((0, BANDS), np.uint8)
    count = len(levels) * RATE // 100
    return Sketch(RATE, count, levels, levels, np.zeros(0), none, np.zeros(0))


def test_long_texts_are_cut_and_no_word_is_lost() -> None:
    found = cues([("ANN", LONG)], [(10.0, 22.0)])
    texts = [cue.lines[0].text for cue in found]
    assert len(texts) > 1 and all(len(text) <= CUE_CHARACTERS for text in texts)
    assert " ".join(texts).split() == LONG.split()
    assert all(text.endswith((",", ";", ".")) for text in texts), "cut at the ends of phrases"
    assert found[0].start_seconds == 10.0 and abs(found[-1].end_seconds - 22.0) < 1e-9
    assert all(a.end_seconds == b.start_seconds for a, b in itertools.pairwise(found))


def test_no_cue_has_one_word_where_a_neighbour_can_take_it() -> None:
    lines = [("ANN", "Prologue"), ("ANN", "It was quite late."), ("BEN", "No."), ("ANN", "Oh yes.")]
    found = cues(lines, [(0.0, 1.0), (1.6, 3.0), (3.2, 3.6), (3.8, 4.5)])
    assert shown(found) == [["Prologue", "It was quite late."], ["No.", "Oh yes."]] or shown(
        found
    ) == [["Prologue", "It was quite late.", "No."], ["Oh yes."]]
    for length in range(1, 60):
        text = " ".join(f"word{number}" for number in range(length)) + "."
        parts = shown(cues([("ANN", text)], [(0.0, 9.0)]))
        assert length == 1 or all(len(part[0].split()) > 1 for part in parts), parts


def test_a_single_word_that_stands_far_from_all_others_is_shown_alone() -> None:
    found = cues([("ANN", "Prologue"), ("ANN", "It was late.")], [(0.0, 1.0), (30.0, 31.0)])
    assert shown(found) == [["Prologue"], ["It was late."]]


def test_chinese_is_cut_without_spaces_and_its_marks_stay_with_their_words() -> None:
    text = "今天天气很好，我们去公园走一走。" * 8
    found = cues([("ANN", text)], [(0.0, 30.0)])
    assert "".join(cue.lines[0].text for cue in found) == text
    assert all(cue.lines[0].text.endswith(("，", "。")) for cue in found)


def test_what_is_not_heard_is_not_shown() -> None:
    plan = plan_of([("ANN", "Lost words.")])
    assert cues_of(Writing(plan), outcomes_of(plan, [(0.0, 2.0)], is_used=False)) == []


def test_times_and_marks_are_those_of_the_formats() -> None:
    found = cues([("ANN", "Salt & <pepper>.")], [(3723.5, 3725.25)])
    assert srt(found, name_speakers=True).decode() == (
        "1\n01:02:03,500 --> 01:02:05,250\nANN: Salt & <pepper>.\n"
    )
    assert vtt(found, name_speakers=True).decode() == (
        "WEBVTT\n\n01:02:03.500 --> 01:02:05.250\n<v ANN>Salt &amp; &lt;pepper&gt;.\n"
    )


def test_subtitles_speak_the_source_and_not_what_the_model_is_given() -> None:
    plan = planned("Dr. Lee paid $5\n\nNobody saw it", expands=True)
    text = subtitle_file("srt", plan, outcomes_of(plan, [(0.0, 3.0)] * len(plan.chunks))).decode()
    assert "Dr. Lee paid $5" in text and "dollars" not in text and "it." not in text


def test_by_word_each_word_has_its_time_in_vtt_and_few_are_together_in_srt() -> None:
    plan = plan_of([("ANN", LONG)])
    outcomes = outcomes_of(plan, [(0.0, 20.0)])
    text = subtitle_file("vtt", plan, outcomes, by="word").decode()
    cue_count = text.count("-->")
    assert text.count("<00:00:") == len(LONG.split()) - cue_count
    blocks = subtitle_file("srt", plan, outcomes, by="word").decode().split("\n\n")
    assert all(2 <= len(block.splitlines()[2].split()) <= 4 for block in blocks)


def test_a_word_begins_behind_the_pause_that_is_heard() -> None:
    plan = plan_of([("ANN", "It was late, and nobody came.")])
    (outcome,) = outcomes_of(plan, [(0.0, 4.0)])
    sketch = sound_of([(0.1, False), (1.1, True), (0.8, False), (1.9, True), (0.1, False)])
    words = {each.word.text: each for each in timed_words(Writing(plan), outcome, sketch)}
    assert abs(words["late,"].end_seconds - 1.2) < 0.02
    assert abs(words["and"].start_seconds - 2.0) < 0.02
    assert (words["It"].start_seconds, words["came."].end_seconds) == (0.0, 4.0)


def test_times_never_run_backwards_whatever_is_heard() -> None:
    noise = np.random.default_rng(0)
    plan = plan_of([("ANN", LONG)])
    (outcome,) = outcomes_of(plan, [(1.0, 13.0)])
    for _ in range(200):
        stretches = [(float(noise.uniform(0.02, 1.0)), bool(noise.integers(2))) for _ in range(40)]
        words = timed_words(Writing(plan), outcome, sound_of(stretches))
        assert [word.word.text for word in words] == LONG.split()
        edges = [edge for word in words for edge in (word.start_seconds, word.end_seconds)]
        assert edges == sorted(edges) and edges[0] >= 1.0 and edges[-1] <= 13.0 + 1e-9
