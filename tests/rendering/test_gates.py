"""What is heard of takes decides as their records do: always the same, and nothing twice."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path

import pytest

from higgs_cli.audio.clip import AudioClip
from higgs_cli.errors import HearingFailedError
from higgs_cli.jobs.merged_plan import chunk_numbers, merged
from higgs_cli.listening.ears import Hearings
from higgs_cli.planning.plan import Plan
from higgs_cli.settings.views import TakeRules
from higgs_cli.speech.protocol import SpeechChunk
from higgs_cli.takes.packs import packs_of
from higgs_cli.takes.run_judge import Books
from tests.fake_ears import CountGate, FakeEars
from tests.fakes import FakeSynthesizer, Mishap
from tests.plans import plan_of
from tests.rendering.test_render_loop import LINES, files, mishap_at
from tests.speaking import SpokenHere, speak

DROPPED = mishap_at("number 7", "dropped", attempts=1)
ENOUGH = TakeRules(retry_budget=100)
"""For all that goes wrong in these lines."""


def render(
    store: Path,
    *,
    lines: list[tuple[str, str]] = LINES,
    mishap: Mishap | None = None,
    synthesizer: FakeSynthesizer | None = None,
    ears: FakeEars | None = None,
    rules: TakeRules | None = None,
    gate: CountGate | None = None,
) -> SpokenHere:
    gate = gate or CountGate()
    fake = synthesizer or FakeSynthesizer()
    if mishap is not None:
        fake.mishap = mishap
    listeners = {gate.listener: ears or FakeEars()}
    return speak(plan_of(lines), store, fake, rules, gates=[gate], listeners=listeners)


def heard(store: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in store.glob("hearings/*/*.heard")}


def test_a_take_that_lacks_a_word_is_spoken_again(tmp_path: Path) -> None:
    fake, ears = FakeSynthesizer(), FakeEars()
    rendering = render(tmp_path, mishap=DROPPED, synthesizer=fake, ears=ears)
    assert fake.chunks_spoken.count(LINES[7][1]) == 2
    assert len(fake.chunks_spoken) == len(LINES) + 1
    best = rendering.ledger.state(7).best
    assert best is not None and best.attempt == 1
    assert not any(each.held for chapter in rendering.chapters for each in chapter.chunks)
    assert sum(ears.heard) == len(LINES) + 1


def test_first_takes_are_heard_together_and_others_at_once(tmp_path: Path) -> None:
    ears = FakeEars()
    render(tmp_path, mishap=DROPPED, ears=ears)
    alone = [count for count, at_once in zip(ears.heard, ears.at_once, strict=True) if at_once]
    together = [count for count, now in zip(ears.heard, ears.at_once, strict=True) if not now]
    packs = [len(pack) for pack in packs_of(plan_of(LINES).chunks)]
    assert alone == [1] and sorted(together) == sorted(packs)
    assert len(packs) <= len(LINES) / 2


def test_a_second_render_hears_and_speaks_nothing(tmp_path: Path) -> None:
    render(tmp_path, mishap=DROPPED)
    again, ears = FakeSynthesizer(), FakeEars()
    rendering = render(tmp_path, synthesizer=again, ears=ears)
    assert again.chunks_spoken == [] and ears.heard == []
    assert rendering.ledger.is_settled


def test_another_listener_hears_everything_and_speaks_nothing(tmp_path: Path) -> None:
    render(tmp_path, mishap=DROPPED)
    again, ears = FakeSynthesizer(), FakeEars()
    rendering = render(tmp_path, synthesizer=again, ears=ears, gate=CountGate("counting-2"))
    assert again.chunks_spoken == [] and sum(ears.heard) == len(LINES) + 1
    assert not again.is_prepared
    best = rendering.ledger.state(7).best
    assert best is not None and best.attempt == 1


def test_a_store_from_before_is_heard_and_what_fails_is_spoken_again(tmp_path: Path) -> None:
    speak(plan_of(LINES), tmp_path, FakeSynthesizer(mishap=DROPPED))
    fake = FakeSynthesizer()
    render(tmp_path, synthesizer=fake)
    assert fake.chunks_spoken == [LINES[7][1]]


def test_an_edited_line_hears_two_packs_at_most(tmp_path: Path) -> None:
    render(tmp_path)
    edited = list(LINES)
    edited[8] = ("ANN", "Something else is said here now, not what was.")
    fake, ears = FakeSynthesizer(), FakeEars()
    render(tmp_path, lines=edited, synthesizer=fake, ears=ears)
    assert fake.chunks_spoken == [edited[8][1]]
    assert 1 <= len(ears.heard) <= 2


def three_lapses(chunk: SpeechChunk, attempt: int) -> str | None:
    dropped = {"number 7 ": 1, "number 9 ": 2, "number 15 ": 1, "number 20 ": 1}
    return "dropped" if any(n in chunk.text and attempt < c for n, c in dropped.items()) else None


def killed_after(seen: int, mishap: Mishap) -> Callable[[SpeechChunk, int], str | None]:
    spoken = 0

    def kill(chunk: SpeechChunk, attempt: int) -> str | None:
        nonlocal spoken
        spoken += 1
        if spoken > seen:
            raise Killed
        return mishap(chunk, attempt)

    return kill


class Killed(Exception):
    pass


@pytest.mark.parametrize("seen", [1, 6, 13, 20, 23, 24, 25, 26, 27, 28])
def test_a_render_that_was_killed_hears_and_retries_the_same(tmp_path: Path, seen: int) -> None:
    with pytest.raises(Killed):
        render(tmp_path / "cut", mishap=killed_after(seen, three_lapses), rules=ENOUGH)
    lanes = FakeSynthesizer(lane_count=2)
    render(tmp_path / "cut", mishap=three_lapses, rules=ENOUGH, synthesizer=lanes)
    whole = FakeSynthesizer()
    render(tmp_path / "whole", mishap=three_lapses, rules=ENOUGH, synthesizer=whole)
    assert len(whole.chunks_spoken) == len(LINES) + 5
    assert files(tmp_path / "cut") == files(tmp_path / "whole")
    assert heard(tmp_path / "cut") == heard(tmp_path / "whole")


class FailingEars(FakeEars):
    """Hear so often, and then no more."""

    most = 0

    def hear(
        self, sounds: Callable[[], Sequence[AudioClip]], *, at_once: bool = False
    ) -> Future[Hearings]:
        if self.most == 0:
            failed: Future[Hearings] = Future()
            failed.set_exception(HearingFailedError("no more"))
            return failed
        self.most -= 1
        return super().hear(sounds, at_once=at_once)


@pytest.mark.parametrize("most", range(0, 14, 2))
def test_a_render_whose_ears_failed_hears_and_retries_the_same(tmp_path: Path, most: int) -> None:
    ears = FailingEars()
    ears.most = most
    with contextlib.suppress(HearingFailedError):
        render(tmp_path / "cut", mishap=three_lapses, rules=ENOUGH, ears=ears)
    render(tmp_path / "cut", mishap=three_lapses, rules=ENOUGH)
    render(tmp_path / "whole", mishap=three_lapses, rules=ENOUGH)
    assert files(tmp_path / "cut") == files(tmp_path / "whole")
    assert heard(tmp_path / "cut") == heard(tmp_path / "whole")


@pytest.mark.parametrize("lanes", [1, 3, 8])
def test_what_is_retried_does_not_depend_on_the_number_of_lanes(tmp_path: Path, lanes: int) -> None:
    render(tmp_path / "four", mishap=three_lapses)
    other = FakeSynthesizer(lane_count=lanes)
    render(tmp_path / "other", mishap=three_lapses, synthesizer=other)
    assert files(tmp_path / "four") == files(tmp_path / "other")
    assert heard(tmp_path / "four") == heard(tmp_path / "other")


def test_a_retake_that_was_stored_and_not_heard_is_heard_first(tmp_path: Path) -> None:
    render(tmp_path, mishap=mishap_at("number 7 ", "dropped", attempts=2))
    before = files(tmp_path)
    alone = FakeEars()
    for path in tmp_path.glob("hearings/*/*.heard"):
        path.unlink()
    fake = FakeSynthesizer()
    render(tmp_path, synthesizer=fake, ears=alone)
    assert fake.chunks_spoken == [] and files(tmp_path) == before
    assert sum(alone.heard) == len(LINES) + 2 and not any(alone.at_once)


def test_a_damaged_hearing_is_heard_again(tmp_path: Path) -> None:
    render(tmp_path)
    paths = sorted(tmp_path.glob("hearings/*/*.heard"))
    whole = [path.read_bytes() for path in paths]
    paths[0].write_bytes(whole[0].replace(b"word", b"sword", 1))
    paths[1].write_bytes(whole[1][:40])
    ears = FakeEars()
    render(tmp_path, ears=ears)
    assert len(ears.heard) == 2
    assert [path.read_bytes() for path in paths] == whole


def test_the_budget_is_spent_in_the_order_of_the_plan(tmp_path: Path) -> None:
    always = mishap_at("line", "dropped")
    fake = FakeSynthesizer()
    rules = TakeRules(retries=2, retry_budget=20)
    rendering = render(tmp_path, mishap=always, synthesizer=fake, rules=rules)
    plan = plan_of(LINES)
    granted, left = [], int(0.2 * sum(round(chunk.seconds * 25) for chunk in plan.chunks))
    voice_lines = {0, 1}  # only listed
    for chunk in plan.chunks:
        frames = round(chunk.seconds * 25)
        count = min(2, max(min(1, left // frames), left // (2 * frames)))
        count = 0 if chunk.number in voice_lines else count
        left -= count * frames
        granted.append(count)
    assert {0, 1, 2} == set(granted[2:])
    spoken = [fake.chunks_spoken.count(chunk.text) - 1 for chunk in plan.chunks]
    assert spoken == granted
    (chapter,) = rendering.chapters
    assert all(each.has_failed and each.is_used for each in chapter.chunks)


@pytest.mark.parametrize("lanes", [1, 7])
def test_what_the_budget_grants_does_not_depend_on_lanes(tmp_path: Path, lanes: int) -> None:
    always = mishap_at("line", "dropped", attempts=2)
    rules = TakeRules(retries=2, retry_budget=20)
    render(tmp_path / "four", mishap=always, rules=rules)
    other = FakeSynthesizer(lane_count=lanes)
    render(tmp_path / "other", mishap=always, rules=rules, synthesizer=other)
    assert files(tmp_path / "four") == files(tmp_path / "other")


def test_under_strict_context_what_is_heard_is_only_listed(tmp_path: Path) -> None:
    fake = FakeSynthesizer()
    strict = TakeRules(strict_context=True)
    rendering = render(tmp_path, mishap=DROPPED, synthesizer=fake, rules=strict)
    assert len(fake.chunks_spoken) == len(LINES)
    (chapter,) = rendering.chapters
    assert [each.chunk.number for each in chapter.chunks if each.held] == [7]


def test_books_that_are_spoken_together_are_judged_as_if_each_were_alone(tmp_path: Path) -> None:
    shared = [("SHE", f"We all know line number {number} of both books.") for number in range(3)]
    plans = [
        plan_of([*shared, *((who, f"{book} {text}") for who, text in LINES)]) for book in ("A", "B")
    ]
    plan = merged(plans)
    gate, rules = CountGate(), TakeRules(retries=2)

    def often(chunk: SpeechChunk, attempt: int) -> str | None:
        lapses = (f"number {number} " in chunk.text for number in (2, 9, 15))
        return "dropped" if any(lapses) and attempt < 2 else None

    def spoken(plan: Plan, store: Path, books: Books = ()) -> None:
        fake, ears = FakeSynthesizer(mishap=often), {gate.listener: FakeEars()}
        speak(plan, store, fake, rules, books=books, gates=[gate], listeners=ears)

    spoken(plan, tmp_path / "together", chunk_numbers(plan, plans))
    for each in plans:
        spoken(each, tmp_path / "alone")
    assert files(tmp_path / "together") == files(tmp_path / "alone")
    assert heard(tmp_path / "together") == heard(tmp_path / "alone")
