"""The takes of a book become its performance: voices levelled, chapters joined, one after another.

Voices are brought to one level within a section: a chapter by itself, so that a chapter sounds the
same whether it is delivered alone or in the book.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial, reduce
from typing import TYPE_CHECKING, Protocol

from higgs_cli.audio.clip import Samples
from higgs_cli.audio.loudness import BlockPower
from higgs_cli.casting.cast import Cast
from higgs_cli.mastering.master import Performance, performed
from higgs_cli.mastering.room import Room
from higgs_cli.mastering.score import Part
from higgs_cli.mastering.section import Section, Target
from higgs_cli.mastering.voice_gain import LineLevel, uneven_lines, voice_gains
from higgs_cli.planning.plan import Chunk
from higgs_cli.settings.views import Mastering
from higgs_cli.takes.chosen_codes import ChosenCodes
from higgs_cli.takes.settled import SettledChunk, SpokenChapter, SpokenPlan

if TYPE_CHECKING:
    from higgs_cli.speech.protocol import Codes


class Sounds(Protocol):
    """Where takes are heard: by several threads, as often as they ask."""

    def of(self, codes: Codes) -> Samples: ...


def mastered(
    spoken: SpokenPlan,
    cast: Cast,
    codes: ChosenCodes,
    sounds: Sounds,
    mastering: Mastering,
    tell: Callable[[float], None] = lambda share: None,
    thread_count: int | None = None,
) -> AbstractContextManager[Performance]:
    """The performance of all chapters; see `master.performed`."""
    sections = (
        _section(chapters, cast, codes, sounds) for chapters in _sections(spoken, mastering)
    )
    target = Target(mastering.loudness, mastering.true_peak)
    count = max(1, sum(1 for _ in spoken.chunks))
    rate = spoken.description.sample_rate
    room = Room(mastering.head, mastering.tail, mastering.room_tone)
    return performed(sections, rate, target, thread_count, part_count=count, tell=tell, room=room)


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


def _section(
    chapters: Sequence[SpokenChapter], cast: Cast, codes: ChosenCodes, sounds: Sounds
) -> Section:
    chunks = _chunks(chapters)
    lines = _line_levels(chunks)
    own_gains = {member.speaker: member.voice.gain_db for member in cast.members}
    voices = voice_gains(lines)
    gains = {
        settled.chunk.number: voices.get(_voice_of(settled.chunk), 0.0)
        + own_gains[settled.chunk.speaker]
        for settled in chunks
    }
    heard = [line.power.louder(gains[line.chunk_number]) for line in lines]
    expected = reduce(BlockPower.plus, heard, BlockPower(0.0, 0)).loudness_lufs
    numbers = tuple(chapter.number for chapter in chapters)
    return Section(numbers, _parts(chunks, gains, codes, sounds), expected)


def _parts(
    chunks: Iterable[SettledChunk], gains: Mapping[int, float], codes: ChosenCodes, sounds: Sounds
) -> Iterator[Part]:
    for settled in chunks:
        chunk = settled.chunk
        is_heard = settled.take is not None and settled.is_used
        yield Part(
            chunk_number=chunk.number,
            pause_seconds=chunk.pause.seconds,
            sound=partial(_sound, settled, codes, sounds) if is_heard else None,
            gain_db=gains[chunk.number],
            silence_seconds=chunk.seconds,
        )


def _sound(settled: SettledChunk, codes: ChosenCodes, sounds: Sounds) -> Samples:
    chosen = codes.of(settled)
    assert chosen is not None
    return sounds.of(chosen)


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
