"""What is set in italics is said like the rest, and stays known."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from higgs_cli.output.manifest.read import read_manifest
from higgs_cli.planning.emphasis import Emphasis
from higgs_cli.planning.plan import Chunk
from higgs_cli.script.source_text import Piece
from tests.helpers import CommandLine
from tests.planning.planning_fixtures import planned

BOOK = """\
# One

I said *Mr. Lee*, not **her**. It cost *$5*.

*All of this
is a letter.* And _so_ on.
"""


def stressed(chunks: tuple[Chunk, ...]) -> list[str]:
    return [chunk.text[start:end] for chunk in chunks for start, end in chunk.emphasis]


def test_words_that_stand_for_others_are_stressed_as_a_whole() -> None:
    plan = planned(BOOK, expands=True, name="book.md")
    assert stressed(plan.chunks) == [
        "Mister Lee", "her", "five dollars", "All of this is a letter.", "so"
    ]  # fmt: skip


def test_nothing_is_said_otherwise() -> None:
    plain = planned(BOOK.replace("*", "").replace("_", ""), expands=True, name="book.md")
    told = planned(BOOK, expands=True, name="book.md")
    assert [(c.key, c.text) for c in told.chunks] == [(c.key, c.text) for c in plain.chunks]
    assert stressed(plain.chunks) == []


def test_a_dialogue_knows_what_is_stressed() -> None:
    assert stressed(planned("[SPEAKER0] Not *that* one.\n").chunks) == ["that"]


def test_parts_that_touch_or_lie_in_one_another_are_one() -> None:
    emphasis = Emphasis([(2, 5), (0, 3), (5, 6), (8, 9)])
    assert emphasis.within([Piece("abcdef hi", 0, 9)]) == ((0, 6), (8, 9))
    assert emphasis.within([Piece("...", 2, 5, "punctuation")]) == ()


def test_plan_and_manifest_carry_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    higgs = CommandLine(tmp_path, monkeypatch, capsys)
    higgs.write(
        "book.md", "Not *him*. I mean it quite so.\n\nAnd nothing more is in italics here.\n"
    )
    shown = json.loads(higgs("plan", "book.md", "--json").stdout)
    assert [chunk["emphasis"] for chunk in shown["chunks"]] == [[[4, 7]], []]
    assert higgs("render", "book.md").exit_code == 0
    manifest = json.loads((tmp_path / "book.json").read_text())
    assert [chunk.get("emphasis") for chunk in manifest["chunks"]] == [[[4, 7]], None]
    assert stressed(read_manifest(tmp_path / "book.json").plan.chunks) == ["him"]
    first = (tmp_path / "book.json").read_bytes()
    assert higgs("render", "--from", "book.json", "--loudness", "-20").exit_code == 0
    assert json.loads((tmp_path / "book.json").read_text())["chunks"][0]["emphasis"] == [[4, 7]]
    manifest["chunks"][0]["emphasis"] = [[4, 700]]
    (tmp_path / "book.json").write_text(json.dumps(manifest))
    assert higgs("render", "--from", "book.json", "--loudness", "-19").exit_code == 2
    (tmp_path / "book.json").write_bytes(first)
