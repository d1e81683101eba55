"""The loop reuses, speaks, checks, retries, keeps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from higgs_cli.casting.cast import Voice
from higgs_cli.errors import GenerationFailedError
from higgs_cli.planning.plan import Run
from higgs_cli.settings.views import TakeRules
from higgs_cli.speech.protocol import SpeechChunk
from higgs_cli.takes.store import TakeStore
from higgs_cli.takes.take import Verdict
from tests.fakes import FakeSynthesizer
from tests.plans import plan_of
from tests.speaking import SpokenHere, speak

LINES = [
    (("ANN", "BEN")[number % 2], f"This is line number {number} of the talk we have.")
    for number in range(24)
]
NARRATOR = Voice("x", description="a calm voice", origin="profile.yaml")


def render(
    store: Path,
    lines: list[tuple[str, str]] = LINES,
    synthesizer: FakeSynthesizer | None = None,
    rules: TakeRules | None = None,
    silent_seconds_limit: float = 600.0,
) -> SpokenHere:
    return speak(
        plan_of(lines),
        store,
        synthesizer or FakeSynthesizer(),
        rules,
        silent_seconds_limit=silent_seconds_limit,
    )


def files(store: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in store.glob("*/**/*.take")}


def mishap_at(text: str, kind: str, attempts: int = 99) -> Callable[[SpeechChunk, int], str | None]:
    return lambda chunk, attempt: kind if text in chunk.text and attempt < attempts else None


def test_every_chunk_is_spoken_once(tmp_path: Path) -> None:
    fake = FakeSynthesizer()
    rendering = render(tmp_path, synthesizer=fake)
    assert sorted(fake.chunks_spoken) == sorted(text for _, text in LINES)
    assert all(rendering.ledger.state(number).is_used for number in range(24))
    assert not any(rendering.ledger.has_other_context(number) for number in range(24))


def test_a_second_render_speaks_nothing(tmp_path: Path) -> None:
    render(tmp_path)
    again = FakeSynthesizer()
    render(tmp_path, synthesizer=again)
    assert again.chunks_spoken == []


@pytest.mark.parametrize("lanes", [1, 3, 8])
def test_takes_do_not_depend_on_the_number_of_lanes(tmp_path: Path, lanes: int) -> None:
    render(tmp_path / "four")
    render(tmp_path / "other", synthesizer=FakeSynthesizer(lane_count=lanes))
    assert files(tmp_path / "four") == files(tmp_path / "other")


@pytest.mark.parametrize("seen", [1, 5, 11, 19])
def test_a_killed_render_goes_on_bit_for_bit(tmp_path: Path, seen: int) -> None:
    class Killed(Exception):
        pass

    spoken = 0

    def kill(chunk: SpeechChunk, attempt: int) -> str | None:
        nonlocal spoken
        spoken += 1
        if spoken > seen:
            raise Killed
        return "clipping" if "number 7" in chunk.text and attempt == 0 else None

    with pytest.raises(Killed):
        render(tmp_path / "cut", synthesizer=FakeSynthesizer(mishap=kill))
    clipped = mishap_at("number 7", "clipping", attempts=1)
    render(tmp_path / "cut", synthesizer=FakeSynthesizer(mishap=clipped))
    render(tmp_path / "whole", synthesizer=FakeSynthesizer(mishap=clipped))
    assert files(tmp_path / "cut") == files(tmp_path / "whole")


def test_an_edited_line_is_all_that_is_spoken_again(tmp_path: Path) -> None:
    render(tmp_path)
    edited = list(LINES)
    edited[8] = ("ANN", "Something else is said here now.")
    fake = FakeSynthesizer()
    rendering = render(tmp_path, edited, fake)
    assert fake.chunks_spoken == ["Something else is said here now."]
    others = [number for number in range(24) if rendering.ledger.has_other_context(number)]
    assert others == [10, 12, 14][: len(others)] and others


def test_strict_context_speaks_the_rest_of_the_run_again(tmp_path: Path) -> None:
    strict = TakeRules(strict_context=True)
    render(tmp_path, rules=strict)
    edited = list(LINES)
    edited[8] = ("ANN", "Something else is said here now.")
    fake = FakeSynthesizer()
    rendering = render(tmp_path, edited, fake, strict)
    assert fake.chunks_spoken == [edited[number][1] for number in (8, 10, 12, 14)]
    assert not any(rendering.ledger.has_other_context(number) for number in range(24))


def test_a_line_inserted_at_the_top_orphans_nothing(tmp_path: Path) -> None:
    voices_first = [("ANN", "A quite long opening line that makes the voice of Ann."), *LINES]
    render(tmp_path, voices_first)
    fake = FakeSynthesizer()
    inserted = [voices_first[0], ("BEN", "I say something new at the very top."), *LINES]
    render(tmp_path, inserted, fake)
    assert fake.chunks_spoken == ["I say something new at the very top."]


@pytest.mark.parametrize(
    "kind",
    [
        "endless",
        "silent",
        "stalled",
        "early",
        "clipping",
        "cut-off",
        "nothing",
        "raise",
        "long-silence",
    ],
)
def test_a_bad_take_is_spoken_again_with_fresh_noise(tmp_path: Path, kind: str) -> None:
    fake = FakeSynthesizer(mishap=mishap_at("number 5", kind, attempts=2))
    rendering = render(tmp_path, synthesizer=fake)
    state = rendering.ledger.state(5)
    assert state.best is not None
    assert (state.best.attempt, state.best.verdict) == (2, Verdict.PASS)


@pytest.mark.parametrize("kind", ["endless", "silent", "nothing", "raise"])
def test_a_chunk_that_always_fails_stops_after_its_retries(tmp_path: Path, kind: str) -> None:
    fake = FakeSynthesizer(mishap=mishap_at("number 5", kind))
    rendering = render(tmp_path, synthesizer=fake)
    assert not rendering.ledger.state(5).is_used
    assert all(rendering.ledger.state(number).is_used for number in range(24) if number != 5)
    assert fake.chunks_spoken.count(LINES[5][1]) == (0 if kind == "raise" else 4)


def test_the_best_attempt_is_kept_when_none_passes(tmp_path: Path) -> None:
    def mishap(chunk: SpeechChunk, attempt: int) -> str | None:
        return (
            ("endless", "cut-off", "silent", "endless")[attempt]
            if "number 5" in chunk.text
            else None
        )

    rendering = render(tmp_path, synthesizer=FakeSynthesizer(mishap=mishap))
    state = rendering.ledger.state(5)
    assert state.is_used and state.best is not None and state.best.attempt == 1


def test_several_takes_are_made_and_the_best_is_heard(tmp_path: Path) -> None:
    fake = FakeSynthesizer(mishap=mishap_at("number 5", "clipping", attempts=1))
    rendering = render(tmp_path, synthesizer=fake, rules=TakeRules(takes=3))
    counts = {number: len(rendering.ledger.state(number).records) for number in range(24)}
    assert counts[5] == 4 and counts[6] == 3
    assert rendering.ledger.state(5).best.attempt == 1  # type: ignore[union-attr]


def test_a_retake_is_heard_even_where_the_old_take_was_good(tmp_path: Path) -> None:
    first = render(tmp_path)
    key = first.ledger.state(5).key
    store = TakeStore(tmp_path)
    store.ask_for_another(key)
    fake = FakeSynthesizer()
    rendering = render(tmp_path, synthesizer=fake)
    assert fake.chunks_spoken == [LINES[5][1]]
    assert rendering.ledger.state(5).best.attempt == 1  # type: ignore[union-attr]


def test_memory_that_runs_out_halves_the_lanes_and_changes_nothing(tmp_path: Path) -> None:
    render(tmp_path / "plenty", synthesizer=FakeSynthesizer(lane_count=8))
    small = FakeSynthesizer(lane_count=8, memory_for_lanes=3)
    render(tmp_path / "small", synthesizer=small)
    assert files(tmp_path / "plenty") == files(tmp_path / "small")


def test_without_memory_for_one_lane_chunks_fail_by_name_and_the_loop_ends(tmp_path: Path) -> None:
    fake = FakeSynthesizer(lane_count=8, memory_for_lanes=0)
    rendering = render(tmp_path, LINES[:3], fake, TakeRules(retries=1))
    assert [rendering.ledger.loss(number) for number in range(3)] == ["no memory for 1 lanes"] * 3


def test_a_model_that_hangs_is_given_up_and_the_rest_is_spoken(tmp_path: Path) -> None:
    fake = FakeSynthesizer(mishap=mishap_at("number 2", "hang", attempts=1))
    fake.lane_count = 1
    rendering = render(tmp_path, LINES[:6], fake, silent_seconds_limit=0.2)
    assert all(rendering.ledger.state(number).is_used for number in range(6))
    assert "has not responded" in (rendering.ledger.loss(2) or "")


def test_a_generation_that_fails_costs_an_attempt_and_the_rest_is_spoken(tmp_path: Path) -> None:
    def fail(chunk: SpeechChunk, attempt: int) -> None:
        if "number 2 " in chunk.text and attempt == 0:
            raise GenerationFailedError("the run needs too many positions")

    rendering = render(tmp_path, synthesizer=FakeSynthesizer(mishap=fail))
    assert all(rendering.ledger.state(number).is_used for number in range(24))
    best = rendering.ledger.state(2).best
    assert best is not None and best.attempt == 1


def test_a_speaker_without_a_recording_keeps_the_voice_of_the_first_good_line(
    tmp_path: Path,
) -> None:
    lines = [("ANN", "Short."), ("ANN", "A long line makes a good reference for a voice, you see.")]
    lines += [("ANN", "And this follows.")]
    fake = FakeSynthesizer()
    rendering = render(tmp_path, lines, fake)
    assert fake.chunks_spoken[0] == lines[1][1]
    assert fake.runs_heard[0].references == ()
    assert fake.runs_heard[1].references[0].transcript == lines[1][1]
    state = rendering.ledger.state(1)
    take = TakeStore(tmp_path).take(state.key, 0)
    assert take is not None
    assert (fake.runs_heard[1].references[0].codes == take.codes).all()  # type: ignore[union-attr]


def test_a_minted_voice_survives_an_edit_and_a_retake_of_its_line(tmp_path: Path) -> None:
    lines = [("ANN", "A long line makes a good reference for a voice, you see."), ("ANN", "Next.")]
    fake = FakeSynthesizer()
    render(tmp_path, lines, fake)
    voice = fake.runs_heard[1].references[0].codes
    edited = [("ANN", "Quite another long line stands here now and makes no new voice."), lines[1]]
    again = FakeSynthesizer()
    render(tmp_path, edited, again)
    assert again.chunks_spoken == [edited[0][1]]
    assert (again.runs_heard[0].references[0].codes == voice).all()


def test_a_chapter_comes_out_once_when_all_of_it_is_settled(tmp_path: Path) -> None:
    plan = plan_of(LINES)
    thirds = tuple(replace(chunk, chapter=chunk.number // 8) for chunk in plan.chunks)
    runs = tuple(
        Run(number, number // 2, 0, (thirds[places[0]].speaker,), tuple(places))
        for number, places in enumerate(
            [range(third * 8 + who, third * 8 + 8, 2) for third in range(3) for who in range(2)]
        )
    )
    plan = replace(plan, chunks=thirds, runs=runs)
    fake = FakeSynthesizer(mishap=mishap_at("number 9", "clipping", attempts=1))
    spoken = speak(plan, tmp_path, fake)
    assert sorted(chapter.number for chapter in spoken.chapters) == [0, 1, 2]
    for chapter in spoken.chapters:
        numbers = [each.chunk.number for each in chapter.chunks]
        assert numbers == list(range(8 * chapter.number, 8 * chapter.number + 8))
        assert all(each.is_used for each in chapter.chunks) and len(chapter.fresh_keys) == 8
    again = speak(plan, tmp_path, FakeSynthesizer())
    assert [chapter.number for chapter in again.chapters] == [0, 1, 2]
    assert not any(chapter.fresh_keys for chapter in again.chapters)
