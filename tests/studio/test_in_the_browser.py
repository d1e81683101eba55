"""A book from its script to finished files in the page alone, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from higgs_cli.studio.desk import Desk
from tests.helpers import CommandLine
from tests.studio.browser import answering, chromium, needs_chromium
from tests.studio.desks import TALK, open_desk
from tests.studio.test_lines import spoken_anew

pytestmark = pytest.mark.slow
SERIOUS = ("serious", "critical")


@pytest.fixture
def higgs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    needs_chromium()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path.parent / "cache"))
    higgs = CommandLine(tmp_path, monkeypatch, capsys)
    higgs.write("talk.txt", TALK)
    higgs.synthesizer.mishap = lambda chunk, attempt: (
        "clipping" if "road tonight" in chunk.text and attempt < 4 else None
    )
    return higgs


@pytest.fixture
def desk(higgs: CommandLine, tmp_path: Path) -> Iterator[Desk]:
    desk = open_desk(Path("talk.txt"), tmp_path / "heard", higgs.synthesizer)
    yield desk
    desk.close()


def opened(context: Any, address: str) -> Any:
    """A tab, and what its script finds fault with."""
    tab = context.new_page()
    tab.faults = []
    tab.on("pageerror", lambda error: tab.faults.append(str(error)))
    tab.on(
        "console",
        lambda said: tab.faults.append(said.text) if "Content Security" in said.text else None,
    )
    tab.goto(address)
    tab.wait_for_selector(".row")
    return tab


def row(tab: Any, number: int) -> Any:
    return tab.locator("#lines > .row").nth(number - 1)


def told(tab: Any, text: str) -> None:
    tab.locator("#messages .message", has_text=text).first.wait_for()


def test_a_book_is_taken_from_script_to_finished_file_in_the_page(
    desk: Desk, higgs: CommandLine
) -> None:
    with answering(desk) as address, chromium() as context:
        tab = opened(context, address)
        assert "token" not in tab.url
        assert row(tab, 1).locator(".verdict").inner_text() == "missing"
        for step in (make, mend_the_exception, retake_and_compare, lock, say_otherwise, rewrite):
            step(tab)
        recast(tab)
        tab.get_by_role("button", name="Make the book").click()
        told(tab, "talk.wav written: 2 chunks spoken now")
        export(tab)
        assert tab.faults == []
    options = ("--cast", "talk.cast.yaml", "--lexicon", "talk.lexicon.yaml")
    assert spoken_anew(higgs, "talk.txt", *options) == 0
    assert spoken_anew(higgs, "--from", "talk.json") == 0


def make(tab: Any) -> None:
    tab.get_by_role("button", name="Make the book").click()
    told(tab, "talk.wav written: 5 chunks spoken now, 1 lines to be listened to")
    assert row(tab, 3).locator(".verdict").first.inner_text() == "failed"


def mend_the_exception(tab: Any) -> None:
    tab.keyboard.press("n")
    tab.wait_for_selector(".row.now")
    tab.keyboard.press("r")
    row(tab, 3).filter(has_text="good").wait_for()


def retake_and_compare(tab: Any) -> None:
    tab.keyboard.press("k")
    tab.keyboard.press("k")
    tab.get_by_role("button", name="Play take 1").click()
    tab.wait_for_selector(".row.now .word.said")
    tab.keyboard.press("r")
    told(tab, "#1: take 2 was spoken")
    assert "Take 2, used" in row(tab, 1).inner_text()
    tab.keyboard.press("c")
    tab.locator("#dialog [data-hear=a]").wait_for()
    tab.keyboard.press("a")
    tab.keyboard.press("b")
    tab.get_by_label("Blind").uncheck()
    tab.locator("#dialog").get_by_role("button", name="Use take 1").click()
    told(tab, "Take 1 is used from now on")


def lock(tab: Any) -> None:
    assert "locked" in row(tab, 1).inner_text()  # as what was chosen
    tab.keyboard.press("l")
    row(tab, 1).filter(has_not_text="locked").wait_for()
    tab.keyboard.press("l")
    row(tab, 1).filter(has_text="locked").wait_for()


def say_otherwise(tab: Any) -> None:
    tab.keyboard.press("j")
    tab.keyboard.press("f")
    row(tab, 2).locator(".word", has_text="Worcester").click()
    tab.keyboard.press(" ")  # a pause
    tab.keyboard.press("w")
    assert tab.get_by_label("Word", exact=True).input_value() == "Worcester"
    tab.get_by_label("Said as").fill("Wooster")
    tab.get_by_role("button", name="Hear before and after").click()
    tab.get_by_role("button", name="Hear before", exact=True).click()
    tab.get_by_role("button", name="Hear after", exact=True).click()
    tab.get_by_role("button", name="Keep for the book").click()
    told(tab, "is said so in 1 line")
    assert "Wooster" in row(tab, 2).inner_text()


def rewrite(tab: Any) -> None:
    tab.keyboard.press("e")
    words = "Nobody at all. Only the Worcester lamp."
    tab.get_by_role("textbox", name="Text of #2").fill(words)
    tab.get_by_role("button", name="Write").click()
    told(tab, "Written into the script")
    assert "Nobody at all" in row(tab, 2).inner_text()
    tab.keyboard.press("r")
    row(tab, 2).filter(has_text="good").wait_for()


def recast(tab: Any) -> None:
    tab.keyboard.press("g")
    hale = tab.locator("[data-speaker=Hale]")
    hale.get_by_role("button", name="Audition of Hale").click()
    hale.get_by_role("button", name="Hear them on a line of their own").click()
    hale.get_by_role("button", name="Hear grimsby").click()
    hale.get_by_label("Voice", exact=True).select_option("tobias")
    hale.get_by_text("chunks would be spoken again").wait_for()
    hale.get_by_role("button", name="Cast tobias as Hale").click()
    told(tab, "Hale speaks with tobias")
    tab.keyboard.press("Escape")


def export(tab: Any) -> None:
    tab.keyboard.press("o")
    tab.locator("[data-export=m4b]").click()
    tab.get_by_role("link", name="talk.m4b").wait_for()
    with tab.expect_download() as download:
        tab.get_by_role("link", name="talk.m4b").click()
    assert Path(download.value.path()).stat().st_size > 1000
    tab.keyboard.press("Escape")


def test_two_tabs_never_lose_a_choice(desk: Desk, higgs: CommandLine) -> None:
    assert higgs("render", "talk.txt").exit_code in (0, 1)
    with answering(desk) as address, chromium() as context:
        first, second = opened(context, address), opened(context, address)
        second.route("**/api/news", lambda route: route.abort())  # it hears nothing
        second.reload()
        second.wait_for_selector(".row")
        second.evaluate("setInterval = () => 0")
        for tab in (first, second):
            tab.keyboard.press("j")
        first.keyboard.press("l")
        row(first, 1).filter(has_text="locked").wait_for()
        second.keyboard.press("l")
        second.locator("#messages", has_text="changed meanwhile").wait_for()
        row(second, 1).filter(has_text="locked").wait_for()
        second.keyboard.press("u")
        second.locator("#messages", has_text="Undone").wait_for()
        row(first, 1).filter(has_not_text="locked").wait_for()


def test_only_the_exceptions_are_played_one_after_another(desk: Desk, higgs: CommandLine) -> None:
    assert higgs("render", "talk.txt").exit_code in (0, 1)
    with answering(desk) as address, chromium() as context:
        tab = opened(context, address)
        tab.keyboard.press("x")
        row(tab, 2).wait_for(state="detached")
        tab.keyboard.press(" ")
        tab.wait_for_selector(".row.now")
        assert "road tonight" in row(tab, 1).inner_text()
        tab.keyboard.press("x")
        row(tab, 3).wait_for()


def test_a_render_beside_the_studio_is_seen_as_it_goes_on(desk: Desk, higgs: CommandLine) -> None:
    from tests.helpers import start_fake

    with answering(desk) as address, chromium() as context:
        tab = opened(context, address)
        command = ("render", "talk.txt", "-o", "talk.wav")
        child = start_fake(higgs.folder, *command, options="seconds_per_chunk=1.5, lane_count=1")
        tab.locator("#tasks", has_text="Another process").wait_for()
        row(tab, 1).filter(has_text="good").wait_for()
        tab.keyboard.press("j")
        tab.keyboard.press("l")
        row(tab, 1).filter(has_text="locked").wait_for()
        child.communicate(timeout=120)
        tab.locator("#tasks", has_text="Another process").wait_for(state="detached")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 820, 390])
def test_nothing_serious_stands_in_the_way_of_anybody(
    desk: Desk, higgs: CommandLine, width: int, scheme: str
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="no axe is installed")
    assert higgs("render", "talk.txt").exit_code in (0, 1)
    with answering(desk) as address, chromium(width, 800, scheme) as context:
        tab = opened(context, address)
        wide = tab.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, f"{wide} px do not fit"
        for keys in ("jjj", "?", "g", "o", "d", "w", "c"):
            if len(keys) == 1:
                tab.keyboard.press("Escape")
            for key in keys:
                tab.keyboard.press(key)
            if keys != "jjj":
                tab.locator("#dialog-body > *").first.wait_for()
            found = axe.Axe().run(tab).response["violations"]
            bad = [each["id"] for each in found if each["impact"] in SERIOUS]
            assert bad == [], f"after {keys}: {bad}"
