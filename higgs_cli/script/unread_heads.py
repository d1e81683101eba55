"""Heads of lines in a dialogue that look like names and are none that is known.

Nobody is read aloud by the one before, name and all, unsaid: what can only be a name is refused,
what may be a word of the text (`Note: …`) is a warning that counts its lines.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from higgs_cli.errors import CastError
from higgs_cli.script.given_names import is_given_name
from higgs_cli.script.heads import Head, is_no_name

if TYPE_CHECKING:
    from higgs_cli.script.assembly import Assembly
    from higgs_cli.script.source_text import SourceText

CAPITALISED = re.compile(r"[^\W_a-z]")
JOINING = {"and", "of", "the", "von", "van", "de", "du", "la", "le", "und"}
OFTEN = 3
"""So many lines of one head are no accident of the text."""
SHOWN_LINES = 3
MOST_WORDS = 4


@dataclass
class _Met:
    """One name that nobody has, and where it stands."""

    name: str
    spans: list[tuple[int, int]] = field(default_factory=list)
    is_sure: bool = False


class UnreadHeads:
    """Collects them while a dialogue is parsed."""

    def __init__(self, assembly: Assembly) -> None:
        self.assembly = assembly
        self._met: dict[str, _Met] = {}

    def meet(self, text: SourceText, head: Head, *, goes_on: bool) -> None:
        if not _is_like_a_name(head) or (head.form == "alone" and not goes_on):
            return
        met = self._met.setdefault(head.name.casefold(), _Met(head.name))
        end = len(text.text[: head.length].rstrip())
        met.spans.append(text.span(len(text.text) - len(text.text.lstrip()), end))
        stands_out = head.form == "colon" and (head.is_capitals or head.is_marked)
        met.is_sure |= stands_out or is_given_name(head.name) or len(met.spans) >= OFTEN

    def refuse(self) -> None:
        """The first name that can be nothing else, with all of its kind."""
        sure = [met for met in self._met.values() if met.is_sure]
        if not sure:
            return
        first = sure[0]
        names = ", ".join(f'"{met.name}"' for met in sure[1:6])
        others = f" (nor {'are' if len(sure) > 2 else 'is'} {names})" if names else ""
        raise CastError(
            f'"{first.name}", at the head of {_lines(len(first.spans))}, is not a known '
            f"speaker{others}",
            spot=self.assembly.lines.spot(self.assembly.path, *first.spans[0]),
            hint=f'--cast "{first.name}=VOICE" makes it one, --as dialogue everybody; written '
            f"\\{first.name} it is text; `higgs cast` lists all who speak",
        )

    def warnings(self) -> tuple[str, ...]:
        return tuple(self._warning(met) for met in self._met.values() if not met.is_sure)

    def _warning(self, met: _Met) -> str:
        numbers = [str(self.assembly.lines.number_at(start)) for start, _ in met.spans]
        shown = ", ".join(numbers[:SHOWN_LINES]) + (" …" if numbers[SHOWN_LINES:] else "")
        return (
            f'"{met.name}" at the head of {_lines(len(numbers))} ({shown}) is read as text of the '
            f'one before; --cast "{met.name}=VOICE" makes it a speaker'
        )


def _is_like_a_name(head: Head) -> bool:
    words = head.name.split()
    if is_no_name(head.name) or len(words) > MOST_WORDS:
        return False
    return all(CAPITALISED.match(word.lstrip("#")) or word.casefold() in JOINING for word in words)


def _lines(count: int) -> str:
    return f"{count} line" + ("" if count == 1 else "s")
