"""The finished samples as a file, in the format that its name says, measured on the way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from higgs_cli.audio.clip import Samples, ratio_to_db
from higgs_cli.audio.loudness import LoudnessMeter
from higgs_cli.audio.sound import Sound
from higgs_cli.audio.true_peak import true_peak
from higgs_cli.errors import UsageError
from higgs_cli.files.atomic_file import Note
from higgs_cli.files.fingerprint import bytes_fingerprint
from higgs_cli.files.writable import check_file_place
from higgs_cli.output.formats.flac import write_flac
from higgs_cli.output.formats.wav import write_wav
from higgs_cli.output.manifest.write import AudioFacts


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
    gauge = _Gauge(sound.sample_rate)
    pieces, rate = gauge.watched(sound.pieces()), sound.sample_rate
    if path.suffix.lower() == ".flac":
        write_flac(path, pieces, rate, sample_format, note)
    else:
        write_wav(path, pieces, sound.sample_count, rate, sample_format, note)
    return AudioFacts(
        path=path,
        sha256=bytes_fingerprint(path),
        sample_rate=sound.sample_rate,
        sample_count=sound.sample_count,
        sample_format=sample_format,
        loudness_lufs=gauge.loudness_lufs,
        true_peak_db=round(ratio_to_db(gauge.peak), 2),
    )


class _Gauge:
    """Loudness and true peak of what passes."""

    def __init__(self, sample_rate: int) -> None:
        self._meter = LoudnessMeter(sample_rate)
        self.peak = 0.0

    def watched(self, pieces: Iterable[Samples]) -> Iterator[Samples]:
        for piece in pieces:
            self._meter.feed(piece)
            self.peak = max(self.peak, true_peak(piece))
            yield piece

    @property
    def loudness_lufs(self) -> float | None:
        loudness = self._meter.measured().loudness_lufs
        return None if loudness is None else round(loudness, 2)
