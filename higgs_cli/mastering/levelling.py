"""Find the gain of each section after which, ceiling and all, it measures what it should.

One pass measures a section twice: as the takes are, and as the limiter leaves it at the gain that
is expected. What the limiter takes away changes slowly with the gain, so that the first pass nearly
always says enough; where it bites hard, another is made at the gain that was found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from higgs_cli.audio.k_weighting import Steps, step_powers, step_samples
from higgs_cli.audio.loudness import StepMeter
from higgs_cli.mastering.edges import Edges
from higgs_cli.mastering.limiter import limited, margin_samples
from higgs_cli.mastering.score import Part, Score
from higgs_cli.mastering.section import Level, Section, Target, section_samples
from higgs_cli.mastering.workers import Workers

STEPS_OF_BLOCK = 256
LOUDNESS_TOLERANCE_LU = 0.1
LARGEST_GAIN_DB = 40.0
MOST_PASSES = 5
STEEPEST = 4.0
SURE_STEP_DB = 1.0
SURE_ERROR_LU = 0.02

UNKNOWN_END = 1 << 62
"""More than is laid: of a section to which parts are still added."""


@dataclass(frozen=True)
class _Block:
    """A stretch of a section that is to be measured at its expected gain."""

    level: Level
    start: int
    end: int
    is_last: bool = False
    is_known: bool = False
    """Its sums as the takes are need not be measured again."""


class _Sums:
    """Of a section so far: K-weighted sums of its takes, and of what the limiter leaves."""

    def __init__(self, sample_rate: int) -> None:
        self.plain, self.held = StepMeter(sample_rate), StepMeter(sample_rate)

    def add(self, plain: Steps, held: Steps) -> None:
        self.plain.add(plain)
        self.held.add(held)


class Leveller:
    """Lays the parts of all sections, and measures them on the way."""

    def __init__(
        self, score: Score, target: Target, workers: Workers, tell: Callable[[int], None]
    ) -> None:
        self._score = score
        self._target = target
        self._workers = workers
        self._tell = tell
        self._step = step_samples(score.sample_rate)

    def levels(self, sections: Iterable[Section]) -> Iterator[Level]:
        """Each section when it is laid and its gain is known."""
        sums = _Sums(self._score.sample_rate)
        measured = self._workers.in_order(self._measured, self._laid_blocks(sections))
        for block, plain, held in measured:
            sums.add(plain, held)
            if block.is_last:
                yield replace(block.level, gain_db=self._gain(block.level, sums))
                sums = _Sums(self._score.sample_rate)

    def _laid_blocks(self, sections: Iterable[Section]) -> Iterator[_Block]:
        """Each block as soon as all that sounds in it is laid, and a margin after it."""
        length, margin = STEPS_OF_BLOCK * self._step, margin_samples(self._score.sample_rate)
        number = 0
        for section in sections:
            done, expected_db = self._score.end, self._expected_gain(section)
            level = Level(section.chapters, done, UNKNOWN_END, expected_db)
            numbered = enumerate(section.parts, number)
            for part, edges in self._workers.in_order(self._with_edges, numbered):
                self._score.lay(part, edges)
                number += 1
                self._tell(number)
                while self._score.end >= done + length + margin:
                    yield _Block(level, done, done + length)
                    done += length
            yield from self._blocks(replace(level, end=self._score.end), done)

    def _blocks(self, level: Level, start: int, is_known: bool = False) -> Iterator[_Block]:
        """From a place to the end of a section that is laid; the last may be empty."""
        length = STEPS_OF_BLOCK * self._step
        while level.end - start > length:
            yield _Block(level, start, start + length, is_known=is_known)
            start += length
        yield _Block(level, start, level.end, is_last=True, is_known=is_known)

    def _with_edges(self, numbered: tuple[int, Part]) -> tuple[Part, Edges]:
        number, part = numbered
        return part, self._score.edges_of(number, part)

    def _expected_gain(self, section: Section) -> float:
        if section.expected_lufs is None:
            return 0.0
        return min(LARGEST_GAIN_DB, self._target.loudness_lufs - section.expected_lufs)

    def _measured(self, block: _Block) -> tuple[_Block, Steps, Steps]:
        """Sums as the takes are, and as the limiter leaves them at the expected gain."""
        level, rate = block.level, self._score.sample_rate
        margin, before = margin_samples(rate), self._step
        start, end = block.start - before - margin, block.end + margin
        context = section_samples(self._score, level, start, end)
        louder, is_held = limited(context, rate, level.gain_db, self._target.true_peak_db)
        held = step_powers(louder, rate, before) if is_held or block.is_known else None
        if block.is_known and held is not None:
            return block, np.zeros(0), held
        plain = step_powers(context[margin : len(context) - margin], rate, before)
        return block, plain, plain * 10.0 ** (level.gain_db / 10.0) if held is None else held

    def _gain(self, level: Level, sums: _Sums) -> float:
        """By the sums at the expected gain; where they do not say enough, by more of them."""
        count = level.end - level.start
        plain, wanted = sums.plain.measured(count).loudness_lufs, self._target.loudness_lufs
        if plain is None:
            return 0.0
        gain_db, before = level.gain_db, None
        for passes in range(1, MOST_PASSES + 1):
            held = sums.held.measured(count).loudness_lufs
            reached = wanted if held is None else held
            missing, taken_db = wanted - reached, plain + gain_db - reached
            if _is_sure(missing, taken_db):
                return min(LARGEST_GAIN_DB, gain_db + missing)
            if abs(missing) <= LOUDNESS_TOLERANCE_LU:
                break
            # The first step is to what the limiter takes nothing from, whatever was expected; what
            # it takes back then, the next step gives on top.
            slope = 1.0 if before is None else (gain_db - before[0]) / ((reached - before[1]) or 1)
            step_db = missing - taken_db if before is None else missing * _within(slope)
            before, gain_db = (gain_db, reached), min(LARGEST_GAIN_DB, gain_db + step_db)
            if gain_db == before[0] or passes == MOST_PASSES:
                break
            sums = self._measured_again(replace(level, gain_db=gain_db))
        return gain_db

    def _measured_again(self, level: Level) -> _Sums:
        """At another gain."""
        sums, blocks = (
            _Sums(self._score.sample_rate),
            self._blocks(level, level.start, is_known=True),
        )
        for _, plain, held in self._workers.in_order(self._measured, blocks):
            sums.add(plain, held)
        return sums


def _within(slope: float) -> float:
    """A gain is never more than its effect, and is not raised without end."""
    return min(STEEPEST, max(1.0, slope))


def _is_sure(step_db: float, taken_db: float) -> bool:
    """Whether a step needs no measuring: the limiter will take about as much after it."""
    return abs(step_db) <= SURE_STEP_DB and abs(step_db) * taken_db <= SURE_ERROR_LU
