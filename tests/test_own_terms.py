"""`model/` and `tokenizer/` speak in their own terms: they know no command line above them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
COMMAND_LINE = re.compile(r"(?<!\w)--[a-z]|`?\bhiggs (render|clone|codec|train|download|voices)\b")


def strings_of(path: Path) -> Iterator[ast.Constant]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node


@pytest.mark.parametrize("package", ["model", "tokenizer"])
def test_no_string_below_the_door_names_the_command_line(package: str) -> None:
    named = [
        f"{path.relative_to(ROOT)}:{string.lineno}: {string.value!r}"
        for path in sorted((ROOT / package).rglob("*.py"))
        for string in strings_of(path)
        if COMMAND_LINE.search(str(string.value))
    ]
    assert not named


@pytest.mark.parametrize("text", ["fewer --lanes", "say `--memory low`", "higgs codec convert x"])
def test_the_command_line_is_known_when_it_is_seen(text: str) -> None:
    assert COMMAND_LINE.search(text)
