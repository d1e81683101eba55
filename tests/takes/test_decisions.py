"""What a person decides of places: retakes, locks and chosen takes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from higgs_cli.errors import UsageError
from higgs_cli.takes.decisions import wishes_of
from tests.fakes import FakeSynthesizer
from tests.helpers import CommandLine
from tests.planning.planning_fixtures import planned

SCRIPT = "[SPEAKER0] One.\n[SPEAKER1] Two.\n\n[SPEAKER0] Four.\n"
TALK = "".join(f"[SPEAKER0] This is line number {n} of the talk.\n" for n in range(1, 6))


@pytest.fixture
def higgs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    line = CommandLine(tmp_path, monkeypatch, capsys)
    line.write("talk.txt", TALK)
    return line


def attempts(higgs: CommandLine) -> list[int]:
    chunks = json.loads((higgs.folder / "talk.json").read_text())["chunks"]
    return [chunk["take"]["attempt"] for chunk in chunks]


@pytest.mark.parametrize(
    ("choose", "chosen"), [("2=1", {1: 1}), ("#1-2=3", {0: 3, 1: 3}), ("1:1=2,4=1", {0: 2, 2: 1})]
)
def test_a_choice_names_places_and_a_take(choose: str, chosen: dict[int, int]) -> None:
    assert wishes_of(None, None, None, choose).on(planned(SCRIPT)).choose == chosen


@pytest.mark.parametrize("choose", ["2", "=1", "2=", "2=0", "2=x", "2=1,4", f"2={'9' * 5000}"])
def test_a_choice_without_a_take_is_told_so(choose: str) -> None:
    with pytest.raises(UsageError, match="says no take"):
        wishes_of(None, None, None, choose)


def test_nothing_is_chosen_of_what_is_spoken_anew() -> None:
    with pytest.raises(UsageError, match="#2: --retake asks for a new take, --choose for an old"):
        wishes_of("2", None, None, "#2=1").on(planned(SCRIPT))


def test_a_chosen_take_is_heard_and_stays(higgs: CommandLine) -> None:
    render = ("render", "talk.txt")
    higgs(*render)
    first = (higgs.folder / "talk.wav").read_bytes()
    higgs(*render, "--retake", "#2")
    assert attempts(higgs) == [0, 1, 0, 0, 0]
    higgs.synthesizer = FakeSynthesizer()
    assert higgs(*render, "--choose", "2=1").exit_code == 0
    assert attempts(higgs) == [0] * 5 and higgs.synthesizer.chunks_spoken == []
    assert (higgs.folder / "talk.wav").read_bytes() == first
    ran = higgs(*render, "--retake", "1:2")
    assert ran.exit_code == 2 and "#2 on line 2 is locked" in ran.stderr
    assert higgs(*render, "--choose", "1:2=2").exit_code == 0
    assert higgs(*render).exit_code == 0
    assert attempts(higgs) == [0, 1, 0, 0, 0]


def test_a_take_that_is_not_there_is_told_before_anything_is_written(higgs: CommandLine) -> None:
    higgs("render", "talk.txt")
    ran = higgs("render", "talk.txt", "--retake", "#3", "--choose", "#2=4")
    assert ran.exit_code == 2 and "there is no take 4 of #2" in ran.stderr
    assert "there is: 1" in ran.stderr
    higgs.synthesizer = FakeSynthesizer()
    assert higgs("render", "talk.txt").exit_code == 0
    assert higgs.synthesizer.chunks_spoken == []


@pytest.mark.parametrize("way", [("talk.txt",), ("--from", "talk.json")])
def test_every_place_that_is_shown_is_taken(higgs: CommandLine, way: tuple[str, ...]) -> None:
    higgs("render", "talk.txt")
    chunk = json.loads((higgs.folder / "talk.json").read_text())["chunks"][3]
    start = chunk["start_seconds"]
    assert (chunk["number"], chunk["place"], chunk["last_place"]) == (3, "1:4", "1:4")
    times = f"0:00:{start + 0.1:04.1f}"
    for count, place in enumerate(("4", "#4", "1:4", times), 1):
        higgs.synthesizer = FakeSynthesizer()
        ran = higgs("render", *way, "--retake", place)
        assert ran.exit_code == 0, ran.stderr
        assert len(higgs.synthesizer.chunks_spoken) == 1
        assert attempts(higgs) == [0, 0, 0, count, 0]


def test_a_time_of_audio_that_was_never_rendered_is_refused(higgs: CommandLine) -> None:
    ran = higgs("render", "talk.txt", "--retake", "0:00:02")
    assert ran.exit_code == 2 and "it is not known what sounds when" in ran.stderr
    assert higgs("render", "talk.txt").exit_code == 0
    higgs.write("talk.txt", TALK.replace("number 1 ", "number one, and new, "))
    ran = higgs("render", "talk.txt", "--retake", "0:00:00")
    assert ran.exit_code == 2 and "is not in talk.txt any more" in ran.stderr


def test_the_plan_shows_places_that_can_be_given_back(higgs: CommandLine) -> None:
    ran = higgs("plan", "talk.txt")
    assert any(line.split()[:2] == ["#3", "3"] for line in ran.stdout.splitlines())
    document = json.loads(higgs("plan", "talk.txt", "--json").stdout)
    assert [chunk["place"] for chunk in document["chunks"]] == [f"1:{n}" for n in range(1, 6)]


def test_a_book_without_lines_is_told_so(higgs: CommandLine) -> None:
    higgs.write("book.html", "<html><body><h1>One</h1><p>It is here.</p><p>So.</p></body></html>")
    ran = higgs("render", "book.html", "--retake", "3")
    assert ran.exit_code == 2 and "--retake 3: book.html has no lines" in ran.stderr
    assert higgs("render", "book.html").exit_code == 0
    assert higgs("render", "book.html", "--retake", "1:2").exit_code == 0
    assert higgs("render", "--from", "book.json", "--retake", "1:2").exit_code == 0
