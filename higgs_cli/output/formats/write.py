"""The finished samples as a file, in the format that its name says, measured on the way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from higgs_cli.audio.clip import ratio_to_db
from higgs_cli.audio.loudness import StepMeter
from higgs_cli.audio.sound import MeasuredBlock, Sound
from higgs_cli.errors import UsageError
from higgs_cli.files.atomic_file import Note
from higgs_cli.files.writable import check_file_place
from higgs_cli.output.formats.flac import write_flac
from higgs_cli.output.formats.flac_frames import flac_stretch
from higgs_cli.output.formats.wav import encoded, write_encoded
from higgs_cli.output.manifest.write import AudioFacts

Made = TypeVar("Made")


def check_output(path: Path, sample_format: str, inputs: Iterable[Path] = ()) -> None:
    """Refuse what could not be written, or is what is read, before anything is rendered."""
    if path.suffix.lower() not in (".wav", ".flac"):
        ending = f"ends in {path.suffix!r}" if path.suffix else "has no ending"
        raise UsageError(f"{path} {ending}", hint="name a .wav or a .flac file with -o")
    if path.suffix.lower() == ".flac" and sample_format == "float":
        raise UsageError(
            f"{path}: FLAC holds whole numbers only", hint="--sample-format pcm24, or a .wav file"
        )
    check_file_place(path, inputs=inputs, beside=(".json", ".srt", ".vtt"))


def write_audio(path: Path, sound: Sound, sample_format: str, note: Note) -> AudioFacts:
    """Write the sound; the facts are of what lies on the disk.

    `note` is told its SHA-256 before it has its name.
    """
    gauge, rate, count = _Gauge(sound.sample_rate), sound.sample_rate, sound.sample_count
    if path.suffix.lower() == ".flac":
        stretches = gauge.passing(
            sound.blocks(lambda each: flac_stretch(each, rate, sample_format))
        )
        sha256 = write_flac(path, stretches, count, note)
    else:
        pieces = gauge.passing(sound.blocks(lambda each: encoded(each, sample_format)))
        sha256 = write_encoded(path, pieces, count, rate, sample_format, note)
    return AudioFacts(
        path=path,
        sha256=sha256,
        sample_rate=rate,
        sample_count=count,
        sample_format=sample_format,
        loudness_lufs=gauge.loudness_lufs,
        true_peak_db=round(ratio_to_db(gauge.peak), 2),
    )


class _Gauge:
    """Loudness and true peak of what passes."""

    def __init__(self, sample_rate: int) -> None:
        self._meter = StepMeter(sample_rate)
        self._count = 0
        self.peak = 0.0

    def passing(self, blocks: Iterable[MeasuredBlock[Made]]) -> Iterator[Made]:
        for block in blocks:
            self._meter.add(block.step_powers)
            self._count += block.sample_count
            self.peak = max(self.peak, block.true_peak)
            yield block.content

    @property
    def loudness_lufs(self) -> float | None:
        loudness = self._meter.measured(self._count).loudness_lufs
        return None if loudness is None else round(loudness, 2)
