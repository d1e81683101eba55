"""The import contracts hold, and the room of commands stays thin."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
LONGEST_COMMAND = 150


def test_imports_point_one_way() -> None:
    code = "import sys; from importlinter.cli import lint_imports_command; lint_imports_command()"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_a_command_fits_on_a_few_screens() -> None:
    """Options in, one call, one view out: what is longer does work that belongs below."""
    commands = (ROOT / "higgs_cli" / "commands").glob("*.py")
    long = [path.name for path in commands if len(path.read_text().splitlines()) > LONGEST_COMMAND]
    assert not long
