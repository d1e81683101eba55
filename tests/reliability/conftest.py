"""A small finished render with its store: what mutations begin with."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from higgs_cli import pipeline
from tests.fakes import FakeSynthesizer
from tests.helpers import CommandLine
from tests.reliability.mutations import CAST

SCRIPT = """# One

[SPEAKER0] The first line of it is here. [pause 2] And this is more of the very same.
[SPEAKER1] The second line comes from another one.

# Two

[SPEAKER0] The last words are said in a chapter of their own.
"""


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One render with a recording, a generated voice, a choice and subtitles."""
    folder = tmp_path_factory.mktemp("rendered")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        patch.setattr(pipeline, "open_higgs", lambda choice: FakeSynthesizer())
        patch.chdir(folder)
        (folder / "talk.txt").write_text(SCRIPT)
        from higgs_cli.app import main

        ways = ["render", "talk.txt", *CAST, "--subtitles", "both"]
        assert main([*ways, "--retake", "3"]) == 0
    yield folder


@pytest.fixture
def higgs(
    talk: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> CommandLine:
    """Commands in a copy of it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    shutil.copytree(talk, tmp_path / "talk")
    return CommandLine(tmp_path / "talk", monkeypatch, capsys)
