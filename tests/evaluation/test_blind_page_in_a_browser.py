"""The blind page in a real browser: answered by keys on a desk and by touch on a phone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from higgs_cli.evaluation.blind.answers import read_answers
from higgs_cli.evaluation.blind.page import blind_page
from higgs_cli.evaluation.blind.trials import Trial, chosen_trials
from higgs_cli.evaluation.compared import Pairing, paired
from tests.browser import CHROMIUM, DESK, PHONE, chromium, opened, waited
from tests.evaluation.test_blind import side

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium(playwright) as started:
        yield started


@pytest.fixture(scope="module")
def pairing() -> Pairing:
    return paired(side("old", 0.05, seconds=1.0), side("new", 0.2, seconds=1.0))


@pytest.fixture(scope="module")
def trials(pairing: Pairing) -> list[Trial]:
    return chosen_trials(pairing.pairs, 4, 0)


@pytest.fixture
def page_file(tmp_path: Path, trials: list[Trial]) -> Path:
    path = tmp_path / "which one.html"
    path.write_bytes(blind_page(trials, lambda text: None))
    return path


def saved(page: Any, folder: Path) -> Path:
    with page.expect_download() as download:
        page.locator("#save").click()
    assert download.value.suggested_filename == "answers.json"
    path = folder / "answers.json"
    download.value.save_as(path)
    return path


def test_keys_alone_answer_every_pair_and_the_answers_can_be_read(
    browser: Any, page_file: Path, trials: list[Trial], pairing: Pairing, tmp_path: Path
) -> None:
    page, seen = opened(browser, page_file, DESK)
    for number, trial in enumerate(trials, 1):
        assert page.locator("#count").text_content() == f"Pair {number} of 4"
        assert page.locator("#text").text_content() == trial.pair.text
        page.keyboard.press("ArrowRight")  # too early: nothing was heard
        page.keyboard.press("1")
        waited(page, "heard[0] && playing === null")
        page.keyboard.press("ArrowRight")
        assert page.evaluate("answers.size") == number - 1
        page.keyboard.press("Space")
        waited(page, "heard[1]")
        page.keyboard.press("ArrowLeft" if trial.is_swapped else "ArrowRight")
    assert page.locator("#said").text_content() == "4 of 4 pairs answered."
    rows = read_answers([saved(page, tmp_path)], pairing).rows
    assert [(row.name, row.wins) for row in rows] == [("old", 0), ("new", 4)]
    assert {Path(each).name for each in seen if not each.startswith("blob:")} == {
        "which%20one.html"
    }
    page.close()


def test_a_phone_answers_by_touch_goes_back_and_may_stop(
    browser: Any, page_file: Path, trials: list[Trial], tmp_path: Path
) -> None:
    page, _ = opened(browser, page_file, PHONE)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for button in page.locator("main:not([hidden]) button").all():
        assert button.bounding_box()["height"] >= 44
    for choice in ("#first", "#same"):
        assert page.locator(choice).is_disabled()
        for which, place in (("#play1", 0), ("#play2", 1)):
            page.locator(which).click()
            waited(page, f"heard[{place}] && playing === null")
        page.locator(choice).click()
    page.locator("#back").click()
    assert page.locator("#same").get_attribute("class") == "chosen"
    page.locator("#second").click()
    page.locator("#end").click()
    document = json.loads(saved(page, tmp_path).read_text())
    assert document["answers"] == [
        {"pair": trials[0].name, "choice": "first"},
        {"pair": trials[1].name, "choice": "second"},
    ]
    assert page.locator("#json").input_value() == (tmp_path / "answers.json").read_text()
    page.locator("#on").click()
    assert page.locator("#count").text_content() == "Pair 3 of 4"
    page.close()


def test_what_is_answered_is_in_the_pages_memory_alone(browser: Any, page_file: Path) -> None:
    page, _ = opened(browser, page_file, DESK)
    page.evaluate("heard = [true, true]; choose('same')")
    assert page.evaluate("answers.size") == 1
    assert page.evaluate("document.cookie + localStorage.length + sessionStorage.length") == "00"
    page.close()
