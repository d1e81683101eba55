"""What cannot be served is told before a model is opened."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from higgs_cli import pipeline
from tests.helpers import CommandLine

ROOT = Path(__file__).parents[2]


@pytest.fixture
def higgs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    line = CommandLine(tmp_path, monkeypatch, capsys)

    def never(choice: object) -> None:
        raise AssertionError("the model was opened")

    monkeypatch.setattr(pipeline, "open_higgs", never)
    monkeypatch.delenv("HIGGS_SERVE_TOKENS", raising=False)
    return line


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--host", "0.0.0.0"), "no token is asked for"),
        (("--tokens", "none.txt"), "none.txt"),
        (("--tokens", "short.txt"), "16 to 512"),
        (("--host", "256.1.1.1", "--tokens", "good.txt"), "no address"),
        (("--voices", "nothing"), "nothing"),
        (("--voice-presets-dir", "empty"), "config.json"),
        (("--scene", "no_such_scene"), "no_such_scene"),
    ],
)
def test_a_mistake_is_one_line_and_code_two(
    higgs: CommandLine, options: tuple[str, ...], told: str
) -> None:
    higgs.write("short.txt", "short\n")
    higgs.write("good.txt", "a-token-of-some-length\n")
    (higgs.folder / "empty").mkdir()
    ran = higgs("serve", "--port", "0", *options)
    assert ran.exit_code == 2 and told in ran.stderr and "Traceback" not in ran.stderr


def test_a_port_that_is_taken_is_told(higgs: CommandLine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ran = higgs("serve", "--port", str(taken.getsockname()[1]))
    assert ran.exit_code == 2 and "cannot listen" in ran.stderr


def test_a_missing_package_is_named_with_the_line_that_installs_it(tmp_path: Path) -> None:
    """In a process of its own: modules that are loaded already would not ask for it again."""
    code = "import sys; sys.modules['uvicorn'] = None; from higgs_cli.app import main; "
    code += "sys.exit(main(['serve', '--port', '0']))"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert ran.returncode == 2 and 'pip install "higgs[server]"' in ran.stderr


def test_a_preset_without_its_recording_is_told(higgs: CommandLine) -> None:
    higgs.write("p/config.json", json.dumps({"a": {"transcript": "x", "audio_file": "a.wav"}}))
    ran = higgs("serve", "--port", "0", "--voice-presets-dir", "p")
    assert ran.exit_code == 2 and "a.wav" in ran.stderr
