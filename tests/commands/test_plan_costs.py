"""What a plan says an edited manuscript costs: minutes to speak, disk, and when it will be done."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from higgs_cli.jobs.disk_need import audio_bytes
from higgs_cli.planning.measured_rate import remember_rate
from higgs_cli.settings.views import Delivery
from higgs_cli.terminal.plan_view import end_time
from tests.book_files import epub_files, page, zipped
from tests.helpers import CommandLine
from tests.planning.planning_fixtures import planned

WORDS = "It was a dark night, and the lamp burned low in the wind. "
BOOK = "\n\n".join(f"# Part {number}\n\n{WORDS * 6}" for number in range(1, 5))


@pytest.fixture
def higgs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    command = CommandLine(tmp_path, monkeypatch, capsys)
    command.write("book.txt", BOOK)
    return command


def totals(higgs: CommandLine, *arguments: str) -> dict[str, Any]:
    ran = higgs("plan", *arguments, "--json")
    assert ran.exit_code == 0, ran.stderr
    return dict(json.loads(ran.stdout)["totals"])


def test_an_edited_manuscript_costs_what_was_edited(higgs: CommandLine) -> None:
    remember_rate("mini", "auto", 4.0)
    before = totals(higgs, "book.txt", "-o", "book.wav")
    assert before["missing_seconds"] > 60
    assert before["render_seconds"] == pytest.approx(before["missing_seconds"] / 4, abs=0.1)
    shown = higgs("plan", "book.txt", "-o", "book.wav").stdout
    assert re.search(r"to be spoken: \d+ \(\d+ not rendered yet\), \d min \d+ s of speech", shown)
    assert re.search(r"disk: about \d+ MB \(\d+ MB takes, \d+ MB sounds, \d+ MB audio\)", shown)
    assert re.search(r"here \(4.0 times real time before\): begun now, it ends at \d\d:\d\d", shown)


def test_what_is_stored_costs_nothing_again_but_its_audio(
    higgs: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = totals(higgs, "book.txt", "-o", "book.wav")
    assert higgs("render", "book.txt", "-o", "book.wav", "--model", "mini").exit_code == 0
    from higgs_cli import pipeline
    from higgs_cli.jobs import book as jobs_book

    identity = higgs.synthesizer.description.identity

    class Here:
        name = "fake"

        def identity(self, choice: object) -> object:
            return identity

        def abilities(self) -> None:
            return None

    for module in (jobs_book, pipeline):
        monkeypatch.setattr(module, "checkpoint_here", lambda choice: Here())
    assert totals(higgs, "book.txt", "-o", "book.wav")["missing_seconds"] == 0
    higgs.write("new.txt", BOOK.replace("# Part 3\n\nIt was", "# Part 3\n\nThere was"))
    edited = totals(higgs, "new.txt", "-o", "book.wav")
    assert 0 < edited["missing_seconds"] < before["missing_seconds"] / 3
    assert edited["disk_bytes"] < before["disk_bytes"] * 0.7


def test_each_format_is_counted_at_its_own_size() -> None:
    plan = planned("[SPEAKER0] One thing is said.\n\n[SPEAKER1] Another is.\n")

    def rate(*names: str, **delivery: Any) -> float:
        paths = [Path(name) for name in names]
        return audio_bytes(paths, plan, Delivery(**delivery)) / plan.audio_seconds

    assert rate("a.wav") == pytest.approx(48_000, abs=1)
    assert rate("a.wav", sample_format="pcm24") == pytest.approx(72_000, abs=1)
    assert rate("a.mp3") == pytest.approx(24_000, abs=1)
    assert rate("a.m4b", "a.opus", "a.epub") == pytest.approx(24_000, abs=1)
    assert rate("a.flac") == pytest.approx(24_000, abs=1)
    assert rate("a.mp3", "a.wav") == pytest.approx(72_000, abs=1)
    assert rate("a.wav", stems=True) == pytest.approx(3 * 48_000, abs=1), "one for each speaker"
    each = rate("a.wav", stems=True, per_chapter=True)
    assert each == pytest.approx(3 * 48_000, abs=1), "both speak in its only chapter"
    assert rate("a.mp3", stems=True) == pytest.approx(48_000, abs=1), "FLAC packs silence"


def test_several_outputs_are_planned_together(higgs: CommandLine) -> None:
    one = totals(higgs, "book.txt", "-o", "book.wav")["disk_bytes"]
    two = totals(higgs, "book.txt", "-o", "book.wav", "-o", "book.mp3")["disk_bytes"]
    assert two > one


def test_an_end_on_another_day_has_its_date() -> None:
    evening = datetime(2026, 11, 29, 22, 30)
    assert end_time(3600, evening) == "23:30"
    assert end_time(3 * 3600, evening) == "01:30 on 2026-11-30"
    assert "calendars" in end_time(1e15, evening)


def test_a_cover_of_the_book_that_nobody_can_show_is_told_of(higgs: CommandLine) -> None:
    metadata = '<meta name="cover" content="c"/>'
    items = '<item id="c" href="cover.jpg" media-type="image/jpeg"/>'
    pages = {"one": page("<h1>One</h1><p>It was a dark night.</p>")}
    files = epub_files(pages, metadata=metadata, items=items)
    (higgs.folder / "lamp.epub").write_bytes(zipped({**files, "OEBPS/cover.jpg": b"no picture"}))
    for verb in (("plan",), ("render", "--dry-run"), ("render",)):
        ran = higgs(*verb, "lamp.epub", "-o", "lamp.wav")
        assert ran.exit_code == 0, ran.stderr
        said = "lamp.epub: its own cover: neither a JPEG nor a PNG picture, so no file has one"
        assert ran.stderr.count(said) == 1, ran.stderr


def test_a_plan_refuses_what_a_file_a_chapter_cannot_be(higgs: CommandLine) -> None:
    higgs.write("book.md", "# One\n\nIt was late.\n\n# Two\n\nNobody came.\n")
    assert higgs("plan", "book.md", "-o", "book.wav", "--per-chapter", "--stems").exit_code == 0
    ran = higgs("plan", "book.md", "-o", "book.epub", "--per-chapter")
    assert ran.exit_code == 2 and "does not go with --per-chapter" in ran.stderr
