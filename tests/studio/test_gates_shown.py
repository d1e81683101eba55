"""What the gates say of takes stands at their lines, and a retake is held to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from higgs_cli.checks.gate_sources import GateSources
from higgs_cli.jobs import gates as job_gates
from higgs_cli.listening.listener import ListenerSource
from tests.commands.test_gates import Listen, listen
from tests.fake_ears import MODULE
from tests.helpers import CommandLine
from tests.rendering.test_render_loop import mishap_at
from tests.studio.desks import TALK, Page, open_desk, page_of

__all__ = ["listen"]


@pytest.fixture
def page(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    listen: Listen,
) -> Iterator[Page]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    higgs = CommandLine(tmp_path, monkeypatch, capsys)
    higgs.write("talk.txt", TALK)
    higgs.synthesizer.mishap = mishap_at("road tonight", "dropped", attempts=4)
    desk = open_desk(Path("talk.txt"), tmp_path / "heard", higgs.synthesizer)
    with page_of(desk) as page:
        yield page
    desk.close()


def test_words_that_were_not_heard_are_told_at_their_line(page: Page) -> None:
    task = page.rendered("/api/books/0/chapters/0/speak")
    assert task["state"] == "done", task["error"]
    line = page.lines()[2]
    assert line["is_exception"] and line["findings"][0]["check"] == "words", line
    assert page.book()["totals"]["exceptions"] == 1
    for _ in range(4):
        line = page.lines()[2]
        page.rendered(f"/api/books/0/lines/{line['id']}/retake", {"seen": line["seen"]})
    assert page.lines()[2]["verdict"] == "good"


def test_words_are_marked_when_they_were_heard_and_the_line_says_so(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = "Then light it, and let us see who else came along the road tonight."
    source = ListenerSource(MODULE, "reading-1", {"reads": said}, "a reader")
    monkeypatch.setattr(job_gates, "gate_sources", lambda *_: GateSources({"words": source}))
    page.rendered("/api/books/0/chapters/0/speak")
    who, _, light = page.lines()[:3]
    shape = page.get(f"/api/books/0/lines/{light['id']}/takes/{light['used']}/shape")
    assert shape["times"] == "heard" and " ".join(word for word, _, _ in shape["words"]) == said
    assert [end for _, _, end in shape["words"]] == sorted(end for _, _, end in shape["words"])
    shape = page.get(f"/api/books/0/lines/{who['id']}/takes/{who['used']}/shape")
    assert shape["times"] == "plan and pauses", "too short to be compared, or heard otherwise"
