"""Workers as Ray actors: on the devices of one machine, or of all machines of a cluster.

Ray starts and ends processes and carries messages; nothing else is asked of it. No actor is started
again by it and no call repeated: what a lost worker had is spoken by others (`remote_speech.py`),
and a new worker is a new actor.
"""

from __future__ import annotations

import logging
import os
import re
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from higgs_cli.cluster.messages import Order, Report
from higgs_cli.cluster.worker import Worker
from higgs_cli.errors import DeviceError, HiggsError, ModelLoadError, UsageError
from higgs_cli.speech.protocol import Sampling, Synthesizer, SynthesizerDescription
from higgs_cli.stopping import checkpoint

if TYPE_CHECKING:
    from higgs_cli.speech.protocol import Codes

LISTEN_SECONDS = 0.5
ANSWER_SECONDS = 60.0
"""A worker that does not answer for so long, whatever it does, hangs."""
OPENING_SECONDS = 900.0
LOOKED_AGAIN_SECONDS = 5.0
"""How often it is asked whether a machine has joined."""
REACHED_SECONDS = 10.0
HOST_AND_PORT = re.compile(r"(?:ray://)?(?P<host>\[[0-9a-fA-F:.]+\]|[^\[\]:/]+):(?P<port>\d{1,5})")
START_ONE = "start one with: ray start --head"
TASK_TRIES = 3
NO_DUMPS = "RAY_DISABLE_FAILURE_SIGNAL_HANDLER"
"""Its own answer to a signal is a dump of its stack; ours is one line."""
MOST_LOSSES = 3
"""In a row, of workers that never opened: then the trouble is theirs, and told."""


@dataclass
class _Hand:
    """One actor, and what was asked of it last."""

    actor: Any
    asked: Any
    asked_at: float = field(default_factory=time.monotonic)
    is_ready: bool = False


class RayWorkers:
    """As many actors as there are devices, or as are wanted."""

    def __init__(
        self,
        open_speech: Callable[[], Synthesizer],
        address: str | None,
        count: int | None,
        on_gpu: bool | None,
    ) -> None:
        """`address`: of a cluster, `auto` for the one of this machine; None starts one here, for
        as long as this process lives. `on_gpu` None: where there are any."""
        self._ray, self._dashboard = _started(address, count)
        self._actor_class = self._ray.remote(Worker)
        self._open_speech = open_speech
        self._count = count
        if on_gpu is None:
            on_gpu = bool(self._ray.cluster_resources().get("GPU"))
        self._needs = {"num_gpus": 1, "num_cpus": 1} if on_gpu else {"num_cpus": 1}
        self._kind = "GPU" if on_gpu else "CPU"
        self._hands: dict[int, _Hand] = {}
        self._born = 0
        self._failures = 0
        self._lost: list[tuple[int, str]] = []
        self._looked_at = 0.0
        self._begun: tuple[Sampling, int, int] | None = None
        self._trouble: HiggsError | None = None
        self._described: SynthesizerDescription | None = None
        self._grow()
        if not self._hands:
            where = "the cluster" if address else "this machine"
            raise DeviceError(
                f"{where} has no {self._kind} that is free for a worker",
                hint="--device cpu speaks without one" if on_gpu else None,
            )
        self._await_first()

    # -- as OpenWorkers --------------------------------------------------------------------

    @property
    def described(self) -> SynthesizerDescription:
        assert self._described is not None
        return self._described

    @property
    def count(self) -> int:
        return len(self._hands)

    @property
    def remarks(self) -> tuple[str, ...]:
        """Where Ray shows what its processes do, if it does."""
        return (f"Ray's dashboard: {self._dashboard}",) if self._dashboard else ()

    def encode_voice(self, recording: bytes, name: str) -> Codes:
        hand = self._hands[self.numbers[0]]
        return self._answer(hand.actor.encode_voice.remote(recording, name))

    def call(self, function: Callable[..., Any], *given: Any) -> Any:
        """As a task of its own; asked again where its machine is lost. No processor is reserved for
        it: on a small cluster the workers have them all."""
        task = self._ray.remote(_called).options(
            num_cpus=0, max_retries=TASK_TRIES, scheduling_strategy="SPREAD"
        )
        return self._answer(task.remote(function, given))

    def begin(self, sampling: Sampling, seed: int, lane_count: int) -> None:
        """Once: each run has its sampling and its seed with it."""
        if self._begun is not None:
            return
        self._begun = (sampling, seed, lane_count)
        for hand in self._hands.values():
            if hand.is_ready:
                hand.actor.begin.remote(*self._begun)

    def close(self) -> None:
        """End them all; the cluster is somebody else's."""
        for number in tuple(self._hands):
            self.end(number, "closed")
        self._lost.clear()

    # -- as WorkerProcesses ----------------------------------------------------------------

    @property
    def numbers(self) -> list[int]:
        return [number for number, hand in self._hands.items() if hand.is_ready]

    def send(self, number: int, orders: list[Order]) -> None:
        if number in self._hands:
            self._hands[number].actor.obey.remote(orders)

    def reports(self, seconds: float) -> list[tuple[int, list[Report]]]:
        self._grow()
        number_of = {hand.asked: number for number, hand in self._hands.items()}
        if not number_of:
            time.sleep(seconds)
            return []
        ready, _ = self._ray.wait(list(number_of), num_returns=1, timeout=seconds)
        if ready:
            ready, _ = self._ray.wait(list(number_of), num_returns=len(number_of), timeout=0)
        told = []
        for answer in ready:
            if (reports := self._taken(number_of[answer], answer)) is not None:
                told.append((number_of[answer], reports))
        self._end_silent()
        return told

    def lost(self) -> list[tuple[int, str]]:
        told, self._lost = self._lost, []
        return told

    def end(self, number: int, why: str) -> None:
        hand = self._hands.pop(number, None)
        if hand is not None:
            self._lost.append((number, why))
            with suppress(Exception):  # it may be dead already
                self._ray.kill(hand.actor, no_restart=True)

    @property
    def can_grow(self) -> bool:
        if self._failures >= MOST_LOSSES:
            if self._trouble is not None:
                raise self._trouble
            return False
        return True

    # -- actors ----------------------------------------------------------------------------

    def _taken(self, number: int, answer: Any) -> list[Report] | None:
        """What one has answered; what comes of it, if it is lost, stands in `lost`."""
        hand = self._hands[number]
        try:
            value = self._ray.get(answer)
        except self._ray.exceptions.RayTaskError as problem:
            cause = problem.cause if isinstance(problem.cause, HiggsError) else None
            self._trouble = cause or ModelLoadError(f"a worker failed: {_line(problem)}")
            self._failures += not hand.is_ready
            self.end(number, self._trouble.message)
            return None
        except self._ray.exceptions.RayError as problem:
            self._failures += not hand.is_ready
            self.end(number, _died(problem))
            return None
        if not hand.is_ready:
            self._welcome(hand, value)
            return []
        self._listen(hand)
        return list(value)

    def _welcome(self, hand: _Hand, described: SynthesizerDescription) -> None:
        """Its model is open."""
        self._failures = 0
        self._described = self._described or described
        if described.identity != self._described.identity:
            raise ModelLoadError(
                f"a worker has another model: {described.name}, {described.precision}",
                hint="have the same checkpoint on every machine, or name one by its revision",
            )
        hand.is_ready = True
        if self._begun is not None:
            hand.actor.begin.remote(*self._begun)
        self._listen(hand)

    def _listen(self, hand: _Hand) -> None:
        hand.asked = hand.actor.listen.remote(LISTEN_SECONDS)
        hand.asked_at = time.monotonic()

    def _end_silent(self) -> None:
        now = time.monotonic()
        for number, hand in tuple(self._hands.items()):
            limit = ANSWER_SECONDS if hand.is_ready else OPENING_SECONDS
            if now > hand.asked_at + limit:
                self._failures += not hand.is_ready
                self.end(number, f"did not answer for {limit:.0f} s")

    def _grow(self) -> None:
        """An actor for every device that has none."""
        now = time.monotonic()
        if self._hands and now < self._looked_at + LOOKED_AGAIN_SECONDS:
            return
        if self._failures >= MOST_LOSSES:
            return
        self._looked_at = now
        there = int(self._ray.cluster_resources().get(self._kind, 0))
        wanted = there if self._count is None else min(self._count, there)
        while len(self._hands) < wanted:
            actor = self._actor_class.options(
                max_restarts=0, max_task_retries=0, max_concurrency=4, **self._needs
            ).remote(self._open_speech)
            self._hands[self._born] = _Hand(actor, actor.description.remote())
            self._born += 1

    def _await_first(self) -> None:
        while not self.numbers:
            checkpoint()
            self.reports(0.2)
            if not self._hands and self._failures:
                raise self._trouble or DeviceError("no worker could be started")

    def _answer(self, asked: Any) -> Any:
        try:
            return self._ray.get(asked)
        except self._ray.exceptions.RayTaskError as problem:
            if isinstance(problem.cause, HiggsError):
                raise problem.cause from None
            raise DeviceError(f"a worker failed: {_line(problem)}") from None
        except self._ray.exceptions.RayError as problem:
            raise DeviceError(f"a worker was lost: {_died(problem)}") from None


def _called(function: Callable[..., Any], given: Sequence[Any]) -> Any:
    return function(*given)


def _started(address: str | None, count: int | None) -> tuple[Any, str]:
    """The module, connected, and the address of its dashboard."""
    os.environ.setdefault(NO_DUMPS, "1")
    try:
        import ray
    except ImportError:
        hint = 'pip install "higgs[cluster]"'
        raise UsageError("the package ray is missing", hint=hint) from None
    _keep_stdout(ray)
    if address is not None:
        _check_answers(address)
    try:
        found = ray.init(
            ignore_reinit_error=True,
            address=address or "local",
            num_cpus=count if address is None else None,
            include_dashboard=None if address else False,
            configure_logging=True,
            logging_level=logging.ERROR,
            log_to_driver=False,
        )
    except (ConnectionError, OSError, RuntimeError, ValueError) as problem:
        raise UsageError(
            f"no Ray cluster answers at {address or 'this machine'}: {_line(problem)}",
            hint=START_ONE,
        ) from None
    url = str(found.dashboard_url or "")
    return ray, f"http://{url}" if url else ""


def _check_answers(address: str) -> None:
    """Ray would try for minutes, and print what it thinks of it."""
    place = HOST_AND_PORT.fullmatch(address)
    if place is None:  # `auto`: it looks for it itself
        return
    host, port = place["host"].strip("[]"), int(place["port"])
    try:
        socket.create_connection((host, port), timeout=REACHED_SECONDS).close()
    except (OSError, OverflowError, UnicodeError) as problem:
        why = getattr(problem, "strerror", None) or str(problem)
        told = f"no Ray cluster answers at {address}: {why}"
        raise UsageError(told, hint=START_ONE) from None


def _keep_stdout(ray: Any) -> None:
    """Ray prints what it thinks of a lost worker to stdout, where results go, `log_to_driver` or
    not. We tell of it ourselves; so what would listen for it does nothing."""
    ray._private.worker.listen_error_messages = lambda worker, threads_stopped: None


def _died(problem: Exception) -> str:
    return "it died" if "died" in str(problem) else _line(problem)


def _line(problem: Exception) -> str:
    lines = str(problem).strip().splitlines()
    return lines[-1] if lines else type(problem).__name__
