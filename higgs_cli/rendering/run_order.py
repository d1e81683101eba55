"""The runs that are still to be spoken: what is stored is context, what is missing is spoken.

run      1✓ 2✓ 3· 4✓ 5· 6✓        ✓ stored   · missing
spoken         3     5            1, 2 and 4 are context; 6 is not needed
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from higgs_cli.planning.plan import Chunk, Run
from higgs_cli.speech.protocol import SpeechChunk, SpeechRun
from higgs_cli.takes.ledger import Ledger
from higgs_cli.takes.voice_bank import VoiceBank


def runs_to_speak(
    ledger: Ledger, bank: VoiceBank, runs: Iterable[Run], context_chunks: int
) -> Iterator[SpeechRun]:
    """Lazily, so that a run is made of what is stored when a lane is free for it."""
    for run in runs:
        unsettled = ledger.unsettled(run)
        if not unsettled:
            continue
        numbers = run.chunks[: run.chunks.index(unsettled[-1]) + 1]
        chunks = tuple(
            chunk
            for number in numbers
            if (chunk := _speech_chunk(ledger, number, run.speakers)) is not None
        )
        yield SpeechRun(
            key=f"run-{run.number}",
            scene=ledger.plan.scene_text or "",
            references=bank.references(run),
            chunks=chunks,
            context_chunks=context_chunks,
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
                key=f"voice-of-{speaker}",
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
