"""What speaks too fast for its voice is spoken again, after all else, and always the same."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from higgs_cli.settings.views import TakeRules
from higgs_cli.speech.protocol import SpeechChunk
from higgs_cli.takes.choices import Choice
from higgs_cli.takes.speech_rate import RATE_CHECK, norm_of, norms, rate_finding, rate_of
from higgs_cli.takes.store import TakeStore
from higgs_cli.takes.take import Verdict
from tests.fakes import FakeSynthesizer
from tests.helpers import CommandLine
from tests.plans import plan_of
from tests.rendering.test_render_loop import LINES, files, mishap_at, render

HALF = mishap_at("number 7", "half", attempts=1)


def test_half_a_line_is_spoken_again_after_all_others(tmp_path: Path) -> None:
    fake = FakeSynthesizer(mishap=HALF)
    rendering = render(tmp_path, synthesizer=fake)
    assert fake.chunks_spoken[-1] == LINES[7][1] and len(fake.chunks_spoken) == len(LINES) + 1
    best = rendering.ledger.state(7).best
    assert best is not None and best.attempt == 1
    assert all(each.rate is None for chapter in rendering.chapters for each in chapter.chunks)


def test_a_line_that_is_always_halved_has_failed_and_the_first_take_is_used(tmp_path: Path) -> None:
    fake = FakeSynthesizer(mishap=mishap_at("number 7", "half"))
    rendering = render(tmp_path, synthesizer=fake, rules=TakeRules(retries=2))
    assert fake.chunks_spoken.count(LINES[7][1]) == 3
    (chapter,) = rendering.chapters
    found = [each for each in chapter.chunks if each.has_failed]
    assert [each.chunk.number for each in found] == [7]
    assert found[0].is_used and found[0].take is not None and found[0].take.attempt == 0
    assert found[0].rate is not None and found[0].rate.check == RATE_CHECK


@pytest.mark.parametrize("seen", [3, 12, 24, 25, 26])
def test_a_render_that_was_killed_retries_the_same(tmp_path: Path, seen: int) -> None:
    class Killed(Exception):
        pass

    def mishap(chunk: SpeechChunk, attempt: int) -> str | None:
        halved = {"number 7": 1, "number 9": 2, "number 20": 1}
        return "half" if any(n in chunk.text and attempt < c for n, c in halved.items()) else None

    spoken = 0

    def kill(chunk: SpeechChunk, attempt: int) -> str | None:
        nonlocal spoken
        spoken += 1
        if spoken > seen:
            raise Killed
        return mishap(chunk, attempt)

    with pytest.raises(Killed):
        render(tmp_path / "cut", synthesizer=FakeSynthesizer(mishap=kill))
    render(tmp_path / "cut", synthesizer=FakeSynthesizer(mishap=mishap, lane_count=2))
    whole = FakeSynthesizer(mishap=mishap)
    render(tmp_path / "whole", synthesizer=whole)
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
    rates = [each.rate for chapter in rendering.chapters for each in chapter.chunks]
    assert [rate is not None for rate in rates] == [number == 7 for number in range(len(LINES))]


def test_a_locked_take_is_not_spoken_again(tmp_path: Path) -> None:
    first = render(tmp_path, synthesizer=FakeSynthesizer(mishap=HALF), rules=TakeRules(retries=0))
    key = first.ledger.state(7).key
    TakeStore(tmp_path).decide(key, Choice(0, True, 0))
    again = FakeSynthesizer()
    render(tmp_path, synthesizer=again)
    assert again.chunks_spoken == []


def test_one_of_two_lines_that_speaks_half_its_text_does_not_pass(tmp_path: Path) -> None:
    """With few takes, the norm is what is usual for all voices."""
    text = "Every harbour lamp on the island burned until the morning of the ninth."
    (chunk,) = plan_of([("ANN", text)]).chunks
    record = render(tmp_path, [("ANN", text)]).ledger.state(0).best
    assert record is not None
    norms_of_two = norms([(chunk, record), (chunk, record)])
    whole, half = (
        replace(record, levels=replace(record.levels, sounding_seconds=seconds))
        for seconds in (3.7, 1.85)
    )
    assert rate_finding(chunk, whole, norms_of_two) is None
    found = rate_finding(chunk, half, norms_of_two)
    assert found is not None and found.verdict is Verdict.FAIL


def test_short_lines_are_said_at_any_rate(tmp_path: Path) -> None:
    lines = [("ANN", f"Line number {number}, here.") for number in range(12)]
    fake = FakeSynthesizer(mishap=mishap_at("number 7", "half"))
    (chapter,) = render(tmp_path, lines, fake).chapters
    assert all(each.rate is None for each in chapter.chunks)


def test_wild_takes_do_not_move_what_is_usual() -> None:
    calm = norm_of([15.0, 15.2, 14.8, 15.1, 14.9, 15.3, 14.7, 15.0, 15.1])
    assert calm.excess(15.0 * 1.5) > 4 > calm.excess(15.0 * 1.2)
    wild = norm_of([15.0, 15.2, 14.8, 15.1, 14.9, 15.3, 14.7, 45.0, 60.0])
    assert abs(wild.letters_per_second - calm.letters_per_second) < 0.3


def test_takes_of_earlier_versions_are_not_judged(tmp_path: Path) -> None:
    rendering = render(tmp_path)
    record = rendering.ledger.state(0).best
    assert record is not None and record.verdict is Verdict.PASS
    unmeasured = replace(record, levels=replace(record.levels, sounding_seconds=0.0))
    assert rate_of(rendering.ledger.plan.chunks[0], unmeasured) is None


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
