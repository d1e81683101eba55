"""A page in a real browser. Needs Chromium and playwright (`apt-get install chromium`,
`pip install playwright`)."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")
DESK, PHONE = (1280, 900), (390, 844)
SWITCHES = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]


@contextmanager
def chromium(playwright: Any) -> Iterator[Any]:
    """Chromium, started by playwright's module."""
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield opened
        opened.close()


def opened(browser: Any, path: Path, size: tuple[int, int]) -> tuple[Any, list[str]]:
    """The page, and all that was asked for or complained of."""
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    seen: list[str] = []
    page.on("console", lambda message: seen.append(message.text))
    page.on("pageerror", lambda error: seen.append(str(error)))
    page.on(
        "request",
        lambda asked: None if asked.url.startswith(("data:", "blob:")) else seen.append(asked.url),
    )
    page.goto(path.as_uri())
    return page, seen


def waited(page: Any, condition: str) -> None:
    """Until it holds. (The page lets nobody evaluate texts, and so playwright's own way.)"""
    for _ in range(200):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"never: {condition}")
