"""The thread that speaks: one engine, the runs of many requests in its lanes.

    add ──┐            ┌──► frames ──► reply ──► whoever waits
    drop ─┴─► inbox ─► lanes
                  │    └──► spoken chunks ──► checker ──► reply ──► answer
                  └──► chats, between two bursts: see `chat_turns.py`

The source of runs hands out one for each free lane and no more, so that whoever comes is served in
turn and not behind what was read ahead. All that happens to a reply happens in this thread.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from higgs_cli.checks.checker import CheckedChunk, TakeChecker
from higgs_cli.errors import (
    DeviceError,
    GenerationFailedError,
    HiggsError,
    MemoryExhaustedError,
    StoppedError,
)
from higgs_cli.server.chat_turns import Chat, ChatTurns
from higgs_cli.server.guest import Guest
from higgs_cli.server.inbox import Inbox
from higgs_cli.server.lane_users import LaneUser, LaneUsers
from higgs_cli.server.pace import Pace
from higgs_cli.server.reply import Reply
from higgs_cli.server.request_gates import heedful
from higgs_cli.speech.protocol import (
    NOTHING_YET,
    Answer,
    BurstSpoken,
    ChunkFailed,
    LanesIdle,
    LanesParked,
    NothingYet,
    Sampling,
    Speech,
    SpeechEvent,
    SpeechRun,
    SpokenChunk,
    Synthesizer,
)

if TYPE_CHECKING:
    from higgs_cli.speech.chat import ChatEvent, ChatPrompt

PREFIX_BYTES = 256 << 20
"""Prefixes of voices that come again."""
IDLE_SECONDS = 0.5
"""How long an idle thread does not look whether it is to end."""
HEARING_SECONDS = 0.05
"""The same while something is heard."""

MOST_FRUITLESS = 3
"""How often it is begun anew without anything being spoken."""

log = logging.getLogger("higgs.server")


@dataclass(frozen=True)
class SpeakerState:
    """How it stands, for whoever asks from outside."""

    lane_count: int
    lanes_in_use: int
    burst_count: int
    last_sign_at: float
    """When an event last came, by the monotonic clock."""
    trouble: HiggsError | None = None
    """Why it will not speak again."""


class Speaker:
    """Begins with `start` and ends with `close`; `add` and `drop` are for any thread."""

    def __init__(
        self,
        synthesizer: Synthesizer,
        lane_count: int | None = None,
        prefix_bytes: int = PREFIX_BYTES,
        least_lanes: int | None = None,
    ) -> None:
        """`least_lanes`: so many speak however slow they are; None: all of them do."""
        self._synthesizer = synthesizer
        self._lane_count = lane_count or synthesizer.description.lane_count
        self._prefix_bytes = prefix_bytes
        count, frame_rate = self._lane_count, synthesizer.description.frame_rate
        self._pace = Pace(count if least_lanes is None else least_lanes, count, frame_rate)
        self._inbox = Inbox()
        self._is_closed = False
        self._users = LaneUsers()
        self._touched: dict[Reply, None] = {}
        self._speech: Speech | None = None
        self._burst_count = 0
        self._last_sign_at = time.monotonic()
        self._trouble: HiggsError | None = None
        self._fruitless = 0
        self._chats = ChatTurns(self._chat)
        self._thread = threading.Thread(target=self._run, name="speaker", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def add(self, user: LaneUser) -> None:
        self._inbox.tell(lambda: self._take_on(user))

    def drop(self, user: LaneUser, trouble: HiggsError | None = None) -> None:
        """Nobody waits for it any more, or it has a trouble of its own."""
        self._inbox.tell(lambda: self._give_up(user, trouble))

    def add_chat(self, chat: Chat) -> None:
        self._inbox.tell(lambda: self._take_on_chat(chat))

    def drop_chat(self, chat: Chat) -> None:
        self._inbox.tell(lambda: self._chats.drop(chat))

    def answer_guest(self, guest: Guest, spoken: SpokenChunk, answer: Answer) -> None:
        """`spoken`: as the guest was told of it."""
        self._inbox.tell(lambda: self._answer_guest(guest, spoken, answer))

    def drop_guest_run(self, guest: Guest, run_key: str) -> None:
        self._inbox.tell(lambda: self._drop_guest_run(guest, guest.named(run_key)))

    def wake(self) -> None:
        """There is something to be looked at: a guest offers a run."""
        self._inbox.tell(lambda: None)

    def close(self) -> None:
        """Whatever is not finished fails; returns when the thread has ended."""
        self._is_closed = True
        self.wake()
        self._thread.join()

    @property
    def has_chats(self) -> bool:
        """Is a conversation being answered?"""
        return bool(self._chats)

    @property
    def state(self) -> SpeakerState:
        return SpeakerState(
            self._lane_count,
            self._users.lanes_in_use,
            self._burst_count,
            self._last_sign_at,
            self._trouble,
        )

    # -- the thread ----------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._is_closed and self._trouble is None:
            before = self._burst_count
            try:
                self._speak()
            except MemoryExhaustedError as error:
                self._lane_count = max(1, self._lane_count // 2)
                self._lose_lanes(error)
            except (DeviceError, StoppedError) as error:
                self._trouble = error
            except HiggsError as error:
                self._lose_lanes(error)
            except Exception:
                log.exception("the thread that speaks")
                self._lose_lanes(GenerationFailedError("the server has a fault; see its log"))
            self._fruitless = 0 if self._burst_count > before else self._fruitless + 1
            if self._fruitless == MOST_FRUITLESS and not self._is_closed:
                self._trouble = GenerationFailedError("the model does not speak; see the log")
        self._inbox.close()
        for user in self._users:
            self._end(user, self._closing)
        self._chats.close(self._closing)

    def _speak(self) -> None:
        speech = self._speech = self._synthesizer.speak(
            self._runs(),
            Sampling(),
            0,
            self._lane_count,
            stream_codes=True,
            prefix_bytes=self._prefix_bytes,
        )
        with TakeChecker(self._synthesizer) as checker:
            for event in speech:
                self._last_sign_at = time.monotonic()
                self._take_in(event, checker)
                for checked in checker.finished():
                    self._answer(checked.spoken, checked)
                self._take_in_heard()
                self._inbox.obey()
                self._settle()
                self._chats.go_on()

    def _runs(self) -> Iterator[SpeechRun | NothingYet]:
        while not self._is_closed:
            self._inbox.obey()
            is_free = self._users.lanes_in_use < min(self._lane_count, self._pace.lanes)
            run = self._users.next_run(self._run_of) if is_free else None
            yield run or NOTHING_YET

    def _run_of(self, user: LaneUser) -> SpeechRun | None:
        with _own_trouble(self, user):
            return user.next_run()
        return None

    # -- what comes from the lanes -------------------------------------------------------------

    def _take_in(self, event: SpeechEvent, checker: TakeChecker) -> None:
        if isinstance(event, BurstSpoken):
            self._burst(event)
        elif isinstance(event, SpokenChunk):
            self._judge(event, checker)
        elif isinstance(event, ChunkFailed):
            self._lose(event)
        elif isinstance(event, LanesParked):
            self._pace.rest()
            checker.wait()
            if self._users.guests:  # who may have to answer
                self._inbox.wait(HEARING_SECONDS)
        elif isinstance(event, LanesIdle) and not self._chats:
            self._pace.rest()
            self._inbox.wait(HEARING_SECONDS if self._users.hearing else IDLE_SECONDS)

    def _burst(self, burst: BurstSpoken) -> None:
        self._burst_count += 1
        self._pace.burst(burst.frame_count)
        for frames in burst.frames:
            if isinstance(reply := self._users.of(frames.run_key), Reply):
                reply.hear(frames)
        for guest in self._users.guests:
            guest.burst(burst)

    def _lose(self, failed: ChunkFailed) -> None:
        user = self._users.end_run(failed.run_key)
        if isinstance(user, Guest):
            user.failed(failed)
        elif user is not None:
            self._touched[user] = None
            with _own_trouble(self, user):
                user.lose(failed.run_key, failed.chunk_key, failed.reason)

    def _judge(self, spoken: SpokenChunk, checker: TakeChecker) -> None:
        user = self._users.of(spoken.run_key)
        if isinstance(user, Guest):
            user.spoken(spoken)
        elif user is not None and user.is_streamed:
            self._answer(spoken)
        elif user is not None:
            with _own_trouble(self, user):
                part = user.part
                chunk = part.plan.chunks[part.number_of(spoken.chunk_key)]
                ears = heedful(part.ears(spoken), lambda trouble: self.drop(user, trouble))
                checker.give(spoken, chunk, part.slate(spoken), part.shelf, ears)

    def _answer(self, spoken: SpokenChunk, checked: CheckedChunk | None = None) -> None:
        """Unless its run was dropped meanwhile: then nobody asks."""
        reply = self._users.of(spoken.run_key)
        if not isinstance(reply, Reply) or self._speech is None:
            return
        self._touched[reply] = None
        with _own_trouble(self, reply):
            answer = reply.accepted(spoken) if checked is None else reply.judged(checked)
            self._speech.answer(spoken, answer)
            if spoken.run_key not in reply.runs_in_lanes:
                self._users.end_run(spoken.run_key)

    def _take_in_heard(self) -> None:
        for reply in self._users.hearing:
            with _own_trouble(self, reply):
                reply.part.take_in_heard()
                self._touched[reply] = None

    def _settle(self) -> None:
        touched, self._touched = self._touched, {}
        for reply in touched:
            with _own_trouble(self, reply):
                if reply in self._users and reply.settle():
                    self._end(reply)

    # -- what comes from outside ---------------------------------------------------------------

    @property
    def _closing(self) -> HiggsError:
        return self._trouble or HiggsError("the server is closing")

    def _chat(self, prompt: ChatPrompt) -> Iterator[ChatEvent]:
        from higgs_cli.speech.chat import Converses

        assert isinstance(self._synthesizer, Converses)
        return self._synthesizer.chat(prompt)

    def _take_on(self, user: LaneUser) -> None:
        self._users.add(user)
        if self._trouble is not None or self._inbox.is_closed:
            self._end(user, self._closing)
            return
        with _own_trouble(self, user):
            user.begin()
            self._users.queue(user)

    def _take_on_chat(self, chat: Chat) -> None:
        self._chats.add(chat)
        if self._inbox.is_closed:
            self._chats.close(self._closing)

    def _answer_guest(self, guest: Guest, told: SpokenChunk, answer: Answer) -> None:
        spoken = guest.parked.pop((told.run_key, told.chunk_key), None)
        if spoken is None or self._users.of(spoken.run_key) is not guest:
            return
        assert self._speech is not None
        self._speech.answer(spoken, answer)
        if guest.is_over(spoken, answer):
            self._users.end_run(spoken.run_key)

    def _drop_guest_run(self, guest: Guest, run_key: str) -> None:
        guest.lanes.pop(run_key, None)
        if self._users.end_run(run_key) is not None and self._speech is not None:
            self._speech.drop(run_key)

    def _give_up(self, user: LaneUser, trouble: HiggsError | None = None) -> None:
        if user in self._users:
            self._end(user, trouble or HiggsError("nobody waits for it any more"))

    def _lose_lanes(self, trouble: HiggsError) -> None:
        """What the lanes were in the middle of fails; the rest is spoken."""
        for user in self._users.speaking:
            self._end(user, trouble)

    def _end(self, user: LaneUser, trouble: HiggsError | None = None) -> None:
        for key in self._users.remove(user):
            if self._speech is not None:
                self._speech.drop(key)
        if trouble is not None:
            user.fail(trouble)


@contextmanager
def _own_trouble(speaker: Speaker, user: LaneUser) -> Iterator[None]:
    """What goes wrong in here ends this request alone: as soon as the inbox is looked at, for the
    queue may be in the middle of asking it."""
    try:
        yield
    except (StoppedError, DeviceError, MemoryExhaustedError):
        raise
    except HiggsError as error:
        speaker.drop(user, error)
    except Exception:
        log.exception("a reply")
        speaker.drop(user, HiggsError("the server has a fault; see its log"))
