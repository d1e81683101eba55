"""Installed from a built wheel with `uv tool` or `pipx`, `higgs` renders, from any folder.

Whole packages, and still no network: what they need is taken from uv's cache, which one `uv tool
install` by hand has filled.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers import ROOT

pytestmark = pytest.mark.slow
INSTALL = {
    "uv": ["uv", "tool", "install", "--python", sys.executable],
    "pipx": ["pipx", "install", "--backend", "uv", "--python", sys.executable],
}
NOT_CACHED = ("network was disabled", "network connectivity is disabled")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Everything in a folder of the test's own, and nothing from the network."""
    folders = ("UV_TOOL_DIR", "UV_TOOL_BIN_DIR", "PIPX_HOME", "PIPX_BIN_DIR", "PIPX_MAN_DIR")
    own = {name: str(tmp_path / name) for name in folders}
    constraints = {"UV_CONSTRAINT": str(ROOT / "constraints.txt")}
    plain = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    cache = {"UV_OFFLINE": "1", "XDG_CACHE_HOME": str(Path.home() / ".cache")}
    return {**plain, **own, **constraints, **cache}


def ran_offline(command: list[str], folder: Path, environment: dict[str, str]) -> None:
    ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    said = ran.stdout + ran.stderr
    if ran.returncode and any(words in said.lower() for words in NOT_CACHED):
        pytest.skip(f"uv's cache does not have all that is needed: {said[-200:]}")
    assert ran.returncode == 0, said


@pytest.mark.parametrize("tool", ["uv", "pipx"])
def test_a_built_wheel_renders_from_any_folder(
    tool: str, tmp_path: Path, environment: dict[str, str]
) -> None:
    for program in {"uv", tool}:
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not here")
    ran_offline(["uv", "build", "--wheel", "-o", str(tmp_path), str(ROOT)], tmp_path, environment)
    (wheel,) = tmp_path.glob("*.whl")
    ran_offline([*INSTALL[tool], str(wheel)], tmp_path, environment)
    (higgs,) = (tmp_path / f"{tool.upper().replace('UV', 'UV_TOOL')}_BIN_DIR").glob("higgs")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "talk.txt").write_text("[SPEAKER0] Good evening to you all.\n")
    command = [str(higgs), "render", "talk.txt", "--cast", "SPEAKER0=marigold", "-o", "talk.wav"]
    ran = subprocess.run(command, cwd=elsewhere, env=environment, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert (elsewhere / "talk.wav").stat().st_size > 24_000
