"""The trees of errors that are drawn are the classes that are there, and their names are apart."""

from __future__ import annotations

import inspect
import re
from types import ModuleType

import pytest

import higgs_cli.errors
import model.errors
import tokenizer.errors

LINE = re.compile(r"^(?P<stem>[ │]*(?:[├└]── )?)(?P<name>\w+Error)\b *(?P<code>\d+)?", re.MULTILINE)
INDENT = len("├── ")
PACKAGES = [higgs_cli.errors, model.errors, tokenizer.errors]


def error_classes(module: ModuleType) -> list[type[Exception]]:
    return [
        value
        for value in vars(module).values()
        if inspect.isclass(value) and issubclass(value, Exception)
        if value.__module__ == module.__name__
    ]


def drawn_tree(module: ModuleType) -> dict[str, str | None]:
    """The parent of each class, as the docstring draws it."""
    parents: dict[str, str | None] = {}
    above: list[str] = []
    drawn = list(LINE.finditer(module.__doc__ or ""))
    margin = len(drawn[0]["stem"])
    for line in drawn:
        depth = (len(line["stem"]) - margin) // INDENT
        parents[line["name"]] = above[depth - 1] if depth else None
        above[depth:] = [line["name"]]
    return parents


@pytest.mark.parametrize("module", PACKAGES, ids=lambda module: module.__name__)
def test_the_drawn_tree_is_the_tree_of_the_classes(module: ModuleType) -> None:
    classes = error_classes(module)
    names = {each.__name__ for each in classes}
    assert drawn_tree(module) == {
        each.__name__: next(
            (base.__name__ for base in each.__bases__ if base.__name__ in names), None
        )
        for each in classes
    }


def test_the_drawn_exit_codes_are_those_of_the_classes() -> None:
    drawn = {line["name"]: line["code"] for line in LINE.finditer(higgs_cli.errors.__doc__ or "")}
    assert drawn == {
        each.__name__: str(each.exit_code)  # type: ignore[attr-defined]
        for each in error_classes(higgs_cli.errors)
    }


def test_no_two_packages_call_an_error_by_the_same_name() -> None:
    names = [each.__name__ for module in PACKAGES for each in error_classes(module)]
    assert len(names) == len(set(names))
