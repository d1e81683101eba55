"""Every regular expression of the tree, how it is used, and texts that could make it slow."""

from __future__ import annotations

import ast
import importlib
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from re import _parser as regex_parser  # the parser of `re`: a pattern is its own best seed
from typing import Any

from higgs_cli.wording.lexicon import Beginning, Pronunciation
from tests.reliability.doubling import Hostile

ROOT = Path(__file__).parent.parent.parent
PACKAGES = ("higgs_cli", "model", "tokenizer")
AT_ONE_PLACE = {"match", "fullmatch"}
USUAL = " a1A.\n"
SPOILER = "\x01"
CATEGORIES = {
    "CATEGORY_DIGIT": "1",
    "CATEGORY_SPACE": " ",
    "CATEGORY_WORD": "a",
    "CATEGORY_NOT_SPACE": "a",
    "CATEGORY_NOT_WORD": " ",
    "CATEGORY_NOT_DIGIT": "a",
}


@dataclass(frozen=True)
class Used:
    """A pattern and how the tree uses it."""

    name: str
    pattern: re.Pattern[Any]
    is_searched: bool
    """Is it looked for in a text, and not only held to one place of it?"""

    def run(self, text: str) -> None:
        said: Any = text.encode("utf-8", "replace") if self._is_bytes else text
        if self.is_searched:
            for _ in self.pattern.finditer(said):
                pass
        else:
            self.pattern.match(said)
            self.pattern.fullmatch(said)

    @property
    def _is_bytes(self) -> bool:
        return isinstance(self.pattern.pattern, bytes)

    @property
    def written(self) -> str:
        written = self.pattern.pattern
        return written.decode("latin-1") if self._is_bytes else written

    def hostile(self, chance: random.Random, count: int) -> list[Hostile]:
        """The beginnings of texts that fit, each followed by much of what the pattern speaks of."""
        literal = [char for char in self.written if char not in r"\()*+?{}|^$:=!<"]
        parts = [*USUAL, *literal]
        seeds: set[Hostile] = set()
        tree = regex_parser.parse(self.pattern.pattern, self.pattern.flags & ~re.UNICODE)
        for _ in range(count):
            fitting = _example(tree, chance)
            before = fitting[: chance.randint(0, len(fitting))]
            seeds.add(Hostile(before, chance.choice(parts), chance.choice((SPOILER, "", before))))
            if before:
                part = before + chance.choice(("", " ", *parts))
                seeds.add(Hostile("", part, chance.choice((SPOILER, ""))))
        return sorted(seeds, key=repr)


def every_pattern() -> list[Used]:
    """Constants of modules, the rules that are made when they are needed, and those in a call."""
    uses, called = _uses()
    found: dict[tuple[object, int], Used] = {}
    for name, pattern in _compiled():
        module, _, constant = name.partition(" ")[0].rpartition(".")
        methods = uses.get((module, constant), {"unknown"})
        is_searched = not methods <= AT_ONE_PLACE
        found.setdefault((pattern.pattern, pattern.flags), Used(name, pattern, is_searched))
    for written, method in sorted(called):
        pattern = re.compile(written)
        is_searched = method not in AT_ONE_PLACE
        found.setdefault((written, pattern.flags), Used(f"re.{method}", pattern, is_searched))
    return list(found.values())


def _compiled() -> Iterator[tuple[str, re.Pattern[Any]]]:
    for path in _modules():
        if "\nimport re\n" in path.read_text(encoding="utf-8"):
            name = _module(path)
            imported = _imported(ast.parse(path.read_text(encoding="utf-8")))
            for constant, value in vars(importlib.import_module(name)).items():
                origin = ".".join(imported.get(constant, (name, constant)))
                yield from _inside(value, origin)
    entries = (Pronunciation("ab", "x"), Pronunciation("a a a a b", "x"), Pronunciation("'", "x"))
    yield "higgs_cli.wording.lexicon.pattern", Beginning(entries).pattern


def _inside(value: object, name: str) -> Iterator[tuple[str, re.Pattern[Any]]]:
    if isinstance(value, re.Pattern):
        yield name, value
    elif isinstance(value, (dict, tuple, list)):
        inner = value.items() if isinstance(value, dict) else enumerate(value)
        for key, each in inner:
            yield from _inside(each, f"{name} {key}")


Constant = tuple[str, str]
"""The module that makes it, and its name there."""


def _uses() -> tuple[dict[Constant, set[str]], set[tuple[str, str]]]:
    """The methods called on each constant, and the patterns that are written in a call of `re`."""
    uses: dict[Constant, set[str]] = {}
    called: set[tuple[str, str]] = set()
    for path in _modules():
        tree, module = ast.parse(path.read_text(encoding="utf-8")), _module(path)
        imported = _imported(tree)
        for name, method in _uses_of_names(tree):
            uses.setdefault(imported.get(name, (module, name)), set()).add(method)
        for owner, method, first in _calls(tree):
            if owner == "re" and method != "compile" and isinstance(first, ast.Constant):
                called.add((first.value, method))
    return uses, called


def _uses_of_names(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """(name, method): called on it, or on what a loop takes out of it; or it is handed on."""
    for node in ast.walk(tree):
        if isinstance(node, ast.For):
            taken = _names(node.target)
            methods = [method for owner, method, _ in _calls(node) if owner in taken]
            yield from ((name, method) for name in _names(node.iter) for method in methods)
        for argument in node.args if isinstance(node, ast.Call) else ():
            if isinstance(argument, ast.Name):
                yield argument.id, "handed on"
    for owner, method, _ in _calls(tree):
        yield owner, method


def _imported(tree: ast.AST) -> dict[str, Constant]:
    """What a module has from others, by its name here."""
    return {
        each.asname or each.name: (node.module or "", each.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for each in node.names
    }


def _module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def _calls(tree: ast.AST) -> Iterator[tuple[str, str, ast.expr | None]]:
    """Calls of the form `name.method(first, …)`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            if isinstance(owner, ast.Name):
                yield owner.id, node.func.attr, node.args[0] if node.args else None


def _names(target: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(target) if isinstance(node, ast.Name)}


def _modules() -> Iterator[Path]:
    for package in PACKAGES:
        yield from sorted((ROOT / package).rglob("*.py"))


# -- a text that fits a pattern ------------------------------------------------------------


def _example(tree: Any, chance: random.Random) -> str:
    said = ""
    for operation, value in tree:
        said += MAKERS.get(str(operation), _nothing)(value, chance, said)
    return said


def _one_of(choices: Any, chance: random.Random, _: str) -> str:
    kinds = [(str(kind), value) for kind, value in choices]
    if kinds[0][0] == "NEGATE":
        return chance.choice(USUAL)
    kind, value = chance.choice(kinds)
    if kind == "RANGE":
        return chr(chance.randint(*value))
    return chr(value) if kind == "LITERAL" else CATEGORIES[str(value)]


def _repeated(value: Any, chance: random.Random, _: str) -> str:
    least, most, tree = value
    return "".join(_example(tree, chance) for _ in range(max(int(least), min(1, int(most)))))


def _nothing(value: Any, chance: random.Random, said: str) -> str:
    return ""


MAKERS: dict[str, Callable[[Any, random.Random, str], str]] = {
    "LITERAL": lambda value, chance, said: chr(value),
    "NOT_LITERAL": lambda value, chance, said: chance.choice(USUAL),
    "ANY": lambda value, chance, said: chance.choice(USUAL),
    "IN": _one_of,
    "MAX_REPEAT": _repeated,
    "MIN_REPEAT": _repeated,
    "POSSESSIVE_REPEAT": _repeated,
    "SUBPATTERN": lambda value, chance, said: _example(value[3], chance),
    "ATOMIC_GROUP": lambda value, chance, said: _example(value, chance),
    "BRANCH": lambda value, chance, said: _example(chance.choice(value[1]), chance),
    "ASSERT": lambda value, chance, said: _example(value[1], chance) if value[0] > 0 else "",
    "GROUPREF": lambda value, chance, said: said[-1:],
}
