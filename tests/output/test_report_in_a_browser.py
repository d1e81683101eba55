"""The report in a real browser: it plays what is pressed, on a desk and on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser import CHROMIUM, DESK, PHONE, chromium, opened, waited
from tests.fakes import FakeSynthesizer
from tests.helpers import CommandLine

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
]
SCRIPT = "".join(
    f"# Chapter {chapter}\n\n"
    + "".join(f"This is what line number {line} says, and it says so.\n\n" for line in range(12))
    + "Then one thing went wrong, as things do in every book.\n\n"
    for chapter in (1, 2)
)


@pytest.fixture
def report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    higgs = CommandLine(tmp_path, monkeypatch, capsys)
    higgs.write("a b.md", SCRIPT)
    higgs.synthesizer = FakeSynthesizer(
        mishap=lambda chunk, attempt: "clipping" if "wrong" in chunk.text else None
    )
    assert higgs("render", "a b.md", "--report", "a b.html").exit_code == 1
    return tmp_path / "a b.html"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium(playwright) as opened_browser:
        yield opened_browser


@pytest.mark.parametrize("size", [DESK, PHONE])
def test_an_exception_is_heard_where_it_is_pressed(
    browser: Any, report: Path, size: tuple[int, int]
) -> None:
    page, seen = opened(browser, report, size)
    waited(page, "audio.duration > 60")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    card = page.locator("#exceptions .card").nth(1)
    start, end = (float(card.get_attribute(f"data-{edge}")) for edge in ("from", "to"))
    card.locator("button").click()
    waited(page, f"audio.currentTime > {start}")
    waited(page, "now.textContent.includes('went wrong')")
    waited(page, f"audio.paused && audio.currentTime >= {end}")
    page.locator(".picture").first.click()
    waited(page, "!audio.paused")
    assert page.evaluate("audio.currentTime") < start
    assert {Path(each).name for each in seen} == {"a%20b.html", "a%20b.wav"}
    page.close()


def test_keys_go_from_one_exception_to_the_next(browser: Any, report: Path) -> None:
    page, _ = opened(browser, report, DESK)
    waited(page, "audio.duration > 60")
    starts = [
        float(each.get_attribute("data-from")) for each in page.locator("#exceptions .card").all()
    ]
    for start in starts:
        page.keyboard.press("n")
        waited(page, f"Math.abs(audio.currentTime - {start}) < 2")
    page.keyboard.press("p")
    waited(page, f"Math.abs(audio.currentTime - {starts[-2]}) < 2")
    page.close()


def test_without_its_audio_the_page_says_what_it_needs(browser: Any, report: Path) -> None:
    report.with_suffix(".wav").unlink()
    page, _ = opened(browser, report, DESK)
    waited(page, "now.textContent.includes('a b.wav')")
    page.close()


def test_it_prints_without_buttons(browser: Any, report: Path) -> None:
    page, _ = opened(browser, report, DESK)
    page.emulate_media(media="print")
    assert page.locator(".player").is_hidden()
    assert page.locator("#exceptions .card").first.is_visible()
    assert page.pdf(format="A4").startswith(b"%PDF")
    page.close()
