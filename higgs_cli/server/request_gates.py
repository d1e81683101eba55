"""The gates that requests may ask for, and the ears that hear for all of them.

A request that is judged by a gate comes whole: what is heard comes after what is spoken.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace

from higgs_cli.checks.gate_sources import NONE, asked_gates, gate_sources
from higgs_cli.errors import HearingFailedError, HiggsError, UsageError
from higgs_cli.files.memory_place import MemoryPlace
from higgs_cli.jobs.gates import EarRoom, gates_of
from higgs_cli.listening.ears import Ears, Hearings, Sounds
from higgs_cli.planning.plan import Plan
from higgs_cli.rendering.hearing import Listeners
from higgs_cli.server.asked import FieldError
from higgs_cli.settings.views import Choices, GateChoice
from higgs_cli.takes.heard_files import HeardFiles
from higgs_cli.takes.measure import Measure

RECORDINGS_BYTES = 16 << 20
"""Of what was heard of recordings of voices: those of some thousand."""
ROOM_FOR_ONE = 1 << 20


def check_gates(choice: GateChoice, language: str) -> None:
    """What the server names must be there: refused before it begins."""
    if choice.gates is not None or choice.recognizer or choice.speaker_print:
        gate_sources(choice, language)


class RequestGates:
    """For one thread; leaving ends the processes that hear."""

    def __init__(self, offered: str | None) -> None:
        """`offered`: what the server says of `--gates`; None: whichever is here."""
        self._offered = asked_gates(offered)
        self._ears = EarRoom()
        self._recordings = _room()

    def close(self) -> None:
        self._ears.__exit__(None, None, None)

    def of(
        self, asked: Sequence[str], choices: Choices, plan: Plan
    ) -> tuple[tuple[Measure, ...], Listeners]:
        """What the takes of a request are held to, and who hears them. Raises where one of these
        gates is not here."""
        if not asked:
            return (), {}
        names = ",".join(dict.fromkeys(asked))
        if self._offered is not None and not set(asked) <= set(self._offered):
            offered = ", ".join(self._offered) or NONE
            raise FieldError(f"this server has not the gates {names}", "gates", f"it has {offered}")
        choice = replace(choices.gates, gates=names)
        if self._recordings.place.free_bytes() < ROOM_FOR_ONE:
            self._recordings = _room()
        files = self._recordings.files
        try:
            sources = gate_sources(choice, plan.language)
            listeners = self._ears.listeners(sources, choice, plan, files)
            return gates_of(sources, plan, files), listeners
        except UsageError as missing:
            raise FieldError(missing.message, "gates", missing.hint) from None


@dataclass(frozen=True)
class _Recordings:
    place: MemoryPlace
    files: HeardFiles


def _room() -> _Recordings:
    place = MemoryPlace(RECORDINGS_BYTES)
    return _Recordings(place, HeardFiles(place))


@dataclass(frozen=True)
class HeedfulEars:
    """Ears whose failing is told of one request, and is not the end of the others."""

    ears: Ears
    on_trouble: Callable[[HiggsError], None]

    def hear(self, sounds: Sounds, *, at_once: bool = False) -> Future[Hearings]:
        heard: Future[Hearings] = Future()

        def pass_on(done: Future[Hearings]) -> None:
            try:
                heard.set_result(done.result())
            except BaseException as trouble:  # a request that ends is told, whatever it was
                told = HearingFailedError("what hears takes has failed; ask again")
                self.on_trouble(trouble if isinstance(trouble, HiggsError) else told)
                heard.set_result([None])

        self.ears.hear(sounds, at_once=at_once).add_done_callback(pass_on)
        return heard


def heedful(ears: Mapping[str, Ears], on_trouble: Callable[[HiggsError], None]) -> dict[str, Ears]:
    return {who: HeedfulEars(each, on_trouble) for who, each in ears.items()}
