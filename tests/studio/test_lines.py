"""The studio shows lines with verdicts and takes, and what is decided there a render goes by."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers import CommandLine
from tests.studio.desks import TALK, Page, open_desk, page_of


@pytest.fixture
def higgs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path.parent / "cache"))
    higgs = CommandLine(tmp_path, monkeypatch, capsys)
    higgs.write("talk.txt", TALK)
    return higgs


@pytest.fixture
def page(higgs: CommandLine, tmp_path: Path) -> Iterator[Page]:
    desk = open_desk(Path("talk.txt"), tmp_path / "heard", higgs.synthesizer)
    with page_of(desk) as page:
        yield page
    desk.close()


def spoken_anew(higgs: CommandLine, *argv: str) -> int:
    """How many chunks a render of the command line speaks."""
    before = len(higgs.synthesizer.chunks_spoken)
    ran = higgs("render", *argv)
    assert ran.exit_code == 0, ran.stderr
    return len(higgs.synthesizer.chunks_spoken) - before


def test_a_book_that_was_never_rendered_shows_its_lines_as_missing(page: Page) -> None:
    book = page.book()
    assert book["title"] == "The Lamp"
    assert [chapter["title"] for chapter in book["chapters"]] == ["One", "Two"]
    assert book["totals"]["missing"] == book["totals"]["lines"] == 5
    assert [line["speaker"] for line in page.lines()] == ["Elena", "Hale", "Elena"]
    assert {line["verdict"] for line in page.lines()} == {"missing"}
    assert page.lines()[1]["text"] == "Nobody. Only the Worcester lamp."


def test_a_chapter_is_spoken_and_the_rest_waits(page: Page) -> None:
    task = page.rendered("/api/books/0/chapters/0/speak")
    assert task["state"] == "done" and task["result"] == {"spoken": 3}
    assert {line["verdict"] for line in page.lines(0)} == {"good"}
    assert {line["verdict"] for line in page.lines(1)} == {"missing"}


def test_a_render_after_the_studio_speaks_nothing(page: Page, higgs: CommandLine) -> None:
    assert page.rendered("/api/books/0/master")["state"] == "done"
    assert (higgs.folder / "talk.wav").is_file()
    assert spoken_anew(higgs, "talk.txt") == 0
    assert spoken_anew(higgs, "--from", "talk.json") == 0


def test_another_take_is_heard_and_an_earlier_one_can_be_chosen(
    page: Page, higgs: CommandLine
) -> None:
    page.rendered("/api/books/0/master")
    line = page.lines()[0]
    task = page.rendered(f"/api/books/0/lines/{line['id']}/retake", {"seen": line["seen"]})
    assert task["result"] == {"spoken": 1}
    line = page.lines()[0]
    assert (line["used"], len(line["takes"])) == (1, 2)
    body = {"seen": line["seen"], "attempt": 0}
    chosen = page.post(f"/api/books/0/lines/{line['id']}/choose", body)
    assert (chosen["used"], chosen["is_locked"]) == (0, True)
    again = page.refused(f"/api/books/0/lines/{line['id']}/retake", {"seen": chosen["seen"]})
    assert "locked" in again
    assert spoken_anew(higgs, "talk.txt") == 0
    listed = higgs("play", "talk.wav", "#1", "--json").stdout
    assert '"take": 1, "is_used": true' in " ".join(listed.split())


def test_steps_are_undone_the_last_first(page: Page) -> None:
    page.rendered("/api/books/0/chapters/0/speak")
    line = page.lines()[0]
    page.rendered(f"/api/books/0/lines/{line['id']}/retake", {"seen": line["seen"]})
    page.post(f"/api/books/0/lines/{line['id']}/lock", {"seen": page.lines()[0]["seen"]})
    assert page.lines()[0]["is_locked"]
    for locked, used in ((False, 1), (False, 0)):
        page.post("/api/books/0/undo", {"step": page.book()["undo"]["step"]})
        line = page.lines()[0]
        assert (line["is_locked"], line["used"]) == (locked, used)
    assert page.book()["undo"] is None


def test_what_another_tab_has_decided_is_never_overwritten(page: Page) -> None:
    page.rendered("/api/books/0/chapters/0/speak")
    line = page.lines()[0]
    page.post(f"/api/books/0/lines/{line['id']}/lock", {"seen": line["seen"]})
    told = page.refused(f"/api/books/0/lines/{line['id']}/unlock", {"seen": line["seen"]}, 409)
    assert "changed meanwhile" in told and page.lines()[0]["is_locked"]
    assert page.refused("/api/books/0/undo", {"step": 77}, 409)


def test_a_decision_is_written_beside_a_running_render_and_a_retake_says_who_renders(
    page: Page, higgs: CommandLine
) -> None:
    from higgs_cli.takes.lock import store_held

    page.rendered("/api/books/0/chapters/0/speak")
    line = page.lines()[0]
    with store_held(higgs.folder / "talk.higgs"):
        locked = page.post(f"/api/books/0/lines/{line['id']}/lock", {"seen": line["seen"]})
        assert locked["is_locked"]
        other = page.lines()[1]
        task = page.rendered(f"/api/books/0/lines/{other['id']}/retake", {"seen": other["seen"]})
        assert task["state"] == "failed" and "another higgs" in task["error"]


def test_takes_sound_and_parts_of_them_can_be_asked_for(page: Page) -> None:
    page.rendered("/api/books/0/chapters/0/speak")
    line = page.lines()[0]
    address = f"/api/books/0/lines/{line['id']}/takes/0"
    whole = page.client.get(f"{address}/sound.wav")
    assert whole.content[:4] == b"RIFF" and whole.headers["accept-ranges"] == "bytes"
    part = page.client.get(f"{address}/sound.wav", headers={"Range": "bytes=44-143"})
    assert part.status_code == 206 and part.content == whole.content[44:144]
    assert part.headers["content-range"] == f"bytes 44-143/{len(whole.content)}"
    beyond = page.client.get(f"{address}/sound.wav", headers={"Range": "bytes=99999999-"})
    assert beyond.status_code == 416
    shape = page.get(f"{address}/shape")
    assert [word for word, _, _ in shape["words"]] == ["Who", "is", "there?"]
    assert shape["wave"].startswith("M0 ") and shape["times"] == "plan and pauses"
    gone = page.client.get(f"/api/books/0/lines/{line['id']}/takes/9/sound.wav")
    assert gone.status_code == 404


def test_exceptions_are_told_with_their_findings(page: Page, higgs: CommandLine) -> None:
    higgs.synthesizer.mishap = lambda chunk, attempt: "clipping" if "lit" in chunk.text else None
    page.rendered("/api/books/0/chapters/1/speak")
    line = page.lines(1)[0]
    assert line["is_exception"] and line["findings"], line
    assert page.book()["totals"]["exceptions"] == 1


def test_a_task_is_stopped_at_its_next_chunk_and_what_was_spoken_stays(
    page: Page, higgs: CommandLine
) -> None:
    higgs.synthesizer.seconds_per_chunk = 0.4
    higgs.synthesizer.lane_count = 1
    first = page.post("/api/books/0/chapters/0/speak")["number"]
    second = page.post("/api/books/0/chapters/1/speak")["number"]
    while not any(line["verdict"] == "good" for line in page.lines(0)):
        pass
    page.post(f"/api/tasks/{second}/stop")
    state = page.post(f"/api/tasks/{first}/stop")
    while any(task["state"] == "running" for task in state["tasks"]):
        state = page.get("/api/state")
    assert [task["state"] for task in state["tasks"]] == ["stopped", "stopped"]
    verdicts = [line["verdict"] for line in page.lines(0)]
    assert "good" in verdicts and "missing" in verdicts
    assert page.rendered("/api/books/0/chapters/0/speak")["result"]["spoken"] < 3
