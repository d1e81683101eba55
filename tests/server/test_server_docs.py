"""What `docs/server.md` shows works as written, against a server that runs."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.doc_pages import ROOT, blocks, commands
from tests.server.serving import Served, server_of_mini

PAGE = ROOT / "docs" / "server.md"
ADDRESS = "http://127.0.0.1:8080"


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with server_of_mini("--text-replies") as server:
        yield server


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_every_line_of_curl_does_what_it_says(served: Served, tmp_path: Path) -> None:
    shutil.copy(ROOT / "voices" / "ambrose.wav", tmp_path / "ann.wav")
    lines = [command.words for command in commands(PAGE) if command.words[0] == "curl"]
    for words in lines:
        typed = [word.replace(ADDRESS, served.address) for word in words[1:]]
        done = subprocess.run(
            ["curl", "-sS", "--fail-with-body", *typed], cwd=tmp_path, capture_output=True
        )
        assert done.returncode == 0, (words, done.stdout[:500], done.stderr)
    made = {path.name for path in tmp_path.iterdir() if path.stat().st_size > 2000}
    assert len(lines) >= 6 and {"lamp.mp3", "lamp.wav", "ann.mp3"} <= made


def test_every_block_of_python_runs(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = 0
    for block in blocks(PAGE):
        if block.language == "py":
            names: dict[str, object] = {"__name__": "docs"}
            text = block.text.replace(ADDRESS, served.address)
            exec(compile(text, f"{block.page}:{block.line}", "exec"), names)
            made = [names.get("sound", b""), names.get("seconds"), names.get("words")]
            assert len(made[0]) > 2000 or made[1] or isinstance(made[2], str)  # type: ignore
            ran += 1
    assert ran == 4
