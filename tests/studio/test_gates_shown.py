"""What the gates say of takes stands at their lines, and a retake is held to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands.test_gates import Listen, listen
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
