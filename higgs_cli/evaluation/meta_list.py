"""Seed-TTS-eval's `meta.lst`, read strictly: who is cloned, and what the clone is to say.

    common_voice_en_1-2|words of the prompt|prompt-wavs/1.wav|words to say[|wavs/1-2.wav]

Paths are relative to the list and stay in its folder. The fifth field, a recording of the words by
the person of the prompt, may be left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePath

from higgs_cli.casting.references import LONGEST_TRANSCRIPT
from higgs_cli.casting.safe_paths import named_inside
from higgs_cli.errors import FormatError, HiggsError, ScriptError, SourceSpot, UsageError
from higgs_cli.evaluation.recordings import recording_seconds
from higgs_cli.files.plain_file import read_plain

MOST_BYTES = 1 << 24
MOST_NAME_BYTES = 200
"""A clip is kept as `NAME.wav`."""
FIELDS = "NAME|prompt words|prompt.wav|words to say[|truth.wav]"
MEND = "copy the file into the list's folder, or say --allow-outside"


@dataclass(frozen=True)
class ListItem:
    """One line of the list."""

    name: str
    prompt_text: str
    prompt: Path
    text: str
    truth: Path | None


def read_meta_list(path: Path, *, allow_outside: bool, count: int | None = None) -> list[ListItem]:
    """All items, or the first so many; what is wrong with a line is said with the line."""
    try:
        lines = read_plain(path, MOST_BYTES).decode("utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"{path}: cannot be read: {reason}") from error
    items: list[ListItem] = []
    names: set[str] = set()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        spot = _Spot(path, number, line.rstrip("\r"))
        item = _item(spot, allow_outside)
        if item.name.casefold() in names:
            raise spot.refusal(f'the name "{item.name}" stands in the list twice')
        names.add(item.name.casefold())
        items.append(item)
        if len(items) == count:
            break
    if not items:
        raise UsageError(f"{path}: contains no items", hint=f"a line is {FIELDS}")
    return items


@dataclass(frozen=True)
class _Spot:
    """A line, to be complained of."""

    path: Path
    number: int
    line: str

    def refusal(self, message: str, hint: str | None = None) -> HiggsError:
        return ScriptError(
            message, spot=SourceSpot(str(self.path), self.number, self.line), hint=hint
        )


def _item(spot: _Spot, allow_outside: bool) -> ListItem:
    fields = [field.strip() for field in spot.line.split("|")]
    if len(fields) not in (4, 5):
        raise spot.refusal(f"{len(fields)} fields, not 4 or 5", f"a line is {FIELDS}")
    name, prompt_text, prompt, text, truth = [*fields, ""][:5]
    _check_name(spot, name)
    for what, words in (("the words of the prompt", prompt_text), ("the words to say", text)):
        if not words:
            raise spot.refusal(f"{what} are missing", f"a line is {FIELDS}")
        if len(words) > LONGEST_TRANSCRIPT or "\x00" in words:
            raise spot.refusal(f"{what} are no text of this kind")

    def inside(written: str, what: str) -> Path:
        path = named_inside(
            spot.path.parent, written, what, spot.refusal, allow_outside=allow_outside, mend=MEND
        )
        try:
            recording_seconds(path)  # now, and not after hours
        except FormatError as error:
            raise spot.refusal(f"{what}: {error.message}", error.hint) from None
        return path

    recorded = inside(truth, "the recording") if truth else None
    return ListItem(name, prompt_text, inside(prompt, "the prompt"), text, recorded)


def _check_name(spot: _Spot, name: str) -> None:
    """It becomes the name of a file."""
    is_plain = name and PurePath(name).name == name and name not in (".", "..") and "\\" not in name
    if not is_plain or not name.isprintable() or len(name.encode()) > MOST_NAME_BYTES:
        raise spot.refusal("the name cannot be the name of a file")
