"""A headless Chromium over a studio that answers in a thread of this process."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import uvicorn

from higgs_cli.studio.app import create_studio
from higgs_cli.studio.desk import Desk
from tests.studio.desks import TOKEN

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PATIENCE_MS = 30_000


def needs_chromium() -> None:
    """A test that is skipped says why."""
    pytest.importorskip("playwright.sync_api", reason="the package playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("no chromium is installed")


@contextmanager
def answering(desk: Desk) -> Iterator[str]:
    """The address that `higgs studio` would print."""
    config = uvicorn.Config(create_studio(desk, TOKEN), port=0, log_config=None, ws="none")
    server = uvicorn.Server(config)
    config.timeout_graceful_shutdown = 1
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}/?token={TOKEN}"
    server.should_exit = True
    thread.join()


@contextmanager
def chromium(width: int = 1280, height: int = 900, scheme: str = "light") -> Iterator[Any]:
    """Tabs of one browser: a function that opens one."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--autoplay-policy=no-user-gesture-required"],
        )
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            reduced_motion="reduce",
        )
        context.set_default_timeout(PATIENCE_MS)
        yield context
        context.close()
        browser.close()
