"""YAML from strangers: plain values with their line numbers, and a refusal of everything else.

Built on the parser's events, so that no value is ever constructed by a rule of YAML's own: no tags,
no aliases, no dates, no sexagesimal numbers, no recursion. Size, depth and node count are bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any, Union

from higgs_cli.errors import ScriptError, SourceSpot
from higgs_cli.files.plain_file import read_plain
from higgs_cli.plain_text import is_whole

MAXIMUM_BYTES = 256 * 1024
MAXIMUM_DEPTH = 50
MAXIMUM_NODES = 20_000

NUMBER = re.compile(r"[-+]?\d{1,15}(\.\d{1,15})?")

Value = Union[str, int, float, bool, None, list["Node"], dict[str, "Node"]]  # noqa: UP007


@dataclass(frozen=True)
class YamlSource:
    """Where a YAML text stands: its file, its lines, and the line of the file it begins on."""

    path: str
    text: str
    first_line: int = 1

    @cached_property
    def _lines(self) -> list[str]:
        return self.text.split("\n")

    def spot(self, line: int, start: int = 0, end: int | None = None) -> SourceSpot:
        """`line` counts from 0 within the text."""
        shown = self._lines[line] if line < len(self._lines) else ""
        return SourceSpot(self.path, line + self.first_line, shown, min(start, len(shown)), end)


@dataclass(frozen=True)
class Node:
    """A value and where it, or the key it belongs to, is written."""

    value: Value
    source: YamlSource
    line: int
    start: int
    end: int | None = None

    @property
    def line_number(self) -> int:
        """Of the file, from 1."""
        return self.line + self.source.first_line

    def refusal(self, message: str, hint: str | None = None) -> ScriptError:
        """An error that points here."""
        return ScriptError(
            message, spot=self.source.spot(self.line, self.start, self.end), hint=hint
        )

    def text(self, what: str) -> str:
        """The value as text; numbers are read as they are written."""
        if isinstance(self.value, str) and self.value.strip():
            return self.value
        if isinstance(self.value, (int, float)) and not isinstance(self.value, bool):
            return str(self.value)
        raise self.refusal(f"{what} must be a text")

    def number(self, what: str, low: float, high: float) -> float:
        if isinstance(self.value, (int, float)) and not isinstance(self.value, bool):
            if low <= self.value <= high:
                return float(self.value)
            raise self.refusal(f"{what} must be between {low:g} and {high:g}")
        raise self.refusal(f"{what} must be a number")

    def flag(self, what: str) -> bool:
        if isinstance(self.value, bool):
            return self.value
        raise self.refusal(f"{what} must be true or false")

    def items(self, what: str) -> list[Node]:
        if isinstance(self.value, list):
            return self.value
        raise self.refusal(f"{what} must be a list")

    def entries(self, what: str) -> dict[str, Node]:
        if isinstance(self.value, dict):
            return self.value
        raise self.refusal(f"{what} must be a table of `name: value` lines")

    def known_entries(self, what: str, known: tuple[str, ...]) -> dict[str, Node]:
        """The entries, none of which may have a name that is not known."""
        entries = self.entries(what)
        for key, node in entries.items():
            if key not in known:
                near = get_close_matches(key, known, n=1)
                hint = f"did you mean `{near[0]}`?" if near else f"known: {', '.join(known)}"
                raise node.refusal(f'unknown key "{key}" in {what}', hint)
        return entries

    def plain(self) -> Any:
        """The value without its places."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value


def read_yaml(path: Path, maximum_bytes: int = MAXIMUM_BYTES) -> Node:
    """The one document of a file."""
    try:
        data = read_plain(path, maximum_bytes)
    except OSError as error:
        raise ScriptError(f"{path}: cannot be read: {error.strerror or error}") from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ScriptError(f"{path}: byte {error.start} is not UTF-8") from None
    source = YamlSource(str(path), text.replace("\r\n", "\n").replace("\r", "\n"))
    return parse_yaml(source, maximum_bytes)


def parse_yaml(source: YamlSource, maximum_bytes: int = MAXIMUM_BYTES) -> Node:
    """The one document of a text; an empty one is an empty table."""
    import yaml

    if len(source.text) > maximum_bytes:
        raise ScriptError(f"{source.path}: larger than {maximum_bytes // 1024} KiB")
    try:
        events = yaml.parse(source.text, Loader=yaml.SafeLoader)
        most_nodes = MAXIMUM_NODES * maximum_bytes // MAXIMUM_BYTES
        node = _Builder(source, most_nodes).document(events)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        spot = source.spot(mark.line, mark.column, mark.column + 1) if mark else None
        raise ScriptError(f"not YAML: {error.problem or error.context}", spot=spot) from None
    except yaml.YAMLError as error:
        raise ScriptError(f"{source.path}: not YAML: {str(error).splitlines()[0]}") from None
    except (ValueError, AttributeError, IndexError) as error:
        # PyYAML lets a few of its own slips out, on damaged directives and escapes.
        raise ScriptError(f"{source.path}: not YAML ({error})") from None
    return node


class _Builder:
    """Builds nodes from events without recursion, counting as it goes."""

    def __init__(self, source: YamlSource, most_nodes: int) -> None:
        self.source = source
        self.most_nodes = most_nodes
        self.node_count = 0

    def document(self, events: Iterator[Any]) -> Node:
        root: Node | None = None
        stack: list[tuple[Node, Node | None]] = []  # a collection, and the key that waits in it
        for event in events:
            name = type(event).__name__
            if name == "DocumentStartEvent" and root is not None:
                raise self._node(event, None).refusal("a second document is not read")
            if name in ("SequenceEndEvent", "MappingEndEvent"):
                stack.pop()
                continue
            node = self._from_event(name, event)
            if node is None:
                continue
            if stack:
                stack[-1] = self._placed(node, *stack[-1])
            else:
                root = node
            if name in ("SequenceStartEvent", "MappingStartEvent"):
                stack.append((node, None))
                if len(stack) > MAXIMUM_DEPTH:
                    raise node.refusal(f"nested deeper than {MAXIMUM_DEPTH} levels")
        return root or Node({}, self.source, 0, 0)

    def _from_event(self, name: str, event: Any) -> Node | None:
        if name == "AliasEvent" or getattr(event, "anchor", None):
            raise self._node(event, None).refusal("aliases (`&` and `*`) are not read")
        if getattr(event, "tag", None):
            raise self._node(event, None).refusal("tags (`!`) are not read")
        if name == "ScalarEvent":
            node = self._node(event, _scalar(event.value, event.style))
            if not is_whole(event.value):
                hint = "write the character itself"
                raise node.refusal("half of a surrogate pair is not a character", hint)
            return node
        if name == "SequenceStartEvent":
            return self._node(event, [])
        return self._node(event, {}) if name == "MappingStartEvent" else None

    def _node(self, event: Any, value: Value) -> Node:
        self.node_count += 1
        first, last = event.start_mark, event.end_mark
        end = last.column if last.line == first.line else None
        node = Node(value, self.source, first.line, first.column, end)
        if self.node_count > self.most_nodes:
            raise node.refusal(f"more than {self.most_nodes} values")
        return node

    def _placed(self, node: Node, parent: Node, key: Node | None) -> tuple[Node, Node | None]:
        """Put a node into its collection; the key that now waits there, if any."""
        if isinstance(parent.value, list):
            parent.value.append(node)
            return parent, None
        assert isinstance(parent.value, dict)
        if key is None:
            if isinstance(node.value, (list, dict)):
                raise node.refusal("a name must be a text")
            return parent, node
        name = self._name(key)
        if name in parent.value:
            raise key.refusal(f'"{name}" is given twice')
        # The place of a value is its key's, which is what a person would look for.
        parent.value[name] = Node(node.value, self.source, key.line, key.start, key.end)
        return parent, None

    def _name(self, key: Node) -> str:
        """A key as it is written: `no` and `1` are names like any other."""
        spot = self.source.spot(key.line, key.start, key.end)
        written = spot.line[spot.start : spot.end]
        return key.value if isinstance(key.value, str) else written.strip()


def _scalar(text: str, style: str | None) -> Value:
    if style is not None:
        return text
    if text in ("", "~", "null"):
        return None
    if text in ("true", "false"):
        return text == "true"
    if NUMBER.fullmatch(text):
        return float(text) if "." in text else int(text)
    return text
