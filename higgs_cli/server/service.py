"""Speech for many at once, without HTTP: whole or streamed, from one open model.

    async with SpeechService(settings) as service:
        spoken = await service.whole(AskedSpeech("Good evening."))
        async for samples in service.stream(AskedSpeech("And good night.")):
            ...

Whole speech is checked and spoken again as a render does it: it is the takes that `higgs render`
of the same text, voice, settings and seed has, joined raw, before mastering. Streamed speech leaves
as it is decoded, so its first takes stand: a render with `--retries 0` that leaves nothing out. In
exact mode whole speech is that bit for bit and streamed speech to 1e-4, whoever else is served
meanwhile.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeVar

from higgs_cli.errors import GenerationTimeoutError, UsageError
from higgs_cli.files.memory_place import MemoryPlace
from higgs_cli.planning.plan import Plan
from higgs_cli.progress import SilentProgress
from higgs_cli.rendering.hearing import Listeners
from higgs_cli.rendering.part import Part
from higgs_cli.server.admission import Admission, ServiceLimits
from higgs_cli.server.asked import AskedSpeech, FieldError
from higgs_cli.server.asked_chat import AskedChat
from higgs_cli.server.chat_turns import Chat
from higgs_cli.server.mailbox import Mailbox, SpokenPiece
from higgs_cli.server.planned_text import TextPlanner
from higgs_cli.server.reply import Reply
from higgs_cli.server.request_gates import RequestGates
from higgs_cli.server.speaker import Speaker
from higgs_cli.server.spoken_sound import SpokenChunkSound, SpokenSound
from higgs_cli.server.voice_codes import NotEncodedError, VoiceCodes
from higgs_cli.settings.table import Settings
from higgs_cli.settings.views import CPU_LANES, Choices, ModelChoice, choices_of
from higgs_cli.speech.chat import Converses
from higgs_cli.takes.chosen_codes import ChosenCodes
from higgs_cli.takes.kept_sounds import sounds_of
from higgs_cli.takes.ledger import Ledger
from higgs_cli.takes.measure import Measure
from higgs_cli.takes.store import TakeStore
from higgs_cli.takes.voice_bank import VoiceBank, VoiceEncoder

if TYPE_CHECKING:
    from higgs_cli.checkpoints.abilities import Abilities
    from higgs_cli.server.chat_answer import ChatPart
    from higgs_cli.speech.protocol import Codes, Samples, Synthesizer, SynthesizerDescription

Result = TypeVar("Result")

FIRST_FRAMES, MOST_FRAMES = 12, 50
"""How many frames are decoded at once: the first give some sound, as the codec looks ten ahead;
then more and more, as it costs less."""
STORE_BYTES = 512 << 20
"""Of one request, takes and their sound."""
WARMING_FRAMES = 25
SERVING_CPU_LANES = 32
"""That a small model has on a CPU; how many speak at once: see `pace.py`."""
ASK_FOR_REPLIES = "start the server with --text-replies"


def served_choice(settings: Settings, *, replies: bool = False) -> ModelChoice:
    """The model that the settings name, as a service wants it opened."""
    model = choices_of(settings).model
    return replace(model, most_cpu_lanes=SERVING_CPU_LANES, replies=replies)


class SpeechService:
    """One open model, many requests. Entered and used in one event loop."""

    def __init__(
        self,
        settings: Settings,
        open_speech: Callable[[], Synthesizer] | None = None,
        limits: ServiceLimits | None = None,
        abilities: Abilities | None = None,
        *,
        replies: bool = False,
    ) -> None:
        """`open_speech`: who speaks, if it is not the model that the settings name. `replies`: may
        it be asked to `chat`? That takes a part of the model that speech does not need."""
        self.settings = settings
        self._admission = Admission(limits or ServiceLimits())
        self.on_first_sound: Callable[[float], None] = lambda seconds: None
        self.on_sound: Callable[[float], None] = lambda seconds: None
        self._open_speech = open_speech
        self._abilities = abilities
        self._replies = replies
        self._numbers = itertools.count()
        self._planning = ThreadPoolExecutor(1, "planning")
        self._encoding = ThreadPoolExecutor(1, "encoding")
        self._hearing = ThreadPoolExecutor(1, "hearing")
        self._gates = RequestGates(settings.gates)

    async def __aenter__(self) -> Self:
        await self._in(self._planning, self._open)
        lanes, least = self.description.lane_count, None
        if self.settings.lanes is None and self.description.device == "cpu":
            least = min(lanes, CPU_LANES)
        self._speaker = Speaker(self._synthesizer, lanes, least_lanes=least)
        self._speaker.start()
        return self

    async def __aexit__(self, *trouble: object) -> None:
        self._admission.is_closing = True
        await asyncio.to_thread(self._speaker.close)
        for threads in (self._decoding, self._planning, self._encoding, self._hearing):
            threads.shutdown(wait=False, cancel_futures=True)
        await asyncio.to_thread(self._gates.close)

    @property
    def description(self) -> SynthesizerDescription:
        return self._synthesizer.description

    @property
    def open_count(self) -> int:
        """How many are spoken or wait."""
        return self._admission.open_count

    @property
    def speaker(self) -> Speaker:
        return self._speaker

    def guest(self) -> Synthesizer:
        """The open model for renders in other threads of this process: their runs join the lanes,
        half of them at most."""
        from higgs_cli.server.guest import GuestSynthesizer

        def encode(recording: Path) -> Codes:
            return self._encoding.submit(self._synthesizer.encode_voice, recording).result()

        return GuestSynthesizer(self._synthesizer, self._speaker, encode)

    # -- speech --------------------------------------------------------------------------------

    async def whole(self, asked: AskedSpeech) -> SpokenSound:
        """All of it, checked; what failed its checks was spoken again, as a render does it."""
        async with self._spoken(asked, is_streamed=False) as (reply, left):
            await self._in_time(reply.mailbox.take(1), left)
            return await self._in_time(self._decoded(lambda: self._sound_of(reply, asked)), left)

    async def stream(self, asked: AskedSpeech) -> AsyncGenerator[Samples]:
        """Samples as they are decoded, from the first chunk on."""
        from higgs_cli.server.piece_sound import PieceSound

        if asked.gates:
            raise FieldError("what is streamed is heard before gates can judge it", "gates")
        began = time.monotonic()
        async with self._spoken(asked, is_streamed=True) as (reply, left):
            sound = PieceSound(self._decoder, asked.speed, self.description.sample_rate)
            wanted, is_first = FIRST_FRAMES, True
            while pieces := await self._in_time(reply.mailbox.take(wanted), left):
                samples = await self._decoded(lambda at=pieces: sound.add(at))  # type: ignore[misc]
                if len(samples):
                    if is_first:
                        self.on_first_sound(time.monotonic() - began)
                    is_first = False
                    self.on_sound(len(samples) / self.description.sample_rate)
                    yield samples
                    wanted = min(2 * wanted, MOST_FRAMES)
            rest = await self._decoded(sound.finish)
            if len(rest):
                yield rest

    async def chat(self, asked: AskedChat) -> AsyncGenerator[ChatPart]:
        """What the model answers to a conversation: words, samples, and last how it ended. Where a
        stretch of sound follows another or words, it is decoded by itself."""
        from higgs_cli.server.chat_answer import ChatAnswer
        from higgs_cli.server.piece_sound import PieceSound

        if not self._replies:
            raise UsageError("chats are not answered freely here", hint=ASK_FOR_REPLIES)
        self._admission.check_length(asked.text_length, "messages")
        with self._inside(asked.client) as left:
            codes = self._voice_codes
            prompt = await self._in(
                self._encoding, lambda: asked.prompt(self.settings, codes, codes.encoder)
            )
            chat = Chat(prompt, Mailbox())
            answer = ChatAnswer(PieceSound(self._decoder, 1.0, self.description.sample_rate))
            self._speaker.add_chat(chat)
            try:
                while events := await self._in_time(chat.mailbox.take(FIRST_FRAMES), left):
                    for part in await self._decoded(lambda at=events: answer.add(at)):  # type: ignore[misc]
                        yield part
                for part in await self._decoded(answer.finish):
                    yield part
            finally:
                self._speaker.drop_chat(chat)

    # -- from a request to a reply --------------------------------------------------------------

    @asynccontextmanager
    async def _spoken(
        self, asked: AskedSpeech, *, is_streamed: bool
    ) -> AsyncIterator[tuple[Reply, Callable[[], float]]]:
        """A reply on its way, and how much time is left for it; whoever leaves gives it up."""
        self._admission.check_length(len(asked.text), asked.text_field)
        with self._inside(asked.client) as left:
            mailbox: Mailbox[SpokenPiece] = Mailbox()
            part = await self._part(asked, is_streamed)
            reply = Reply(part, asked.client, is_streamed, mailbox)
            self._speaker.add(reply)
            try:
                yield reply, left
            finally:
                self._speaker.drop(reply)

    def _inside(self, client: str) -> AbstractContextManager[Callable[[], float]]:
        return self._admission.inside(client, self._speaker.state.lane_count)

    async def _part(self, asked: AskedSpeech, is_streamed: bool) -> Part:
        """Planned, and its voices encoded; not in the thread that speaks. Whoever brings a new
        recording waits for its codes, and nobody else does."""
        plan, choices = await self._in(
            self._planning, lambda: self._planner.planned(asked, is_checked=not is_streamed)
        )
        codes = self._voice_codes
        try:
            bank = await self._in(self._planning, lambda: _bank(plan, codes, codes.known_only))
        except NotEncodedError:
            bank = await self._in(self._encoding, lambda: _bank(plan, codes, codes.encoder))
        gates, listeners = await self._in(
            self._hearing, lambda: self._gates.of(asked.gates, choices, plan)
        )
        return await self._in(
            self._planning, lambda: self._part_of(plan, choices, bank, gates, listeners)
        )

    def _part_of(
        self,
        plan: Plan,
        choices: Choices,
        bank: VoiceBank,
        gates: tuple[Measure, ...],
        listeners: Listeners,
    ) -> Part:
        it = self.description
        store = TakeStore(Path("memory"), MemoryPlace(STORE_BYTES))
        store.open()
        store.expect(it.codes_form)
        ledger = Ledger(plan, store, it.identity, choices.takes, gates=gates)
        sounds = sounds_of(store.sounds, self._synthesizer)
        name = f"{next(self._numbers)}:"
        return Part(
            ledger,
            self._synthesizer,
            choices.sampling,
            SilentProgress(),
            sounds,
            listeners=listeners,
            name=name,
            bank=bank,
        )

    def _sound_of(self, reply: Reply, asked: AskedSpeech) -> SpokenSound:
        """The chosen takes, decoded as a render decodes them, joined."""
        import numpy as np

        from higgs_cli.audio.tempo import at_tempo

        part, rate = reply.part, self.description.sample_rate
        chosen, parts, placed, at = ChosenCodes(part.ledger.store), [], [], 0
        for chapter in reply.chapters:
            for settled in chapter.chunks:
                codes, start = chosen.of(settled), at / rate / asked.speed
                if codes is not None:
                    parts.append(part.shelf.sounds.of(codes))
                    at += len(parts[-1])
                placed.append(SpokenChunkSound(settled, start, at / rate / asked.speed))
        samples = at_tempo(np.concatenate(parts), asked.speed, rate)
        self.on_sound(len(samples) / rate)
        return SpokenSound(samples, rate, part.plan, tuple(placed))

    # -- threads -------------------------------------------------------------------------------

    async def _decoded(self, work: Callable[[], Result]) -> Result:
        return await self._in(self._decoding, work)

    async def _in(self, threads: ThreadPoolExecutor, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(threads, work)

    async def _in_time(self, work: Awaitable[Result], left: Callable[[], float]) -> Result:
        try:
            return await asyncio.wait_for(work, max(0.0, left()))
        except TimeoutError:
            limit = f"{self._admission.limits.seconds:g} s"
            raise GenerationTimeoutError(f"not spoken within {limit}") from None

    def _open(self) -> None:
        """Everything that the first request would wait for."""
        import numpy as np

        model = served_choice(self.settings, replies=self._replies)
        if model.is_shared_out:
            raise UsageError(
                "a server speaks with one model on one device",
                hint="leave --workers, --cluster and lists of devices out",
            )
        if self._open_speech is not None:
            self._synthesizer = self._open_speech()
        else:
            from higgs_cli.checkpoints.find import find_checkpoint
            from higgs_cli.pipeline import open_higgs

            self._synthesizer = open_higgs(model)
            self._abilities = find_checkpoint(model).abilities()
        if self._replies and not isinstance(self._synthesizer, Converses):
            raise UsageError("this model answers no chats", hint="leave --text-replies out")
        self._synthesizer.prepare()
        self._decoder = self._synthesizer.side_decoder()
        self._decoding = ThreadPoolExecutor(self._decoder.thread_count, "decoding")
        self._planner = TextPlanner(self.settings, self._abilities)
        self._voice_codes = VoiceCodes(self._synthesizer)
        it = self.description
        still = np.zeros((it.codebook_count, WARMING_FRAMES), np.int16)
        self._decoding.submit(self._decoder.decode, still).result()


def _bank(plan: Plan, codes: VoiceCodes, encoder: VoiceEncoder) -> VoiceBank:
    """With the codes of every recording that the plan's runs hear."""
    bank = VoiceBank(plan, codes, encoder)
    for run in plan.runs:
        bank.references(run)
    return bank
