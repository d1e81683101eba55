"""The import contracts hold."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_imports_point_one_way() -> None:
    root = Path(__file__).parent.parent
    code = "import sys; from importlinter.cli import lint_imports_command; lint_imports_command()"
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
