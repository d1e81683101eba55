"""A script is changed where a line stands in it, as its writer has it, or not at all."""

from __future__ import annotations

import codecs
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.book_files import epub
from tests.fakes import FakeSynthesizer
from tests.helpers import ROOT
from tests.studio.desks import TALK, Page, open_desk, page_of

Opened = Callable[..., Page]


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Opened]:
    """A page over a script of these bytes."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with ExitStack() as held:

        def open_page(data: bytes, name: str = "talk.txt", voices: Path | None = None) -> Page:
            Path(name).write_bytes(data)
            if voices is not None:
                monkeypatch.setenv("HIGGS_VOICES", str(voices))
            desk = open_desk(Path(name), tmp_path / "heard", FakeSynthesizer())
            held.callback(desk.close)
            return held.enter_context(page_of(desk))

        yield open_page


def rewritten(page: Page, at: int, text: str) -> None:
    line = page.lines()[at]
    seen = page.get(f"/api/books/0/lines/{line['id']}/source")["text"]
    page.post(f"/api/books/0/lines/{line['id']}/words", {"seen": seen, "text": text})


@pytest.mark.parametrize(
    ("mark", "codec", "ends"),
    [
        (b"", "utf-8", "\r\n"),
        (codecs.BOM_UTF8, "utf-8", "\n"),
        (codecs.BOM_UTF16_LE, "utf-16-le", "\r\n"),
    ],
)
def test_encoding_mark_and_line_ends_stay(
    opened: Opened, mark: bytes, codec: str, ends: str
) -> None:
    page = opened(mark + TALK.replace("\n", ends).encode(codec))
    rewritten(page, 0, "Who comes there, Zoë?")
    wanted = TALK.replace("Who is there?", "Who comes there, Zoë?").replace("\n", ends)
    assert Path("talk.txt").read_bytes() == mark + wanted.encode(codec)


def test_line_ends_of_other_lines_stay_as_they_are(opened: Opened) -> None:
    head, _, tail = TALK.partition("# Two")
    mixed = head.replace("\n", "\r\n") + "# Two" + tail
    page = opened(mixed.encode())
    rewritten(page, 1, "Nobody at all.")
    wanted = mixed.replace("Nobody. Only the Worcester lamp.", "Nobody at all.")
    assert Path("talk.txt").read_bytes() == wanted.encode()


def test_what_an_editor_has_changed_meanwhile_is_seen_and_kept(opened: Opened) -> None:
    page = opened(TALK.encode())
    line = page.lines()[0]
    Path("talk.txt").write_text(TALK.replace("It is lit", "It was lit"))
    assert page.lines(1)[0]["text"] == "It was lit."
    rewritten(page, 0, "Who comes?")
    undo = page.book()["undo"]["step"]
    Path("talk.txt").write_text(Path("talk.txt").read_text() + "Hale: One more.\n")
    assert "changed meanwhile" in page.refused("/api/books/0/undo", {"step": undo}, 409)
    assert "Hale: One more." in Path("talk.txt").read_text()
    assert page.client.get(f"/api/books/0/lines/{line['id']}").status_code == 404


def test_a_mood_stands_behind_the_name(opened: Opened, tmp_path: Path) -> None:
    library = tmp_path / "own"
    library.mkdir()
    for name in ("ann.wav", "angry.wav"):
        shutil.copy(ROOT / "voices" / "ambrose.wav", library / name)
    profile = (
        "profiles: {Ann: {audio: ann.wav, text: x, moods: {angry: {audio: angry.wav, text: y}}}}"
    )
    (library / "profile.yaml").write_text(profile)
    page = opened(b"Ann: I said no.\nAnn: And I say so again.\n", voices=library)
    line = page.lines()[0]
    assert (line["mood"], line["moods"]) == (None, ["angry"])
    body = {"seen": None, "mood": "angry"}
    page.post(f"/api/books/0/lines/{line['id']}/mood", body)
    assert Path("talk.txt").read_text().startswith("Ann (angry): I said no.\n")
    line = page.lines()[0]
    assert line["mood"] == "angry"
    told = page.refused(f"/api/books/0/lines/{line['id']}/mood", {"seen": "angry", "mood": "glad"})
    assert 'no mood "glad"' in told
    page.post(f"/api/books/0/lines/{line['id']}/mood", {"seen": "angry", "mood": None})
    assert Path("talk.txt").read_text().startswith("Ann: I said no.\n")


def test_of_a_book_that_is_no_text_file_words_are_said_otherwise_by_the_lexicon(
    opened: Opened,
) -> None:
    page = opened(epub({"a.xhtml": "<h1>One</h1><p>The Worcester lamp.</p>"}), "book.epub")
    assert "no text file" in page.book()["why_fixed"]
    before, line = Path("book.epub").read_bytes(), page.lines()[1]
    body = {"seen": line["text"], "text": "Another lamp."}
    assert "no text file" in page.refused(f"/api/books/0/lines/{line['id']}/words", body)
    page.post("/api/books/0/lexicon", {"word": "Worcester", "replacement": "Wooster"})
    assert "Wooster" in page.lines()[1]["spoken"]
    assert Path("book.epub").read_bytes() == before
