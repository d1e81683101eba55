"""The recipe of the mini model names scripts and options that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

RECIPE = Path(__file__).parents[1] / "examples" / "train_mini"
COMMAND = re.compile(r"python (\w+\.py)([^`&|]*)")


def commands() -> list[tuple[str, list[str]]]:
    """Each script that the README runs, with the options it gives it."""
    text = (RECIPE / "README.md").read_text(encoding="utf-8").replace("\n", " ")
    return [(name, re.findall(r"(?<!\S)(--[\w-]+)", rest)) for name, rest in COMMAND.findall(text)]


def test_the_recipe_has_commands() -> None:
    assert len(commands()) > 20


@pytest.mark.parametrize(("name", "options"), commands())
def test_a_command_of_the_recipe_names_options_that_its_script_has(
    name: str, options: list[str]
) -> None:
    script = (RECIPE / name).read_text(encoding="utf-8")
    assert [option for option in options if f'"{option}"' not in script] == []


def test_every_script_of_the_recipe_is_named_in_it() -> None:
    """Or is read by one that is."""
    named = {name for name, _ in commands()}
    sources = {path.name: path.read_text(encoding="utf-8") for path in RECIPE.glob("*.py")}
    read = {
        f"{module}.py"
        for source in sources.values()
        for module in re.findall(r"^(?:from|import) (\w+)", source, re.MULTILINE)
    }
    assert set(sources) - named - read == set()
