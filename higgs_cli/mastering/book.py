"""The takes of a book become its performance: voices levelled, chapters joined, one after another.

Voices are brought to one level within a section: a chapter by itself, so that a chapter sounds the
same whether it is delivered alone or in the book.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from higgs_cli.audio.clip import AudioClip
from higgs_cli.audio.loudness import BlockPower
from higgs_cli.casting.cast import Cast
from higgs_cli.mastering.master import Performance, Section, Target, performed
from higgs_cli.mastering.stitching import Part
from higgs_cli.mastering.voice_gain import LineLevel, uneven_lines, voice_gains
from higgs_cli.planning.plan import Chunk
from higgs_cli.settings.views import Mastering
from higgs_cli.takes.chosen_codes import ChosenCodes
from higgs_cli.takes.kept_sounds import KeptSounds
from higgs_cli.takes.settled import SettledChunk, SpokenChapter, SpokenPlan


def mastered(
    spoken: SpokenPlan,
    cast: Cast,
    codes: ChosenCodes,
    sounds: KeptSounds,
    mastering: Mastering,
    spool: Path,
) -> AbstractContextManager[Performance]:
    """The performance of all chapters; see `master.performed`."""
    rate = spoken.description.sample_rate
    sections = (
        Section(
            tuple(chapter.number for chapter in chapters),
            _parts(_chunks(chapters), cast, codes, sounds, rate),
        )
        for chapters in _sections(spoken, mastering)
    )
    return performed(sections, rate, Target(mastering.loudness, mastering.true_peak), spool)


def uneven_chunks(spoken: SpokenPlan, mastering: Mastering) -> dict[int, float]:
    """Chunks that are far off the level of their voice, with how much, by chunk number."""
    return {
        number: offset_db
        for chapters in _sections(spoken, mastering)
        for number, offset_db in uneven_lines(_line_levels(_chunks(chapters))).items()
    }


def _sections(spoken: SpokenPlan, mastering: Mastering) -> Iterator[Sequence[SpokenChapter]]:
    if mastering.levels_chapters:
        return ((chapter,) for chapter in spoken.chapters)
    return iter((spoken.chapters,))


def _chunks(chapters: Iterable[SpokenChapter]) -> list[SettledChunk]:
    return [settled for chapter in chapters for settled in chapter.chunks]


def _parts(
    chunks: Sequence[SettledChunk],
    cast: Cast,
    codes: ChosenCodes,
    sounds: KeptSounds,
    sample_rate: int,
) -> Iterator[Part]:
    gains = voice_gains(_line_levels(chunks))
    own_gains = {member.speaker: member.voice.gain_db for member in cast.members}
    samples_in_order = sounds.in_order(map(codes.of, chunks))
    for settled, samples in zip(chunks, samples_in_order, strict=True):
        chunk = settled.chunk
        yield Part(
            chunk_number=chunk.number,
            pause_seconds=chunk.pause.seconds,
            clip=None if samples is None else AudioClip(samples, sample_rate),
            gain_db=gains.get(_voice_of(chunk), 0.0) + own_gains[chunk.speaker],
            silence_seconds=chunk.seconds,
        )


def _line_levels(chunks: Iterable[SettledChunk]) -> list[LineLevel]:
    return [
        LineLevel(
            each.chunk.number,
            _voice_of(each.chunk),
            BlockPower(each.take.levels.block_power_sum, each.take.levels.block_count),
        )
        for each in chunks
        if each.take is not None and each.is_used
    ]


def _voice_of(chunk: Chunk) -> str:
    """What is levelled as one: a speaker in one mood keeps the level of that mood."""
    return f"{chunk.speaker}/{chunk.mood or ''}"
