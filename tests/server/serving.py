"""A service over a fake model in this process, and a whole server over mini in one of its own."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx
import numpy as np

from higgs_cli.casting.voice_library import open_library
from higgs_cli.server.admission import ServiceLimits
from higgs_cli.server.app import ServerParts, create_app
from higgs_cli.server.asked import AskedSpeech
from higgs_cli.server.service import SpeechService
from higgs_cli.server.voice_shelf import VoiceShelf
from higgs_cli.settings.table import Settings
from tests.fakes import FakeSynthesizer
from tests.helpers import ROOT, hears_signals

MARIGOLD = open_library(None).voice("marigold")
LINE = "The lamp was out, and nobody came."
HERE = "http://127.0.0.1"
READY = re.compile(r"serving (http://\S+)")
Result = TypeVar("Result")


def said(text: str = LINE, **more: Any) -> AskedSpeech:
    return AskedSpeech(text, more.pop("voices", (MARIGOLD,)), **more)


def run(work: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
    """In a loop of its own, within a time."""
    return asyncio.run(asyncio.wait_for(work(), 60))


def fake_service(synthesizer: FakeSynthesizer | None = None, **limits: Any) -> SpeechService:
    speaker = synthesizer or FakeSynthesizer()
    settings = Settings(scene="none")
    return SpeechService(settings, lambda: speaker, ServiceLimits(**limits))


async def streamed(service: SpeechService, asked: AskedSpeech) -> np.ndarray:
    parts = [samples async for samples in service.stream(asked)]
    return np.concatenate([np.zeros(0, np.float32), *parts])


@asynccontextmanager
async def fake_client(
    tokens: tuple[str, ...] = (),
    added: Path | None = None,
    synthesizer: FakeSynthesizer | None = None,
    **limits: Any,
) -> AsyncIterator[httpx.AsyncClient]:
    """The application itself, without a network."""
    with VoiceShelf(added=added) as shelf:
        async with fake_service(synthesizer, **limits) as service:
            app = create_app(ServerParts(service, shelf, tokens))
            transport = httpx.ASGITransport(app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url=HERE) as client:
                yield client


@dataclass(frozen=True)
class Served:
    """A server that runs."""

    address: str
    process: subprocess.Popen[str]

    @property
    def memory_bytes(self) -> int:
        """What it holds of the machine's memory."""
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.findall(r"VmRSS:\s+(\d+) kB", text)[0]) * 1024


@contextmanager
def server_of_mini(*options: str, environment: dict[str, str] | None = None) -> Iterator[Served]:
    """`higgs serve` as it is typed, on a free port."""
    process = subprocess.Popen(
        [sys.executable, "-m", "higgs_cli", "serve", "--model", "mini", "--port", "0", *options],
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", **(environment or {})},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        preexec_fn=hears_signals,
    )
    assert process.stderr is not None
    told = []
    try:
        for line in process.stderr:
            told.append(line)
            if ready := READY.search(line):
                yield Served(ready[1], process)
                break
        else:
            raise AssertionError("".join(told))
    finally:
        process.send_signal(signal.SIGTERM)
        rest = process.communicate(timeout=30)[1]
    assert "Traceback" not in rest and "error" not in rest, rest
    assert process.returncode == 128 + signal.SIGTERM, rest
