"""Studios with a fake model, in a folder of their own."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from higgs_cli.checkpoints.defaults import checkpoint_defaults
from higgs_cli.settings.sources import resolve_settings
from higgs_cli.settings.table import Settings
from higgs_cli.settings.views import choices_of
from higgs_cli.studio.app import create_studio
from higgs_cli.studio.desk import Desk
from higgs_cli.studio.one_model import OneModel
from higgs_cli.studio.sources import book_sources
from tests.fakes import FakeSynthesizer

TOKEN = "a-token-of-a-test-0123456789"
PATIENCE_SECONDS = 60.0
TALK = """\
---
title: The Lamp
cast:
  Elena: juniper
  Hale: grimsby
---
# One

Elena: Who is there?
Hale: Nobody. Only the Worcester lamp.
Elena: Then light it, and let us see who else came along the road tonight.

# Two

Hale: It is lit.
Elena: I can see the road.
"""


def as_the_command_has_them() -> Settings:
    """With what the model says itself, where nobody does."""
    return resolve_settings(
        {}, os.environ, None, lambda settings: checkpoint_defaults(choices_of(settings).model)
    )


def open_desk(
    named: Path, folder: Path, synthesizer: FakeSynthesizer, output: Path | None = None
) -> Desk:
    """Over what is named, with a fake model."""
    sources = book_sources(named, output, as_the_command_has_them(), {})
    model = OneModel(lambda choice: synthesizer, lambda choice: synthesizer.description.identity)
    folder.mkdir(exist_ok=True)
    desk = Desk(sources, model, folder)
    desk.open()
    return desk


@dataclass
class Page:
    """A page that speaks with a studio, as its script does."""

    client: TestClient
    desk: Desk

    def get(self, path: str) -> Any:
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Any = None, status: int = 200) -> Any:
        answer = self.client.post(path, json=body if body is not None else {})
        assert answer.status_code == status, answer.text
        return answer.json()

    def refused(self, path: str, body: Any = None, status: int = 400) -> str:
        return str(self.post(path, body, status)["error"]["message"])

    def rendered(self, path: str, body: Any = None) -> Any:
        """A task, when it has ended."""
        number = self.post(path, body)["number"]
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            task = next(
                each for each in self.get("/api/state")["tasks"] if each["number"] == number
            )
            if task["state"] not in ("waiting", "running"):
                return task
            time.sleep(0.01)
        raise AssertionError("a task that never ends")

    def book(self) -> Any:
        return self.get("/api/books/0")

    def lines(self, chapter: int = 0) -> list[Any]:
        return list(self.get(f"/api/books/0/chapters/{chapter}")["lines"])


@contextmanager
def page_of(desk: Desk) -> Iterator[Page]:
    """A page, with the token."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    app = create_studio(desk, TOKEN)
    with TestClient(app, base_url="http://127.0.0.1:8090", headers=headers) as client:
        yield Page(client, desk)
