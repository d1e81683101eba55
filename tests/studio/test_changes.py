"""What is changed in the studio: words, pauses, pronunciations, voices, deliveries; and undone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers import CommandLine
from tests.studio.desks import TALK, Page, open_desk, page_of
from tests.studio.test_lines import spoken_anew


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
        page.rendered("/api/books/0/master")
        yield page
    desk.close()


def undo(page: Page) -> None:
    page.post("/api/books/0/undo", {"step": page.book()["undo"]["step"]})


def test_other_words_go_into_the_script_and_only_they_are_spoken(
    page: Page, higgs: CommandLine
) -> None:
    line = page.lines()[1]
    source = page.get(f"/api/books/0/lines/{line['id']}/source")["text"]
    assert source == "Nobody. Only the Worcester lamp."
    body = {"seen": source, "text": "Nobody. Only the Gloucester lamp."}
    now = page.post(f"/api/books/0/lines/{line['id']}/words", body)["line"]
    assert "Hale: Nobody. Only the Gloucester lamp.\n" in (higgs.folder / "talk.txt").read_text()
    assert page.lines()[1]["id"] == now and page.lines()[1]["verdict"] == "missing"
    assert page.refused(f"/api/books/0/lines/{line['id']}/words", body, 404)
    assert page.rendered("/api/books/0/master")["result"]["spoken"] == 1
    assert spoken_anew(higgs, "talk.txt") == 0
    undo(page)
    assert (higgs.folder / "talk.txt").read_text() == TALK


def test_words_that_would_break_the_script_are_refused_and_nothing_is_written(
    page: Page, higgs: CommandLine
) -> None:
    line = page.lines()[1]
    body = {"seen": line["text"], "text": "Nobody. [luagh]"}
    assert page.refused(f"/api/books/0/lines/{line['id']}/words", body)
    assert (higgs.folder / "talk.txt").read_text() == TALK
    body = {"seen": "what another tab saw", "text": "Nobody."}
    assert page.refused(f"/api/books/0/lines/{line['id']}/words", body, 409)


def test_a_pause_is_written_changed_and_taken_away(page: Page, higgs: CommandLine) -> None:
    line = page.lines()[1]
    seen = line["pause"]["seconds"]
    for seconds, written in ((1.5, "Hale: [pause 1.5] Nobody."), (2, "Hale: [pause 2] Nobody.")):
        body = {"seen": seen, "seconds": seconds}
        page.post(f"/api/books/0/lines/{line['id']}/pause", body)
        assert written in (higgs.folder / "talk.txt").read_text()
        line = page.lines()[1]
        assert line["pause"] == {"kind": "written", "seconds": seconds}
        assert line["verdict"] == "good"
        seen = seconds
    page.post(f"/api/books/0/lines/{line['id']}/pause", {"seen": seen, "seconds": None})
    assert (higgs.folder / "talk.txt").read_text() == TALK


def test_a_pronunciation_is_heard_before_and_after_and_then_holds_for_the_book(
    page: Page, higgs: CommandLine
) -> None:
    line = page.lines()[1]
    body = {"line": line["id"], "word": "Worcester", "replacement": "Wooster"}
    task = page.rendered("/api/books/0/lexicon/preview", body)
    labels = {each["label"]: each["sound"] for each in task["result"]}
    sounds = [page.client.get(f"/api/heard/{labels[each]}").content for each in ("before", "after")]
    assert sounds[0] != sounds[1] and all(each[:4] == b"RIFF" for each in sounds)
    said = page.post("/api/books/0/lexicon", {"word": "Worcester", "replacement": "Wooster"})
    assert said == {"places": 1}
    assert page.lines()[1]["spoken"] == "Nobody. Only the Wooster lamp."
    other = {"word": "worcester", "replacement": "Worster"}
    assert page.refused("/api/books/0/lexicon", {**other, "seen": None}, 409)
    page.post("/api/books/0/lexicon", {**other, "seen": "Wooster"})
    assert "Worster" in page.lines()[1]["spoken"]
    undo(page)
    assert page.rendered("/api/books/0/master")["result"]["spoken"] == 1
    assert spoken_anew(higgs, "talk.txt", "--lexicon", "talk.lexicon.yaml") == 0
    assert spoken_anew(higgs, "--from", "talk.json") == 0
    undo(page)
    assert not (higgs.folder / "talk.lexicon.yaml").exists()
    assert page.lines()[1]["verdict"] == "good" and page.lines()[1]["spoken"] is None


def test_another_voice_costs_what_is_told_and_holds_for_the_whole_book(
    page: Page, higgs: CommandLine
) -> None:
    cast = page.get("/api/books/0/cast")
    hale = next(each for each in cast["members"] if each["speaker"] == "Hale")
    assert (hale["voice"], hale["lines"]) == ("grimsby", 2) and hale["sample"]
    body = {"speaker": "Hale", "voice": "tobias"}
    cost = page.post("/api/books/0/cast/cost", body)
    assert (cost["chunks"], cost["others"]) == (2, 0) and cost["minutes"] > 0
    asked = {"speaker": "Hale", "voices": ["grimsby", "tobias"]}
    heard = page.rendered("/api/books/0/cast/audition", asked)["result"]
    assert [each["label"] for each in heard] == ["grimsby", "tobias"]
    assert page.refused("/api/books/0/cast", {**body, "seen": "juniper"}, 409)
    page.post("/api/books/0/cast", {**body, "seen": "grimsby"})
    assert page.rendered("/api/books/0/master")["result"]["spoken"] == 2
    assert spoken_anew(higgs, "talk.txt", "--cast", "talk.cast.yaml") == 0
    page.post("/api/books/0/cast", {"speaker": "Hale", "voice": "fergus", "seen": "tobias"})
    assert '"fergus"' in (higgs.folder / "talk.cast.yaml").read_text()
    undo(page)
    undo(page)
    assert not (higgs.folder / "talk.cast.yaml").exists()
    assert {line["verdict"] for line in page.lines()} == {"good"}


@pytest.mark.parametrize("voice", ["../../etc/passwd.wav", "/etc/hosts", "nobody", "a.wav"])
def test_no_path_of_a_client_is_a_voice(page: Page, voice: str) -> None:
    body = {"speaker": "Hale", "voice": voice}
    assert "no voice is called" in page.refused("/api/books/0/cast/cost", body)


@pytest.mark.parametrize("kind", ["m4b", "mp3", "epub", "chapters", "acx", "flac"])
def test_every_delivery_is_made_of_the_same_takes(
    page: Page, higgs: CommandLine, kind: str
) -> None:
    task = page.rendered(f"/api/books/0/exports/{kind}")
    assert task["state"] == "done", task["error"]
    assert task["result"]["spoken"] == 0
    exports = {each["kind"]: each for each in page.get("/api/books/0/exports")}
    assert len(exports[kind]["files"]) == (2 if kind in ("chapters", "acx") else 1)
    sent = page.client.get(f"/api/books/0/exports/{kind}/0")
    folder = higgs.folder / exports[kind]["folder"]
    assert sent.content == (folder / exports[kind]["files"][0]).read_bytes()
    assert page.client.get(f"/api/books/0/exports/{kind}/7").status_code == 404
    assert spoken_anew(higgs, "talk.txt") == 0


def test_a_manifest_alone_has_takes_to_choose_and_nothing_to_rewrite(
    page: Page, higgs: CommandLine, tmp_path: Path
) -> None:
    (higgs.folder / "talk.txt").rename(higgs.folder / "elsewhere.txt")
    desk = open_desk(Path("talk.json"), tmp_path / "heard2", higgs.synthesizer)
    with page_of(desk) as alone:
        assert "manifest" in alone.book()["why_fixed"]
        line = alone.lines()[0]
        alone.rendered(f"/api/books/0/lines/{line['id']}/retake", {"seen": line["seen"]})
        line = alone.lines()[0]
        assert (line["used"], len(line["takes"])) == (1, 2)
        body = {"seen": line["text"], "text": "No."}
        assert alone.refused(f"/api/books/0/lines/{line['id']}/words", body)
        assert alone.rendered("/api/books/0/master")["result"]["spoken"] == 0
        assert spoken_anew(higgs, "--from", "talk.json") == 0
        assert '"take": 2, "is_used": true' in " ".join(
            higgs("play", "talk.wav", "#1", "--json").stdout.split()
        )
        sent = alone.rendered("/api/books/0/exports/mp3")
        assert sent["state"] == "done", sent["error"]
    desk.close()


def test_a_manifest_is_opened_with_its_script_and_settings(
    page: Page, higgs: CommandLine, tmp_path: Path
) -> None:
    page.post("/api/books/0/lexicon", {"word": "Worcester", "replacement": "Wooster"})
    page.rendered("/api/books/0/master")
    desk = open_desk(Path("talk.json"), tmp_path / "heard2", higgs.synthesizer)
    with page_of(desk) as again:
        assert again.book()["why_fixed"] is None
        assert again.book()["totals"]["missing"] == 0
        assert again.lines()[1]["spoken"] == "Nobody. Only the Wooster lamp."
    desk.close()


def test_a_folder_is_a_shelf_of_books(page: Page, higgs: CommandLine, tmp_path: Path) -> None:
    higgs.write("other.txt", "A book without a speaker.\n")
    desk = open_desk(Path(), tmp_path / "heard2", higgs.synthesizer)
    with page_of(desk) as shelf:
        assert [each["name"] for each in shelf.get("/api/books")] == ["other.txt", "talk.txt"]
        assert shelf.get("/api/books/0")["totals"]["missing"] == 1
        assert shelf.get("/api/books/1")["totals"]["missing"] == 0
    desk.close()
