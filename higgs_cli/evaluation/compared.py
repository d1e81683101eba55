"""Two performances of the same lines, paired line by line.

A line is found again by who says what, and by how often that was said before it.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from higgs_cli.errors import UsageError
from higgs_cli.evaluation.sound import Sound


@dataclass(frozen=True)
class ComparedLine:
    """One line as one side performs it."""

    speaker: str
    text: str
    sound: Sound
    reference: Sound | None
    """The recording of the voice that it was cloned from."""
    seconds: float
    made_of: str
    """Names all that made it, known without listening: answers to a blind page are told by it."""


@dataclass(frozen=True)
class Side:
    """One of the two performances."""

    name: str
    lines: tuple[ComparedLine, ...]


@dataclass(frozen=True)
class Pair:
    """A line by both sides."""

    first: ComparedLine
    second: ComparedLine

    @property
    def text(self) -> str:
        return self.first.text

    @property
    def speaker(self) -> str:
        return self.first.speaker


@dataclass(frozen=True)
class Pairing:
    """What both sides say, in the order of the first, and how much only one of them says."""

    names: tuple[str, str]
    pairs: tuple[Pair, ...]
    unpaired: tuple[int, int]

    def sample(self, count: int | None, seed: int) -> Pairing:
        """So many pairs, chosen by the seed, in their order."""
        if count is None or count >= len(self.pairs):
            return self
        chosen = sorted(random.Random(f"{seed}:judged").sample(range(len(self.pairs)), count))
        return Pairing(self.names, tuple(self.pairs[n] for n in chosen), self.unpaired)


def paired(first: Side, second: Side) -> Pairing:
    """Refuses sides that have nothing in common."""
    others = dict(_numbered(second.lines))
    own = list(_numbered(first.lines))
    pairs = tuple(Pair(line, others[key]) for key, line in own if key in others)
    if not pairs:
        raise UsageError(
            f"{first.name} and {second.name} have no line in common",
            hint="compare two performances of the same text, by speakers of the same names",
        )
    unpaired = (len(first.lines) - len(pairs), len(second.lines) - len(pairs))
    return Pairing(_told_apart(first.name, second.name), pairs, unpaired)


def _numbered(
    lines: Sequence[ComparedLine],
) -> Iterable[tuple[tuple[str, str, int], ComparedLine]]:
    said: Counter[tuple[str, str]] = Counter()
    for line in lines:
        words = (line.speaker, " ".join(line.text.split()))
        yield (*words, said[words]), line
        said[words] += 1


def _told_apart(first: str, second: str) -> tuple[str, str]:
    return (first, second) if first != second else (f"{first} (A)", f"{second} (B)")
