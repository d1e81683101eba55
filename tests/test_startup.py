"""Light commands stay light: they load neither torch nor numpy."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {"torch", "numpy", "transformers", "soundfile", "scipy", "librosa", "model", "tokenizer"}


@pytest.mark.parametrize("argv", [["--help"], ["--version"]])
def test_light_commands_stay_light(argv: list[str]) -> None:
    code = (
        "import sys; from higgs_cli.app import main; code = main(sys.argv[1:]); "
        "sys.stderr.write(' '.join(sorted({m.split('.')[0] for m in sys.modules}))); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", code, *argv], capture_output=True, text=True)
    assert done.returncode == 0
    assert not HEAVY & set(done.stderr.split())
