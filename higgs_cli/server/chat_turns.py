"""Chats that are answered in the thread that speaks: some steps of one, then of the next.

    lanes      ▓▓▓ burst ▓▓▓     ▓▓▓ burst ▓▓▓
    chats                   ▒ a ▒             ▒ b ▒

A model is used by one thread alone, so that a chat has its steps between two bursts of the lanes:
they wait for it no longer than a burst takes.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from higgs_cli.errors import DeviceError, HiggsError, StoppedError
from higgs_cli.server.mailbox import Mailbox
from higgs_cli.speech.chat import ChatEvent, ChatFrames, ChatPrompt, ChatWords

SHARE_SECONDS = 0.02
"""What a chat has of the thread at a time."""
FRAMES_OF_WORDS = 1 << 20
"""Words leave at once, however many frames are waited for."""

log = logging.getLogger("higgs.server")


@dataclass(eq=False)
class Chat:
    """A conversation that is being answered. All but the mailbox belongs to the thread."""

    prompt: ChatPrompt
    mailbox: Mailbox[ChatEvent]
    events: Iterator[ChatEvent] | None = None


@dataclass
class ChatTurns:
    """For the thread that speaks."""

    answer: Callable[[ChatPrompt], Iterator[ChatEvent]]
    _open: list[Chat] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self._open)

    def add(self, chat: Chat) -> None:
        self._open.append(chat)

    def drop(self, chat: Chat) -> None:
        """Nobody waits for it any more."""
        if chat in self._open:
            self._end(chat, HiggsError("nobody waits for it any more"))

    def close(self, trouble: HiggsError) -> None:
        for chat in tuple(self._open):
            self._end(chat, trouble)

    def go_on(self) -> None:
        """The next chat has its share."""
        if not self._open:
            return
        chat = self._open.pop(0)
        self._open.append(chat)
        try:
            self._speak(chat)
        except (StoppedError, DeviceError) as error:
            self._end(chat, error)
            raise
        except HiggsError as error:
            self._end(chat, error)
        except Exception:
            log.exception("a chat")
            self._end(chat, HiggsError("the server has a fault; see its log"))

    def _speak(self, chat: Chat) -> None:
        if chat.events is None:
            chat.events = self.answer(chat.prompt)
        until = time.monotonic() + SHARE_SECONDS
        while time.monotonic() < until:
            event = next(chat.events, None)
            if event is None:
                self._end(chat)
                return
            chat.mailbox.put(event, _frames_of(event))

    def _end(self, chat: Chat, trouble: HiggsError | None = None) -> None:
        self._open.remove(chat)
        chat.events = None
        chat.mailbox.end(trouble)


def _frames_of(event: ChatEvent) -> int:
    if isinstance(event, ChatFrames):
        return int(event.codes.shape[1])
    return FRAMES_OF_WORDS if isinstance(event, ChatWords) else 0
