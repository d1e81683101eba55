"""Light commands stay light: what says only how it is used loads nothing heavy."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {
    "torch", "numpy", "transformers", "soundfile", "scipy", "librosa", "rich", "numba",
    "model", "tokenizer", "fastapi", "uvicorn", "prometheus_client",
}  # fmt: skip
VERBS = [
    "render", "batch", "plan", "play", "cast", "check", "clone", "say", "voices", "scenes", "store",
    "eval", "compare", "serve", "studio", "verify", "doctor", "download", "bench", "codec", "train",
]  # fmt: skip


@pytest.mark.parametrize(
    "argv", [["--help"], ["--version"], *([verb, "--help"] for verb in VERBS)], ids=" ".join
)
def test_light_commands_stay_light(argv: list[str]) -> None:
    code = (
        "import sys; from higgs_cli.app import main; code = main(sys.argv[1:]); "
        "sys.stderr.write(' '.join(sorted({m.split('.')[0] for m in sys.modules}))); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", code, *argv], capture_output=True, text=True)
    assert done.returncode == 0
    assert not HEAVY & set(done.stderr.split())


def test_every_verb_is_among_the_light_ones() -> None:
    from typer.main import get_command

    from higgs_cli.app import app

    assert sorted(get_command(app).commands) == sorted(VERBS)  # type: ignore[attr-defined]


def test_what_is_loaded_is_not_searched_for_garbage(tmp_path: Path) -> None:
    (tmp_path / "line.txt").write_text("The lamp was out.")
    code = (
        "import gc, sys; seen = []; gc.callbacks.append(lambda phase, info: seen.append(phase)); "
        "from higgs_cli.__main__ import run; seen.clear()\n"
        "try: run()\n"
        "finally: sys.stderr.write(f'searched {seen.count(\"start\")} times')"
    )
    argv = ["plan", str(tmp_path / "line.txt"), "--cast", "NARRATOR=marigold"]
    done = subprocess.run([sys.executable, "-c", code, *argv], capture_output=True, text=True)
    assert done.returncode == 0
    assert done.stderr.endswith("searched 0 times")
