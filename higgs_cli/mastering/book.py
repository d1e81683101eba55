"""The takes of a book become its performance: voices levelled, chapters joined, one after another.

Voices are brought to one level within a section: a chapter by itself, so that a chapter sounds the
same whether it is delivered alone or in the book. Each take is heard at the pace of its speaker.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial, reduce
from typing import TYPE_CHECKING, Protocol

from higgs_cli.audio.clip import Samples
from higgs_cli.audio.loudness import BlockPower
from higgs_cli.audio.tempo import at_tempo
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
    rate = spoken.description.sample_rate
    heard = _Heard(cast, codes, sounds, rate)
    sections = (_section(chapters, heard) for chapters in _sections(spoken, mastering))
    target = Target(mastering.loudness, mastering.true_peak)
    count = max(1, sum(1 for _ in spoken.chunks))
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


@dataclass(frozen=True)
class _Heard:
    """Where chunks become samples."""

    cast: Cast
    codes: ChosenCodes
    sounds: Sounds
    sample_rate: int

    def pace(self, chunk: Chunk) -> float:
        return self.cast.member(chunk.speaker).pace

    def sound(self, settled: SettledChunk) -> Samples:
        chosen = self.codes.of(settled)
        assert chosen is not None
        return at_tempo(self.sounds.of(chosen), self.pace(settled.chunk), self.sample_rate)


def _section(chapters: Sequence[SpokenChapter], heard: _Heard) -> Section:
    chunks = _chunks(chapters)
    lines = _line_levels(chunks)
    own_gains = {member.speaker: member.voice.gain_db for member in heard.cast.members}
    voices = voice_gains(lines)
    gains = {
        settled.chunk.number: voices.get(_voice_of(settled.chunk), 0.0)
        + own_gains[settled.chunk.speaker]
        for settled in chunks
    }
    louder = [line.power.louder(gains[line.chunk_number]) for line in lines]
    expected = reduce(BlockPower.plus, louder, BlockPower(0.0, 0)).loudness_lufs
    numbers = tuple(chapter.number for chapter in chapters)
    return Section(numbers, _parts(chunks, gains, heard), expected)


def _parts(
    chunks: Iterable[SettledChunk], gains: Mapping[int, float], heard: _Heard
) -> Iterator[Part]:
    for settled in chunks:
        chunk = settled.chunk
        is_heard = settled.take is not None and settled.is_used
        yield Part(
            chunk_number=chunk.number,
            pause_seconds=chunk.pause.seconds,
            sound=partial(heard.sound, settled) if is_heard else None,
            gain_db=gains[chunk.number],
            silence_seconds=chunk.seconds / heard.pace(chunk),
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
