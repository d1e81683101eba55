"""The original's `model.pth`, a pickle, becomes a folder that ordinary loading opens: once, apart.

The pickle is opened in a child process (`pickle_child.py`) that has no network, may start nothing
and has a bound on its memory; only the tensors it writes come back.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from tokenizer.codec.checkpoint import (
    WEIGHTS,
    check_tensors,
    refuse_language_model,
    save_codec_tensors,
)
from tokenizer.codec.config import CONFIG, read_codec_config
from tokenizer.codec.tensor_names import from_original, is_original, without_unused
from tokenizer.errors import CodecCheckpointError

# What importing torch needs, beside the tensors themselves and the copy that is written.
_BASE_MEMORY_BYTES = 4 << 30
_COPIES = 4
_TIMEOUT_SECONDS = 1800

_SIGNS_OF_DAMAGE = (
    "EOFError", "IndexError", "KeyError", "OSError", "RuntimeError: PytorchStreamReader",
    "RuntimeError: Invalid magic", "UnicodeDecodeError", "ValueError", "_pickle.UnpicklingError",
)  # fmt: skip


def convert_checkpoint(source: Path, folder: Path) -> int:
    """Write `source`, whose config.json lies beside it, to `folder`; the number of tensors."""
    if not source.is_file():
        raise CodecCheckpointError(f"{source} is not a file")
    if folder.exists() and folder.samefile(source.parent):
        raise CodecCheckpointError(
            f"{folder} holds the original, whose config.json is not overwritten",
            hint="name another folder",
        )
    for written in (folder / WEIGHTS, folder / CONFIG):
        if os.path.lexists(written):
            raise CodecCheckpointError(
                f"{written} exists and is not overwritten", hint="name another folder"
            )
    config = read_codec_config(source.parent)
    tensors = read_tensors(source)
    refuse_language_model(source, tensors)
    ours = from_original(tensors) if is_original(tensors) else without_unused(tensors)
    check_tensors(source, config, ours)
    save_codec_tensors(config, ours, folder, dtype=torch.float32)
    return len(ours)


def read_tensors(source: Path, entry: str | None = None) -> Mapping[str, Tensor]:
    """All tensors of a file of weights, of a pickle those under `entry` if one is named."""
    if source.suffix == ".safetensors":
        return _load(source, source)
    with tempfile.TemporaryDirectory(prefix="higgs-convert-") as scratch:
        written = Path(scratch) / WEIGHTS
        _run_child(source, written, entry)
        return {name: tensor.clone() for name, tensor in _load(written, source).items()}


def _load(path: Path, source: Path) -> dict[str, Tensor]:
    try:
        return load_file(path)
    except (OSError, SafetensorError) as problem:
        raise CodecCheckpointError(f"{source} is damaged: {problem}") from None


def _run_child(source: Path, written: Path, entry: str | None) -> None:
    memory = _BASE_MEMORY_BYTES + _COPIES * source.stat().st_size
    program = Path(__file__).with_name("pickle_child.py")
    command = [sys.executable, "-I", str(program), str(source.resolve()), str(written), str(memory)]
    command += [entry] if entry is not None else []
    kept = ("PATH", "LANG", "LD_LIBRARY_PATH", "TMPDIR", "OMP_NUM_THREADS")
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            cwd=written.parent,
            env={name: os.environ[name] for name in kept if name in os.environ},
            timeout=_TIMEOUT_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise CodecCheckpointError(f"{source} was not read within half an hour: given up") from None
    if done.returncode != 0 or not written.is_file():
        raise CodecCheckpointError(
            f"{source} cannot be opened safely: {_reason(done)}",
            hint="a codec's weights are tensors only; get the file again from its publisher",
        )


def _reason(done: subprocess.CompletedProcess[bytes]) -> str:
    """The child's own words, in one line."""
    said = done.stderr.decode(errors="replace")
    if "MemoryError" in said or "not enough memory" in said or "Cannot allocate" in said:
        return "it asks for far more memory than its size explains"
    if "Weights only load failed" in said:
        wanted = [line for line in said.splitlines() if "Unsupported" in line or "GLOBAL" in line]
        detail = f" ({wanted[0].strip()[:160]})" if wanted else ""
        return f"it holds more than tensors, which could run code{detail}"
    lines = said.strip().splitlines()
    if lines and lines[-1].startswith(_SIGNS_OF_DAMAGE):
        return "it is damaged, or no file that PyTorch wrote"
    return lines[-1][:200] if lines else f"the reader ended with status {done.returncode}"
