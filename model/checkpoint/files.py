"""Which files of a model folder hold the tensors, told by the tensors themselves.

A published folder may hold leftovers: shards and an index of an older upload beside a newer single
file. So no index is read. Whatever could be the checkpoint is a candidate, in the order of
`candidates`, and only headers are opened until one of them fits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError, safe_open

from model.config.json_file import read_plain
from model.errors import CheckpointError

SINGLE_FILE = "model.safetensors"
_INDEX = ".safetensors.index.json"
_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")
_PICKLE_BEGINNING = re.compile(rb"PK\x03\x04|\x80[\x02-\x05][^\x00]", re.DOTALL)
"""Of the archives torch writes, and of bare pickles; the length that a safetensors file begins with
has zeros there."""
_SHARD = re.compile(r"(?P<stem>.+)-(?P<number>\d{5})-of-(?P<count>\d{5})\.safetensors")


@dataclass(frozen=True)
class StoredTensor:
    """One tensor of a file, as the file's header describes it."""

    file: Path
    name: str
    shape: tuple[int, ...]
    dtype: str
    """In the spelling of safetensors: BF16, F32, ..."""


@dataclass(frozen=True)
class Candidate:
    """Files that may hold one checkpoint together."""

    files: tuple[Path, ...]
    absent_shards: tuple[str, ...] = ()
    is_meant: bool = False
    """The files bear the name of a whole checkpoint. If they hold language model tensors at all,
    they must fit: leftovers beside them never stand in for what is broken."""

    @property
    def title(self) -> str:
        if len(self.files) == 1:
            return str(self.files[0])
        return f"{self.files[0]} and {len(self.files) - 1} more"


def candidates(folder: Path) -> list[Candidate]:
    """The single file first, then sets of shards, then whatever else is there."""
    if not folder.is_dir():
        raise _not_a_folder(folder)
    files = sorted(file for file in folder.glob("*.safetensors") if file.is_file())
    if not files:
        raise _no_safetensors(folder)
    single = [Candidate((file,), is_meant=True) for file in files if file.name == SINGLE_FILE]
    shards = sorted(_shard_sets(files), key=lambda one: len(one.absent_shards))
    if not single:
        shards = _without_rivals(folder, shards)
    named = {file for one in (*single, *shards) for file in one.files}
    others = [Candidate((file,)) for file in files if file not in named]
    found = [*single, *shards, *others]
    return found if len(found) == 1 else [*found, Candidate(tuple(files))]


def read_headers(candidate: Candidate) -> list[StoredTensor]:
    """Names, shapes and number formats; no values are read."""
    return [tensor for file in candidate.files for tensor in _read_header(file)]


def _read_header(file: Path) -> list[StoredTensor]:
    try:
        with safe_open(file, framework="pt") as opened:
            slices = {name: opened.get_slice(name) for name in opened.keys()}  # noqa: SIM118
            return [
                StoredTensor(file, name, tuple(one.get_shape()), one.get_dtype())
                for name, one in slices.items()
            ]
    except (SafetensorError, OSError) as problem:
        raise damaged(file, problem) from None


def damaged(file: Path, problem: Exception) -> CheckpointError:
    """A file that does not open, with the commonest reason if it shows."""
    with file.open("rb") as raw:
        beginning = raw.read(23)
    if beginning == b"version https://git-lfs":
        return CheckpointError(
            f"{file} is only a pointer of Git LFS; fetch the weights with: git lfs pull"
        )
    if _PICKLE_BEGINNING.match(beginning):
        return _is_pickle(file)
    return CheckpointError(
        f"{file} is damaged or was cut short ({file.stat().st_size} bytes: {problem}); "
        "fetch it again"
    )


def _shard_sets(files: list[Path]) -> Iterator[Candidate]:
    sets: dict[tuple[str, int], dict[int, Path]] = {}
    for file in files:
        match = _SHARD.fullmatch(file.name)
        if match:
            key = match["stem"], int(match["count"])
            sets.setdefault(key, {})[int(match["number"])] = file
    for (stem, count), shards in sets.items():
        absent = [
            f"{stem}-{number:05d}-of-{count:05d}.safetensors"
            for number in range(1, count + 1)
            if number not in shards
        ]
        yield Candidate(tuple(shards.values()), tuple(absent), is_meant=not absent)


def _without_rivals(folder: Path, sets: list[Candidate]) -> list[Candidate]:
    """Of several whole sets the one an index names; the index decides nothing else."""
    whole = [one for one in sets if not one.absent_shards]
    if len({_stem(one) for one in whole}) == len(whole):
        return sets
    indices = [_text_of(file) for file in folder.glob(f"*{_INDEX}")]
    named = [one for one in whole if any(f'"{one.files[0].name}"' in text for text in indices)]
    if len(named) != 1:
        titles = " or ".join(one.title for one in whole)
        raise CheckpointError(f"{folder} holds several checkpoints: {titles}; keep one of them")
    return [*named, *(one for one in sets if one.absent_shards)]


def _text_of(file: Path) -> str:
    try:
        return read_plain(file).decode("utf-8", "replace")
    except OSError as problem:
        raise CheckpointError(f"{file} cannot be read: {problem.strerror}") from None


def _stem(shards: Candidate) -> str:
    return shards.files[0].name.rsplit("-", 3)[0]


def _not_a_folder(path: Path) -> CheckpointError:
    if path.is_file() and any(path.match(pattern) for pattern in _PICKLES):
        return _is_pickle(path)
    if path.is_file():
        return CheckpointError(f"{path} is a file; name the folder that holds it and config.json")
    return CheckpointError(f"{path} is not there")


def _no_safetensors(folder: Path) -> CheckpointError:
    pickles = sorted(file for pattern in _PICKLES for file in folder.glob(pattern))
    if pickles:
        return _is_pickle(pickles[0])
    return CheckpointError(f"{folder} holds no *.safetensors file")


def _is_pickle(file: Path) -> CheckpointError:
    return CheckpointError(
        f"{file} is a pickle, and opening one runs whatever code it holds. Convert it once, where "
        "that does no harm: safetensors.torch.save_file(torch.load(path, weights_only=True), "
        f"'{SINGLE_FILE}')"
    )
