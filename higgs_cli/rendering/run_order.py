"""The runs that are still to be spoken: what is stored is context, what is missing is spoken.

run      1✓ 2✓ 3· 4✓ 5· 6✓        ✓ stored   · missing
spoken         3     5            1, 2 and 4 are context; 6 is not needed
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator

from higgs_cli.planning.plan import Chunk, Run
from higgs_cli.speech.protocol import NOTHING_YET, NothingYet, SpeechChunk, SpeechRun
from higgs_cli.takes.ledger import Ledger
from higgs_cli.takes.voice_bank import VoiceBank

RUN, VOICE_OF = "run-", "voice-of-"
"""Beginnings of the keys of runs."""


class RunsToSpeak:
    """A source of runs: those that the ledger wants spoken again, and all that were never spoken
    whole, in the plan's order. It stays open until it is closed, because more may be wanted again.

    Lazily, so that a run is made of what is stored when a lane is free for it. One that was spoken
    and is not judged yet waits: what another take of a line hears follows from the judgement.
    """

    def __init__(self, ledger: Ledger, bank: VoiceBank) -> None:
        self._ledger = ledger
        self._bank = bank
        runs = ledger.plan.runs
        self._never_spoken = (run for run in runs if not ledger.is_spoken(run))
        self._again = [run for run in runs if ledger.is_judged(run) and ledger.unsettled(run)]
        self._is_open = True

    @property
    def is_empty(self) -> bool:
        """Asked before anything is taken from it: whether there is nothing to speak."""
        return not self._again and all(map(self._ledger.is_spoken, self._ledger.plan.runs))

    def add(self, run: Run) -> None:
        """This is to be spoken again."""
        insort(self._again, run, key=lambda run: run.number)

    def close(self) -> None:
        """No more will be wanted."""
        self._is_open = False

    def __iter__(self) -> Iterator[SpeechRun | NothingYet]:
        while True:
            run = self._again.pop(0) if self._again else next(self._never_spoken, None)
            if run is not None:
                yield from self._to_speak(run)
            elif self._is_open:
                yield NOTHING_YET
            else:
                return

    def _to_speak(self, run: Run) -> Iterator[SpeechRun]:
        """What the run wants to have spoken, after what is stored of it; nothing, if it is all
        settled by now."""
        ledger = self._ledger
        unsettled = ledger.unsettled(run)
        if not unsettled:
            return
        numbers = run.chunks[: run.chunks.index(unsettled[-1]) + 1]
        chunks = tuple(
            chunk
            for number in numbers
            if (chunk := _speech_chunk(ledger, number, run.speakers)) is not None
        )
        yield SpeechRun(
            key=f"{RUN}{run.number}",
            scene=ledger.plan.scene_text or "",
            references=self._bank.references(run),
            chunks=chunks,
            context_chunks=ledger.rules.context_chunks,
        )


def voice_runs(ledger: Ledger, bank: VoiceBank, lines: dict[str, int]) -> Iterator[SpeechRun]:
    """One line of each speaker without a recording, alone in its run."""
    for speaker, number in lines.items():
        if ledger.state(number).is_settled:
            continue
        chunk = _speech_chunk(ledger, number, (speaker,))
        run = Run(number, 0, 0, speakers=(speaker,), chunks=(number,))
        if chunk is not None:
            yield SpeechRun(
                key=f"{VOICE_OF}{speaker}",
                scene=ledger.plan.scene_text or "",
                references=bank.references(run),
                chunks=(chunk,),
                context_chunks=0,
            )


def _speech_chunk(ledger: Ledger, number: int, speakers: tuple[str, ...]) -> SpeechChunk | None:
    """A chunk to speak or to have in the context; None for one that failed and is left out."""
    chunk, state = ledger.plan.chunks[number], ledger.state(number)
    spoken = None
    if state.next_attempt is None:
        take = ledger.store.take(state.key, state.best.attempt) if state.best else None
        if take is None or not state.is_used:
            return None
        spoken = take.codes
    return SpeechChunk(
        key=chunk.key,
        text=_tagged(chunk, speakers),
        frame_budget=chunk.frame_budget,
        minimum_frames=chunk.minimum_frames,
        first_attempt=state.next_attempt or 0,
        stored_codes=spoken,
    )


def _tagged(chunk: Chunk, speakers: tuple[str, ...]) -> str:
    """In an ensemble the model is told who speaks."""
    if len(speakers) == 1:
        return chunk.text
    return f"[SPEAKER{speakers.index(chunk.speaker)}] {chunk.text}"
