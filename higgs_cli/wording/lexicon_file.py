"""Pronunciations added to the file of a lexicon, which stays as its writer left it otherwise.

New entries go to its end, in the way that the file has them: `word: replacement`, or a list.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from higgs_cli.errors import UsageError
from higgs_cli.files.atomic_file import write_whole
from higgs_cli.files.strict_yaml import Node, YamlSource, parse_yaml, read_yaml
from higgs_cli.wording.lexicon import Lexicon, Pronunciation, lexicon_of, words_node

EMPTY = ("", "words:", "words: []", "words: {}")
COMMENT = re.compile(r"(?<!\s)\s+#[^\"']*$")
"""At the end of an entry's line."""
BY_HAND = "write them into it by hand"


@dataclass(frozen=True)
class GrownLexicon:
    """A lexicon as it will be, which is not written yet."""

    path: Path
    new: tuple[Pronunciation, ...]
    text: str

    def write(self) -> None:
        if self.new:
            write_whole(self.path, self.text.encode())


def grown_lexicon(path: Path, wanted: Sequence[Pronunciation]) -> GrownLexicon:
    """The lexicon with what it does not say yet; a file that is not there is made."""
    root = read_yaml(path) if path.exists() else Node({}, YamlSource(str(path), ""), 0, 0)
    known = lexicon_of(root)
    new = tuple(_new(path, wanted, known))
    if not new:
        return GrownLexicon(path, (), root.source.text)
    text = _with_entries(path, root, new)
    grown = lexicon_of(parse_yaml(YamlSource(str(path), text)))
    if grown.entries != (*known.entries, *new):
        raise _refusal(path)
    return GrownLexicon(path, new, text)


def with_pronunciation(path: Path, entry: Pronunciation) -> GrownLexicon:
    """The lexicon in which one word is said so, whatever it says of it now."""
    root = read_yaml(path) if path.exists() else Node({}, YamlSource(str(path), ""), 0, 0)
    known = lexicon_of(root)
    for number, before in enumerate(known.entries):
        if _is_said_of(before, entry.word) and before.replacement != entry.replacement:
            now = replace(before, replacement=entry.replacement)
            return _with_other(path, root, number, now)
    return grown_lexicon(path, [entry])


def _is_said_of(entry: Pronunciation, word: str) -> bool:
    """Of this word, whoever says it and whatever it is."""
    is_general = entry.speaker is None and entry.part_of_speech is None
    return is_general and entry.word.casefold() == word.casefold()


def _with_other(path: Path, root: Node, number: int, entry: Pronunciation) -> GrownLexicon:
    """Another replacement in the line of an entry; all else stays."""
    node = words_node(root)
    is_list = isinstance(node.value, list)
    child = list(node.value if isinstance(node.value, list) else _values(node))[number]
    lines = root.source.text.split("\n")
    line = lines[child.line]
    indent = line[: len(line) - len(line.lstrip())]
    comment = COMMENT.search(line)
    told = f"- {_item(entry)}" if is_list else _pair(entry)
    lines[child.line] = indent + told + (comment[0] if comment else "")
    text = "\n".join(lines)
    wanted = list(lexicon_of(root).entries)
    wanted[number] = entry
    try:
        found = lexicon_of(parse_yaml(YamlSource(str(path), text))).entries
    except UsageError:
        found = ()
    if found != tuple(wanted):
        raise _refusal(path)
    return GrownLexicon(path, (entry,), text)


def _new(path: Path, wanted: Sequence[Pronunciation], known: Lexicon) -> Sequence[Pronunciation]:
    """Each once; one that the lexicon has otherwise is an error."""
    said = {
        entry.word.casefold(): entry.replacement
        for entry in known.entries
        if _is_said_of(entry, entry.word)
    }
    found: list[Pronunciation] = []
    for entry in wanted:
        before = said.get(entry.word.casefold())
        if before is None:
            said[entry.word.casefold()] = entry.replacement
            found.append(entry)
        elif before != entry.replacement:
            raise UsageError(
                f'{path} says "{entry.word}" as "{before}" already, not as "{entry.replacement}"',
                hint="keep one of them",
            )
    return found


def _with_entries(path: Path, root: Node, entries: Sequence[Pronunciation]) -> str:
    text = root.source.text
    if text.strip() in EMPTY:
        return "words:\n" + "".join(f"  {_pair(each)}\n" for each in entries)
    node = words_node(root)
    children = list(node.value if isinstance(node.value, list) else _values(node))
    is_list = isinstance(node.value, list) or node.value is None
    if not (children or node.value is None):
        raise _refusal(path)
    line = text.split("\n")[children[0].line] if children else "  "
    indent = line[: len(line) - len(line.lstrip())]
    rows = [f"{indent}- {_item(each)}" if is_list else indent + _pair(each) for each in entries]
    end = "" if text.endswith("\n") else "\n"
    return text + end + "\n".join(rows) + "\n"


def _values(node: Node) -> Sequence[Node]:
    return list(node.value.values()) if isinstance(node.value, dict) else []


def _pair(entry: Pronunciation) -> str:
    return f"{_quoted(entry.word)}: {_quoted(entry.replacement)}"


def _item(entry: Pronunciation) -> str:
    return f"{{word: {_quoted(entry.word)}, replacement: {_quoted(entry.replacement)}}}"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _refusal(path: Path) -> UsageError:
    return UsageError(f"{path}: nothing can be added to a lexicon of this form", hint=BY_HAND)
