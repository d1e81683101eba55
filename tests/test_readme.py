"""The commands of the README work as written; those that need hours or downloads at least exist."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest

from higgs_cli.app import main

ROOT = Path(__file__).parent.parent
EXAMPLE = re.compile(r"^(?:\$ |.* && )?(higgs [a-z].*)$")
NEEDS_MORE = ("higgs train", "higgs eval", "higgs codec convert", "higgs download")
"""Hours, a recogniser, a published pickle, or a network."""


def examples() -> list[str]:
    """The commands in the README's blocks, fenced or indented, without their remarks."""
    found, fence = [], None
    for line in (ROOT / "README.md").read_text(encoding="utf-8").splitlines():
        if line.startswith("```"):
            fence = line[3:].strip() if fence is None else None
            continue
        is_command = fence in ("", "sh", "console") or line.startswith("    ")
        if is_command and (match := EXAMPLE.match(line.strip())):
            found.append(re.split(r"\s{2,}|\s#\s", match[1])[0].strip())
    return found


def test_the_readme_has_examples_of_every_verb() -> None:
    verbs = {shlex.split(line)[1] for line in examples()}
    assert {"render", "plan", "clone", "voices", "codec", "train", "eval"} <= verbs


@pytest.mark.parametrize("line", [one for one in examples() if one.startswith(NEEDS_MORE)])
def test_what_needs_more_than_this_machine_has_its_options(
    line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = shlex.split(line)[1:]
    verb = words[: 2 if words[0] in ("train", "codec") else 1]
    assert main([*verb, "--help"]) == 0
    told = capsys.readouterr().out
    assert all(word in told for word in words if word.startswith("-"))


def test_the_other_examples_run_as_written_in_their_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _furnish(tmp_path)
    monkeypatch.chdir(tmp_path)
    for line in [one for one in examples() if not one.startswith(NEEDS_MORE)]:
        _write_talk(tmp_path, line)
        assert main(shlex.split(line)[1:]) == 0, (line, capsys.readouterr().err)


def _furnish(folder: Path) -> None:
    """The files that the examples speak of."""
    for name in ("voices", "transcripts"):
        shutil.copytree(ROOT / name, folder / name)
    words = (folder / "voices" / "ambrose.txt").read_text(encoding="utf-8")
    for name in ("ann", "voice", "my_recording", "take3"):
        shutil.copy(folder / "voices" / "ambrose.wav", folder / f"{name}.wav")
        (folder / f"{name}.txt").write_text(words, encoding="utf-8")
    lines = [f"This is line number {number} of the chapter." for number in range(1, 25)]
    (folder / "chapter.txt").write_text("\n".join(lines), encoding="utf-8")
    (folder / "prompts.txt").write_text("Come in.\nSit down, please.\n", encoding="utf-8")
    (folder / "prompts").mkdir()


def _write_talk(folder: Path, line: str) -> None:
    names = re.findall(r"--cast \"?([A-Za-z. ]+)=", line)
    turns = [f"{name}: Good evening to you all." for name in names]
    (folder / "talk.txt").write_text("\n".join(turns) + "\n", encoding="utf-8")
