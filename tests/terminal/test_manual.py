"""The manual page has every verb and option, and man has nothing to say against it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from higgs_cli.app import app
from higgs_cli.terminal.manual import escaped, manual_page


def test_every_verb_and_option_is_in_the_manual() -> None:
    from typer.main import get_command

    root = get_command(app)
    page = manual_page(root)
    for name, command in root.commands.items():  # type: ignore[attr-defined]
        assert f".SS higgs {name}" in page
        for option in [flag for part in command.params for flag in part.opts if "--" in flag]:
            assert escaped(option) in page


@pytest.mark.skipif(shutil.which("man") is None, reason="man is not here")
def test_man_shows_it_without_a_warning(tmp_path: Path) -> None:
    page = subprocess.run(
        [sys.executable, "-m", "higgs_cli", "--manual"], capture_output=True, text=True, check=True
    )
    (tmp_path / "higgs.1").write_text(page.stdout, encoding="utf-8")
    ran = subprocess.run(
        ["man", "--warnings", "-P", "cat", "-l", "higgs.1"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "100"},
    )
    assert ran.returncode == 0 and not ran.stderr, ran.stderr
    assert "higgs batch" in ran.stdout and "--until HH:MM" in ran.stdout


@pytest.mark.parametrize(
    ("shell", "words", "expected"),
    [
        ("bash", {"COMP_WORDS": "higgs ba", "COMP_CWORD": "1"}, "batch"),
        ("bash", {"COMP_WORDS": "higgs render --unt", "COMP_CWORD": "2"}, "--until"),
        ("zsh", {"_TYPER_COMPLETE_ARGS": "higgs docto"}, "doctor"),
        ("fish", {"_TYPER_COMPLETE_ARGS": "higgs voi", "_TYPER_COMPLETE_FISH_ACTION": "get-args"},
         "voices"),
    ],
)  # fmt: skip
def test_a_shell_completes_verbs_and_options(
    shell: str, words: dict[str, str], expected: str
) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "higgs_cli"],
        capture_output=True,
        text=True,
        env={**os.environ, "_HIGGS_COMPLETE": f"complete_{shell}", **words},
    )
    assert ran.returncode == 0 and expected in ran.stdout, ran.stderr
