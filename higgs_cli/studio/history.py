"""The steps that were done at a desk, each of which can be undone, the last one first.

A step knows what it left behind: where that is another thing by now, undoing is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from higgs_cli.errors import UsageError
from higgs_cli.files.atomic_file import write_whole
from higgs_cli.files.plain_file import read_plain
from higgs_cli.script.decoding import MAXIMUM_BYTES
from higgs_cli.studio.conflict import ConflictError

MOST_STEPS = 1000


@dataclass(frozen=True)
class Step:
    """Something that was changed."""

    number: int
    said: str
    """For a person."""
    undo: Callable[[], None]


class History:
    """The steps of one book; changed only by who holds the book."""

    def __init__(self) -> None:
        self._steps: list[Step] = []
        self._count = 0

    def add(self, said: str, undo: Callable[[], None]) -> None:
        self._count += 1
        self._steps = [*self._steps[-MOST_STEPS:], Step(self._count, said, undo)]

    @property
    def last(self) -> Step | None:
        return self._steps[-1] if self._steps else None

    def undo(self, number: int) -> str:
        """Undo the last step, if it is the one that is meant; what it was."""
        step = self.last
        if step is None or step.number != number:
            raise ConflictError("another step was done or undone meanwhile; look at it again")
        step.undo()
        self._steps = self._steps[:-1]
        return step.said


@dataclass(frozen=True)
class FileChange:
    """A small file that becomes another; None where there is none."""

    path: Path
    before: bytes | None
    after: bytes

    def apply(self) -> None:
        self._write(self.before, self.after)

    def undo(self) -> None:
        self._write(self.after, self.before)

    def _write(self, expected: bytes | None, wanted: bytes | None) -> None:
        if bytes_of(self.path) != expected:
            raise ConflictError(f"{self.path.name} was changed meanwhile; look at it again")
        if wanted is None:
            self.path.unlink()
        else:
            write_whole(self.path, wanted)


def bytes_of(path: Path) -> bytes | None:
    """What lies there, if that is a plain file."""
    try:
        return read_plain(path, MAXIMUM_BYTES)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror or error}") from None
