"""What was said is shown in the words of the source, without typesetting and invented stops."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from higgs_cli.output.manifest.read import read_manifest
from higgs_cli.output.written_words import Writing
from higgs_cli.script.document import Script
from tests.helpers import CommandLine
from tests.planning.planning_fixtures import planned
from tests.plans import plan_of

ROOT = Path(__file__).parents[2]


def written(source: str, name: str = "book.md") -> list[str]:
    plan = planned(source, name=name, expands=True)
    return [Writing(plan).text(chunk) for chunk in plan.chunks]


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("Dr. Lee paid $5 on 3 May 1850.", "Dr. Lee paid $5 on 3 May 1850."),
        ("She was *very* tired -- and **cold**.", "She was very tired -- and cold."),
        ("It was late (or so he said).", "It was late (or so he said)."),
        ("“No!” cried Mr. Hale—‘never’.", "“No!” cried Mr. Hale—‘never’."),
        ("You &amp; I left it at that.", "You & I left it at that."),
        ("He had seen [a lamp](x.html) there", "He had seen a lamp there"),
        ("A line that\nruns on over two.", "A line that runs on over two."),
        ("[laugh] Well, that is all.", "[laugh] Well, that is all."),
        ("Roses are red  \nViolets are blue", "Roses are red Violets are blue"),
    ],
)
def test_the_source_is_shown_as_it_is_written(source: str, shown: str) -> None:
    assert written(source) == [shown]


def test_chinese_is_shown_as_it_is_written() -> None:
    source = (ROOT / "transcripts" / "chinese.txt").read_text(encoding="utf-8")
    said = "".join(written(source, "chinese.txt"))
    assert said and re.sub(r"\s", "", said) in re.sub(r"\s", "", source)


def test_every_word_knows_where_it_stands() -> None:
    plan = planned("# Chapter IV\n\nDr. Lee paid *five* dollars.\n", name="b.md", expands=True)
    for chunk in plan.chunks:
        for word in Writing(plan).words(chunk):
            assert plan.script.source[word.start : word.end].replace("*", "") == word.text


def test_without_a_source_what_is_said_is_shown() -> None:
    plan = plan_of([("ANN", "<SE>[Laughter]</SE> Oh no.")])
    assert Writing(plan).text(plan.chunks[0]) == "[Laughter] Oh no."


def test_a_manifest_remembers_what_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    higgs = CommandLine(tmp_path, monkeypatch, capsys)
    higgs.write("b.md", "# Chapter IV\n\nDr. Lee (the tall one) paid *$5* at 7.45 a.m.\n")
    assert higgs("render", "b.md").exit_code == 0
    plan = read_manifest(tmp_path / "b.json").plan
    shown = [Writing(plan).text(chunk) for chunk in plan.chunks]
    assert shown == ["Chapter IV", "Dr. Lee (the tall one) paid $5 at 7.45 a.m."]
    assert isinstance(plan.script, Script) and plan.chunks[0].text == "Chapter four."


def test_what_a_manifest_says_is_written_is_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    higgs = CommandLine(tmp_path, monkeypatch, capsys)
    higgs.write("b.md", "Dr. Lee paid $5.\n")
    assert higgs("render", "b.md").exit_code == 0
    good = json.loads((tmp_path / "b.json").read_text())
    for written in (
        [{"first": 5, "last": 3, "text": "x"}],
        [{"first": 0, "last": 999, "text": ""}],
    ):
        good["chunks"][0]["written"] = written
        (tmp_path / "c.json").write_text(json.dumps(good))
        ran = higgs("render", "--from", "c.json", "-o", "c.wav")
        assert ran.exit_code == 2 and "whole number" in ran.stderr
