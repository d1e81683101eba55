"""What speaks too fast for its voice is spoken again, after all else, and always the same."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from higgs_cli.jobs.merged_plan import chunk_numbers, merged
from higgs_cli.planning.keys import digest
from higgs_cli.planning.plan import Plan
from higgs_cli.progress import ChunkProgress, SilentProgress
from higgs_cli.rendering.loop import speak_missing
from higgs_cli.settings.views import Sampling, TakeRules
from higgs_cli.speech.protocol import SpeechChunk
from higgs_cli.takes.book_judge import SAMPLE_CHUNKS
from higgs_cli.takes.choices import Choice
from higgs_cli.takes.kept_sounds import sounds_of
from higgs_cli.takes.ledger import Ledger
from higgs_cli.takes.speech_rate import RATE_CHECK, norm_of
from higgs_cli.takes.store import TakeStore
from tests.fakes import FakeSynthesizer, Mishap
from tests.helpers import CommandLine
from tests.plans import plan_of
from tests.rendering.test_render_loop import LINES, files, mishap_at, render
from tests.speaking import speak

HALF = mishap_at("number 7", "half", attempts=1)


def test_half_a_line_is_spoken_again_when_the_norm_of_its_voice_stands(tmp_path: Path) -> None:
    fake = FakeSynthesizer(mishap=HALF)
    rendering = render(tmp_path, synthesizer=fake)
    assert fake.chunks_spoken.count(LINES[7][1]) == 2
    assert len(fake.chunks_spoken) == len(LINES) + 1
    before = fake.chunks_spoken[: len(LINES)]
    assert {text for speaker, text in LINES if speaker == "BEN"} <= set(before)
    best = rendering.ledger.state(7).best
    assert best is not None and best.attempt == 1
    assert not any(each.held for chapter in rendering.chapters for each in chapter.chunks)


def test_a_line_that_is_always_halved_has_failed_and_the_first_take_is_used(tmp_path: Path) -> None:
    fake = FakeSynthesizer(mishap=mishap_at("number 7", "half"))
    rendering = render(tmp_path, synthesizer=fake, rules=TakeRules(retries=2))
    assert fake.chunks_spoken.count(LINES[7][1]) == 3
    (chapter,) = rendering.chapters
    found = [each for each in chapter.chunks if each.has_failed]
    assert [each.chunk.number for each in found] == [7]
    assert found[0].is_used and found[0].take is not None and found[0].take.attempt == 0
    assert [finding.check for finding in found[0].held] == [RATE_CHECK]


@pytest.mark.parametrize("seen", [3, 12, 24, 25, 26])
def test_a_render_that_was_killed_retries_the_same(tmp_path: Path, seen: int) -> None:
    class Killed(Exception):
        pass

    def mishap(chunk: SpeechChunk, attempt: int) -> str | None:
        halved = {"number 7": 1, "number 9": 2, "number 20": 1}
        return "half" if any(n in chunk.text and attempt < c for n, c in halved.items()) else None

    spoken, enough = 0, TakeRules(retry_budget=100)

    def kill(chunk: SpeechChunk, attempt: int) -> str | None:
        nonlocal spoken
        spoken += 1
        if spoken > seen:
            raise Killed
        return mishap(chunk, attempt)

    with pytest.raises(Killed):
        render(tmp_path / "cut", synthesizer=FakeSynthesizer(mishap=kill), rules=enough)
    render(tmp_path / "cut", synthesizer=FakeSynthesizer(mishap=mishap, lane_count=2), rules=enough)
    whole = FakeSynthesizer(mishap=mishap)
    render(tmp_path / "whole", synthesizer=whole, rules=enough)
    assert len(whole.chunks_spoken) == len(LINES) + 4
    assert files(tmp_path / "cut") == files(tmp_path / "whole")


def test_what_was_retried_is_not_spoken_a_third_time(tmp_path: Path) -> None:
    render(tmp_path, synthesizer=FakeSynthesizer(mishap=HALF))
    again = FakeSynthesizer()
    rendering = render(tmp_path, synthesizer=again)
    assert again.chunks_spoken == []
    assert rendering.ledger.is_settled
    best = rendering.ledger.state(7).best
    assert best is not None and best.attempt == 1


def test_under_strict_context_it_is_only_listed(tmp_path: Path) -> None:
    fake = FakeSynthesizer(mishap=HALF)
    rendering = render(tmp_path, synthesizer=fake, rules=TakeRules(strict_context=True))
    assert len(fake.chunks_spoken) == len(LINES)
    held = [each.held for chapter in rendering.chapters for each in chapter.chunks]
    assert [bool(each) for each in held] == [number == 7 for number in range(len(LINES))]


def test_a_locked_take_is_not_spoken_again(tmp_path: Path) -> None:
    first = render(tmp_path, synthesizer=FakeSynthesizer(mishap=HALF), rules=TakeRules(retries=0))
    key = first.ledger.state(7).key
    TakeStore(tmp_path).decide(key, Choice(0, True, 0))
    again = FakeSynthesizer()
    render(tmp_path, synthesizer=again)
    assert again.chunks_spoken == []


def test_one_of_two_lines_that_speaks_half_its_text_does_not_pass(tmp_path: Path) -> None:
    """The second is spoken in half of the 4.8 s that were planned. With few takes, the norm is what
    is usual for all voices."""
    lines = [
        ("ANN", "Every lamp on the harbour road was burning until the ninth morning."),
        ("ANN", "Nobody had ever climbed as high as those children on that evening."),
    ]
    plan = plan_of(lines)
    assert [round(chunk.seconds, 1) for chunk in plan.chunks] == [4.8, 4.8]
    once = FakeSynthesizer(mishap=mishap_at("Nobody", "half", attempts=1))
    rendering = render(tmp_path / "once", lines, once)
    spoken = [record.frame_count / 25 for record in rendering.ledger.state(1).records]
    assert len(spoken) == 2 and spoken[0] < 2.7 < 4.8 < spoken[1]
    (chapter,) = rendering.chapters
    assert [each.take.attempt for each in chapter.chunks if each.take] == [0, 1]
    always = FakeSynthesizer(mishap=mishap_at("Nobody", "half"))
    (chapter,) = render(tmp_path / "always", lines, always).chapters
    assert [each.has_failed for each in chapter.chunks] == [False, True]


def test_short_lines_are_said_at_any_rate(tmp_path: Path) -> None:
    lines = [("ANN", f"Line number {number}, here.") for number in range(12)]
    fake = FakeSynthesizer(mishap=mishap_at("number 7", "half"))
    (chapter,) = render(tmp_path, lines, fake).chapters
    assert not any(each.held for each in chapter.chunks)


def test_wild_takes_do_not_move_what_is_usual() -> None:
    calm = norm_of([15.0, 15.2, 14.8, 15.1, 14.9, 15.3, 14.7, 15.0, 15.1])
    assert calm.excess(15.0 * 1.5) > 4 > calm.excess(15.0 * 1.2)
    wild = norm_of([15.0, 15.2, 14.8, 15.1, 14.9, 15.3, 14.7, 45.0, 60.0])
    assert abs(wild.letters_per_second - calm.letters_per_second) < 0.3


def test_a_store_of_an_earlier_version_is_not_spoken_again(tmp_path: Path) -> None:
    render(tmp_path, synthesizer=FakeSynthesizer(mishap=HALF), rules=TakeRules(retries=0))
    for path in tmp_path.glob("*/**/*.take"):
        content = path.read_bytes()[:-32]
        assert b',"sounding_seconds":' in content
        content = re.sub(rb',"sounding_seconds":[0-9.]+', b"", content)
        path.write_bytes(content + hashlib.sha256(content).digest())
    again = FakeSynthesizer()
    rendering = render(tmp_path, synthesizer=again)
    assert again.chunks_spoken == []
    (chapter,) = rendering.chapters
    assert all(each.take is not None and not each.held for each in chapter.chunks)
    assert not any(each.is_rated for each in chapter.chunks)


def book(chapter_count: int, name: str = "talk") -> Plan:
    """Sixteen lines a chapter, of one voice, in runs of eight."""
    words = f"line of the {name} that is said to all of them."
    plan = plan_of([("ANN", f"Number {n} is a {words}") for n in range(16 * chapter_count)])
    chunks = tuple(replace(chunk, chapter=chunk.number // 16) for chunk in plan.chunks)
    runs = tuple(replace(run, chapter=run.number // 2) for run in plan.runs)
    return replace(plan, chunks=chunks, runs=runs)


def halved(*numbers: int) -> Mishap:
    def mishap(chunk: SpeechChunk, attempt: int) -> str | None:
        said = any(f"Number {number} " in chunk.text for number in numbers)
        return "half" if said and attempt == 0 else None

    return mishap


def test_chapters_come_out_as_they_are_done(tmp_path: Path) -> None:
    """Those before the norm stands when it does, retried as they need be; later ones at once."""
    fake = FakeSynthesizer(mishap=halved(3, 70))
    spoken_at_last: list[int] = []

    class Noticed(SilentProgress):
        def spoken(self, at: ChunkProgress, audio_seconds: float, verdict: str) -> None:
            spoken_at_last.append(at.chunk_number)

    plan = book(8)
    store = TakeStore(tmp_path)
    store.open()
    ledger = Ledger(plan, store, fake.description.identity, TakeRules())
    kept = sounds_of(store.sounds, fake)
    came_out = {}
    for chapter in speak_missing(ledger, fake, Sampling(), Noticed(), kept):
        came_out[chapter.number] = len(fake.chunks_spoken)
        assert not any(each.has_failed for each in chapter.chunks)
    assert sorted(came_out) == list(range(8))
    assert SAMPLE_CHUNKS <= came_out[0] < 100
    assert came_out[0] < came_out[5] < came_out[7] == 16 * 8 + 2
    assert spoken_at_last.count(3) == 2


@pytest.mark.parametrize("seen", [4, 30, 44, 60, 79, 84])
def test_a_book_that_was_killed_is_the_same_whenever_its_norm_came(
    tmp_path: Path, seen: int
) -> None:
    class Killed(Exception):
        pass

    spoken = 0
    mishap = halved(3, 4, 23, 41, 70, 79)

    def kill(chunk: SpeechChunk, attempt: int) -> str | None:
        nonlocal spoken
        spoken += 1
        if spoken > seen:
            raise Killed
        return mishap(chunk, attempt)

    plan = book(5)
    with pytest.raises(Killed):
        speak(plan, tmp_path / "cut", FakeSynthesizer(mishap=kill, lane_count=5))
    speak(plan, tmp_path / "cut", FakeSynthesizer(mishap=mishap, lane_count=2))
    whole = FakeSynthesizer(mishap=mishap, lane_count=3)
    rendering = speak(plan, tmp_path / "whole", whole)
    assert len(whole.chunks_spoken) == 80 + 6
    assert files(tmp_path / "cut") == files(tmp_path / "whole")
    assert not any(rendering.ledger.has_other_context(number) for number in range(80))


def test_what_another_take_hears_waits_for_the_judgement(tmp_path: Path) -> None:
    """A line that is asked for again hears the run as it was judged, not as it is by chance."""
    plan, mishap = book(4), halved(2)
    stores = [tmp_path / name for name in ("early", "late")]
    for store, share in zip(stores, (1, 4), strict=True):
        some = replace(plan, chunks=plan.chunks[: 16 * share], runs=plan.runs[: 2 * share])
        unjudged = TakeRules(retries=0)
        speak(some, store, FakeSynthesizer(mishap=mishap), unjudged)
        key = rendering_key(plan, store, 3)
        TakeStore(store).decide(key, Choice(None, False, 1))
        speak(plan, store, FakeSynthesizer(mishap=mishap))
    early, late = map(files, stores)
    assert early == late


def rendering_key(plan: Plan, store: Path, number: int) -> str:
    identity = FakeSynthesizer().description.identity
    return Ledger(plan, TakeStore(store), identity, TakeRules()).state(number).key


def test_an_edited_line_of_a_judged_run_is_spoken_as_in_a_new_book(tmp_path: Path) -> None:
    mishap = halved(3)
    speak(book(3), tmp_path / "edited", FakeSynthesizer(mishap=mishap))
    plan = book(3)
    text = "It is not what it was, but it is as long as all of them are."
    old = plan.chunks[5]
    recipe = {**old.recipe, "text": text}
    new = replace(old, text=text, recipe=recipe, key=digest(recipe))
    plan = replace(plan, chunks=(*plan.chunks[:5], new, *plan.chunks[6:]))
    fake = FakeSynthesizer(mishap=mishap)
    speak(plan, tmp_path / "edited", fake)
    assert fake.chunks_spoken == [text]
    speak(plan, tmp_path / "new", FakeSynthesizer(mishap=mishap))
    edited, fresh = files(tmp_path / "edited"), files(tmp_path / "new")
    assert {name: edited[name] for name in fresh if text.encode() in fresh[name]} == {
        name: data for name, data in fresh.items() if text.encode() in data
    }


def test_books_that_are_spoken_together_have_norms_of_their_own(tmp_path: Path) -> None:
    """The slow one speaks twice as much in a second in no line but one; the quick one in all."""
    slow, quick = book(1, "slow"), book(1, "quick")

    def mishap(chunk: SpeechChunk, attempt: int) -> str | None:
        is_quick = "the quick" in chunk.text or ("Number 9 " in chunk.text and attempt == 0)
        return "half" if is_quick else None

    plan = merged([slow, quick])
    books = chunk_numbers(plan, [slow, quick])
    together = FakeSynthesizer(mishap=mishap)
    speak(plan, tmp_path / "together", together, books=books)
    assert len(together.chunks_spoken) == 16 + 1 + 16
    for each in (slow, quick):
        speak(each, tmp_path / "alone", FakeSynthesizer(mishap=mishap))
    assert files(tmp_path / "together") == files(tmp_path / "alone")


@pytest.fixture
def higgs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return CommandLine(tmp_path, monkeypatch, capsys)


def test_a_summary_says_what_was_not_checked(higgs: CommandLine) -> None:
    higgs.write("talk.txt", "[SPEAKER0] This is a line of the talk.\n")
    ran = higgs("render", "talk.txt", "-o", "talk.wav")
    assert "0 doubtful by sound and rate (words and voices were not compared" in ran.stderr
    (summary,) = [
        event
        for line in higgs("render", "talk.txt", "-o", "talk.wav", "--json").stdout.splitlines()
        if (event := json.loads(line))["event"] == "finished"
    ]
    assert summary["not_checked"] == ["words", "voice"]


def test_a_retried_book_stays_as_it_is_by_every_way(higgs: CommandLine) -> None:
    lines = [f"[SPEAKER0] This is line number {n} of the talk we have.\n\n" for n in range(12)]
    higgs.write("talk.txt", "".join(lines))
    higgs.synthesizer = FakeSynthesizer(mishap=mishap_at("number seven", "half", attempts=1))
    render = ("render", "talk.txt", "-o", "talk.wav")
    assert higgs(*render).exit_code == 0
    assert len(higgs.synthesizer.chunks_spoken) == 13
    audio = (higgs.folder / "talk.wav").read_bytes()
    higgs.synthesizer = FakeSynthesizer()
    for command in (
        render,
        ("verify", "talk.wav"),
        ("render", "--from", "talk.json", "-o", "talk.wav"),
        ("render", "--from", "talk.json", "-o", "other.wav", "--store", "talk.higgs"),
        (*render, "--pause-turn", "0.7"),
        render,
    ):
        assert higgs(*command).exit_code == 0, command
    assert higgs.synthesizer.chunks_spoken == []
    assert (higgs.folder / "talk.wav").read_bytes() == audio
    assert (higgs.folder / "other.wav").read_bytes() == audio
