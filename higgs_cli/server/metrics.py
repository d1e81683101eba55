"""What Prometheus reads: requests, lanes, seconds of sound, how long the first sound takes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from higgs_cli.server.service import SpeechService

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

FIRST_SECONDS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)


class ServerMetrics:
    """Of one server; nothing is kept for the process as a whole."""

    def __init__(self, service: SpeechService) -> None:
        self._registry = registry = CollectorRegistry()
        self.requests = Counter(
            "higgs_requests_total", "Answers, by route and status.", ["route", "status"],
            registry=registry,
        )  # fmt: skip
        self.seconds = Histogram(
            "higgs_request_seconds", "Until the last of an answer.", ["route"],
            buckets=FIRST_SECONDS, registry=registry,
        )  # fmt: skip
        self._first = Histogram(
            "higgs_first_sound_seconds", "Until the first sound of a streamed answer.",
            buckets=FIRST_SECONDS, registry=registry,
        )  # fmt: skip
        self._sound = Counter("higgs_audio_seconds_total", "Sound given.", registry=registry)
        service.on_first_sound = self._first.observe
        service.on_sound = self._sound.inc
        for name, told, value in (
            ("higgs_lanes", "Lanes there are.", lambda: service.speaker.state.lane_count),
            ("higgs_lanes_in_use", "Lanes that speak.", lambda: service.speaker.state.lanes_in_use),
            ("higgs_requests_open", "Spoken or waiting.", lambda: service.open_count),
        ):
            Gauge(name, told, registry=registry).set_function(value)

    def text(self) -> bytes:
        return generate_latest(self._registry)


class Counted:
    """Counts what passes, by the route and not by the path, which is the client's."""

    def __init__(self, app: ASGIApp, metrics: ServerMetrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, began = 499, time.monotonic()

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            self._metrics.requests.labels(route, str(status)).inc()
            self._metrics.seconds.labels(route).observe(time.monotonic() - began)
