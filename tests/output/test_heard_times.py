"""Words of the source have the times at which they were heard, and lie in order whatever was."""

from __future__ import annotations

import random
from itertools import pairwise

import numpy as np
import pytest

from higgs_cli.checks.heard_spans import heard_spans
from higgs_cli.output.heard_times import heard_between
from higgs_cli.output.word_times import TimedWord, words_between
from higgs_cli.output.written_words import Writing
from higgs_cli.planning.plan import Plan
from tests.checks.hearings import SECONDS_PER_WORD, heard
from tests.output.test_subtitles import sound_of
from tests.planning.planning_fixtures import planned
from tests.plans import plan_of


def timed(plan: Plan, written_down: str, end: float, pauses: object = None) -> dict[str, TimedWord]:
    (chunk,) = plan.chunks
    spans = heard_spans(chunk.text, heard(written_down), "en")
    words = heard_between(Writing(plan).words(chunk), 0.0, end, pauses, spans)  # type: ignore[arg-type]
    assert words[0].start_seconds == 0.0 and words[-1].end_seconds == end
    for before, after in pairwise(words):
        assert before.start_seconds <= before.end_seconds <= after.start_seconds
    return {each.word.text: each for each in words}


def test_what_is_written_is_timed_by_what_is_said_and_heard_for_it() -> None:
    plan = planned("Dr. Lee paid $1,200 for it at once.", expands=True)
    assert "twelve hundred" in plan.chunks[0].text or "thousand" in plan.chunks[0].text
    found = timed(plan, "Doctor Lee paid $1 ,200 for it at once.", 4.5)
    assert found["Lee"].start_seconds == 0.5
    assert (found["$1,200"].start_seconds, found["$1,200"].end_seconds) == (1.5, 2.5)
    assert found["it"].start_seconds == 3.0


def test_a_word_that_was_not_heard_lies_between_its_neighbours() -> None:
    plan = plan_of([("ANN", "It was late and nobody came home.")])
    late = heard("It was late _ nobody came home.").words  # half a second in which nothing is heard
    spans = heard_spans(plan.chunks[0].text, heard("It was late _ nobody came home."), "en")
    words = heard_between(Writing(plan).words(plan.chunks[0]), 0.0, 3.5, None, spans)
    by_text = {each.word.text: each for each in words}
    assert by_text["and"].start_seconds == late[2].end_seconds == 1.5
    assert by_text["and"].end_seconds == by_text["nobody"].start_seconds == 2.0


def test_words_that_were_not_heard_take_of_the_time_of_the_one_before() -> None:
    plan = plan_of([("ANN", "It was late and nobody came home.")])
    found = timed(plan, "It was late nobody came home.", 3.0)
    assert found["and"].end_seconds == found["nobody"].start_seconds == 1.5
    assert 1.0 < found["and"].start_seconds < 1.5, "after some of `late`, which ended at 1.5"


def test_where_the_sound_pauses_it_decides_and_not_the_recogniser() -> None:
    """It says that `nobody` begins in the middle of the pause."""
    plan = plan_of([("ANN", "It was late, nobody came.")])
    sound = sound_of([(1.3, True), (0.4, False), (1.3, True)])
    found = timed(plan, "It was late, nobody came.", 3.0, sound)
    assert found["late,"].end_seconds == pytest.approx(1.3)
    assert found["nobody"].start_seconds == pytest.approx(1.7)
    assert found["came."].start_seconds == 2.0, "as it was heard"


def test_a_pause_that_the_recogniser_hears_a_third_of_a_second_early_is_still_at_its_mark() -> None:
    plan = plan_of([("ANN", "One two three four, five six seven eight.")])
    sound = sound_of([(2.3, True), (0.3, False), (1.4, True)])
    found = timed(plan, "One two three four five six seven eight", 4.0, sound)
    assert found["four,"].end_seconds == pytest.approx(2.3)
    assert found["five"].start_seconds == pytest.approx(2.6)


def test_what_does_not_fit_is_timed_by_the_plan() -> None:
    plan = plan_of([("ANN", "It was late and nobody came home.")])
    words = Writing(plan).words(plan.chunks[0])
    spans = heard_spans(plan.chunks[0].text, heard("Where are all of the flowers?"), "en")
    assert heard_between(words, 0.0, 3.0, None, spans) == words_between(words, 0.0, 3.0, None)


def test_words_lie_in_order_within_their_chunk_whatever_was_heard_and_where_it_pauses() -> None:
    for seed in range(200):
        chance = random.Random(seed)
        count = chance.randint(1, 30)
        text = [chance.choice(("alpha", "bet,", "gamma", "it.")) for _ in range(count)]
        plan = plan_of([("ANN", " ".join(text))])
        (chunk,) = plan.chunks
        written_down = " ".join(word for word in text if chance.random() > 0.2)
        spans = heard_spans(chunk.text, heard(written_down), "en")
        end = max(0.5, SECONDS_PER_WORD * count * chance.uniform(0.4, 1.5))
        stretches = [(chance.uniform(0.05, 0.8), chance.random() > 0.3) for _ in range(40)]
        sound = sound_of(stretches) if seed % 2 else None
        words = heard_between(Writing(plan).words(chunk), 0.0, end, sound, spans)
        assert [each.word.text for each in words] == text
        times = [at for each in words for at in (each.start_seconds, each.end_seconds)]
        assert np.all(np.diff(times) >= -1e-9), seed
        assert (times[0], times[-1]) == (0.0, pytest.approx(end))
