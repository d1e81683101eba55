"""A studio and a server share one model: renders join the lanes, and each guards its own."""

from __future__ import annotations

import asyncio
import urllib.error
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from higgs_cli.errors import UsageError
from higgs_cli.server.app import ServerParts, create_app
from higgs_cli.server.service import SpeechService
from higgs_cli.server.voice_shelf import VoiceShelf
from higgs_cli.settings.views import choices_of
from higgs_cli.studio.app import create_studio
from higgs_cli.studio.beside_serve import ServedModel, StudioAndServer
from higgs_cli.studio.desk import Desk
from higgs_cli.studio.one_model import OneModel
from higgs_cli.studio.sources import book_sources
from tests.fakes import FakeSynthesizer
from tests.helpers import CommandLine, start_fake
from tests.server.serving import HERE, run
from tests.studio.desks import TOKEN, as_the_command_has_them
from tests.studio.test_command import asked, higgs, running

__all__ = ["higgs"]

CLIENT = "a-token-of-a-client-0123456789"
SPEECH = {"input": "The lamp was out.", "voice": "marigold", "response_format": "wav"}


@dataclass
class Both:
    """A page and a client of one address."""

    http: httpx.AsyncClient
    service: SpeechService

    async def said(self, seed: int = 0) -> bytes:
        headers = {"Authorization": f"Bearer {CLIENT}"}
        body = {**SPEECH, "seed": seed}
        answer = await self.http.post("/v1/audio/speech", json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.content

    async def get(self, path: str) -> Any:
        answer = await self.http.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def rendered(self, path: str, body: Any = None) -> Any:
        """A task of the studio, when it has ended."""
        begun = await self.http.post(path, json=body or {})
        assert begun.status_code == 200, begun.text
        number = begun.json()["number"]
        while True:
            tasks = {each["number"]: each for each in (await self.get("/api/state"))["tasks"]}
            if tasks[number]["state"] not in ("waiting", "running"):
                return tasks[number]
            await asyncio.sleep(0.02)


@asynccontextmanager
async def both(higgs: CommandLine) -> AsyncIterator[Both]:
    """In this process, with the fake model of the command line, which is opened once."""
    settings, synthesizer = as_the_command_has_them(), higgs.synthesizer
    opened: list[FakeSynthesizer] = []

    def open_once() -> FakeSynthesizer:
        assert not opened
        opened.append(synthesizer)
        return synthesizer

    folder = higgs.folder / "heard"
    folder.mkdir()
    with VoiceShelf() as shelf:
        async with SpeechService(settings, open_once) as service:
            identity = synthesizer.description.identity
            model = OneModel(ServedModel(service).open, lambda choice: identity)
            sources = book_sources(Path("talk.txt"), None, settings, {})
            desk = Desk(sources, model, folder)
            desk.open()
            server = create_app(ServerParts(service, shelf, (TOKEN, CLIENT)))
            transport = httpx.ASGITransport(StudioAndServer(create_studio(desk, TOKEN), server))
            headers = {"Authorization": f"Bearer {TOKEN}"}
            async with httpx.AsyncClient(
                transport=transport, base_url=HERE, headers=headers
            ) as client:
                yield Both(client, service)
            desk.close()


def test_a_chapter_joins_the_lanes_and_a_render_afterwards_speaks_nothing(
    higgs: CommandLine,
) -> None:
    higgs.synthesizer.seconds_per_chunk = 0.02

    async def work() -> None:
        async with both(higgs) as page:
            alone = await page.said()
            chapter = asyncio.ensure_future(page.rendered("/api/books/0/master"))
            sounds = await asyncio.gather(*(page.said() for _ in range(8)))
            task = await chapter
            assert task["state"] == "done" and task["result"]["spoken"] == 5, task
            assert set(sounds) == {alone}
            assert page.service.speaker.state.lanes_in_use == 0

    run(work)
    assert max(higgs.synthesizer.lanes_in_use) <= higgs.synthesizer.lane_count
    beside = (higgs.folder / "talk.wav").read_bytes()
    render = higgs("render", "talk.txt")
    assert render.exit_code == 0 and "5 chunks, 0 of them spoken now" in render.stderr
    assert higgs("render", "talk.txt", "-o", "alone.wav").exit_code == 0
    assert (higgs.folder / "alone.wav").read_bytes() == beside


def test_a_retake_is_spoken_while_others_are_served(higgs: CommandLine) -> None:
    async def work() -> None:
        async with both(higgs) as page:
            assert (await page.rendered("/api/books/0/chapters/0/speak"))["state"] == "done"
            line = (await page.get("/api/books/0/chapters/0"))["lines"][0]
            path = f"/api/books/0/lines/{line['id']}/retake"
            retake = asyncio.ensure_future(page.rendered(path, {"seen": line["seen"]}))
            assert len(set(await asyncio.gather(*(page.said(n) for n in range(4))))) == 4
            assert (await retake)["result"] == {"spoken": 1}

    run(work)


def test_a_render_has_half_of_the_lanes_at_most(higgs: CommandLine) -> None:
    higgs.synthesizer.lane_count = 2

    async def work() -> None:
        async with both(higgs) as page:
            assert (await page.rendered("/api/books/0/master"))["state"] == "done"

    run(work)
    assert set(higgs.synthesizer.lanes_in_use) == {1}


def test_a_render_that_is_stopped_leaves_its_lanes(higgs: CommandLine) -> None:
    higgs.synthesizer.seconds_per_chunk = 0.3

    async def work() -> None:
        async with both(higgs) as page:
            begun = (await page.http.post("/api/books/0/master", json={})).json()
            while not page.service.speaker.state.lanes_in_use:
                await asyncio.sleep(0.02)
            stop = await page.http.post(f"/api/tasks/{begun['number']}/stop", json={})
            assert stop.status_code == 200
            while page.service.speaker.state.lanes_in_use:
                await asyncio.sleep(0.02)
            assert await page.said()

    run(work)


def test_too_little_memory_is_met_by_both(higgs: CommandLine) -> None:
    higgs.synthesizer.memory_for_lanes = 2

    async def work() -> None:
        async with both(higgs) as page:
            task = await page.rendered("/api/books/0/master")
            assert task["state"] == "done" and task["result"]["is_whole"], task
            assert page.service.speaker.state.lane_count == 2 and await page.said()

    run(work)


def test_each_guards_its_own(higgs: CommandLine) -> None:
    async def work() -> None:
        async with both(higgs) as page:
            nobody = {"Authorization": ""}
            for path in ("/v1/models", "/metrics", "/", "/api/books"):
                assert (await page.http.get(path, headers=nobody)).status_code == 401, path
            assert (await page.http.get("/healthz", headers=nobody)).status_code == 200
            client = {"Authorization": f"Bearer {CLIENT}"}
            assert (await page.http.get("/v1/models", headers=client)).status_code == 200
            assert (await page.http.get("/api/books", headers=client)).status_code == 401
            assert "higgs studio" in (await page.http.get("/")).text.lower()
            assert "default-src" in (await page.http.get("/")).headers["content-security-policy"]

    run(work)


def test_a_book_in_another_precision_is_not_spoken_by_what_is_served(higgs: CommandLine) -> None:
    settings = as_the_command_has_them()
    served = choices_of(settings).model

    async def work() -> None:
        async with SpeechService(settings, lambda: higgs.synthesizer) as service:
            model = ServedModel(service)
            model.open(served)
            model.open(replace(served, context_chunks=0))
            for other in (
                replace(served, dtype="bfloat16"),
                replace(served, max_seconds=served.max_seconds + 1),
            ):
                with pytest.raises(UsageError, match="served"):
                    model.open(other)

    run(work)


def test_the_command_tells_where_both_are(higgs: CommandLine) -> None:
    (higgs.folder / "tokens.txt").write_text(CLIENT)
    child = start_fake(
        higgs.folder, "studio", "talk.txt", "--serve", "--tokens", "tokens.txt", "--port", "0"
    )
    with running(child) as address:
        assert asked(address, "/api/books")[0]["name"] == "talk.txt"
        assert asked((address[0], CLIENT), "/v1/models")["data"][0]["id"] == "fake"
        told = asked(address, "/v1/audio/speech/timestamps", SPEECH)
        assert told["verdict"] == "pass" and told["duration"] > 1
        with pytest.raises(urllib.error.HTTPError, match="401"):
            asked((address[0], "nobody-0123456789abc"), "/v1/models")
    assert child.returncode == 130
    assert higgs("studio", "talk.txt", "--tokens", "tokens.txt").exit_code == 2
