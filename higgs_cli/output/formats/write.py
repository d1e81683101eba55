"""The finished samples as files, in the formats that their names say, measured on the way.

sound ─► blocks, made in threads for each format ─► fan_out ─► one writer a file
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from higgs_cli.audio.clip import Samples, ratio_to_db
from higgs_cli.audio.loudness import StepMeter
from higgs_cli.audio.sound import MeasuredBlock, Sound
from higgs_cli.errors import UsageError
from higgs_cli.files.atomic_file import Note
from higgs_cli.files.writable import check_file_place
from higgs_cli.output.formats.encoded import WrittenSound, write_encoded_file
from higgs_cli.output.formats.encoder import check_encoder
from higgs_cli.output.formats.encodings import ENCODINGS, M4A
from higgs_cli.output.formats.fan_out import fan_out
from higgs_cli.output.formats.flac import write_flac
from higgs_cli.output.formats.flac_blocks import flac_blocks
from higgs_cli.output.formats.flac_frames import flac_stretch
from higgs_cli.output.formats.labels import Labels
from higgs_cli.output.formats.wav import encoded, write_encoded
from higgs_cli.output.manifest.write import AudioFacts

READ_ALONG = ".epub"
"""A book of pages with the sound of each chapter: see `read_along/`."""
ENDINGS = (".wav", ".flac", *ENCODINGS, READ_ALONG)


def check_output(path: Path, sample_format: str, inputs: Iterable[Path] = ()) -> None:
    """Refuse what could not be written, or is what is read, before anything is rendered."""
    suffix = path.suffix.lower()
    if suffix not in ENDINGS:
        ending = f"ends in {path.suffix!r}" if path.suffix else "has no ending"
        raise UsageError(f"{path} {ending}", hint=f"name a file with -o: {', '.join(ENDINGS)}")
    if suffix == ".flac" and sample_format == "float":
        raise UsageError(
            f"{path}: FLAC holds whole numbers only", hint="--sample-format pcm24, or a .wav file"
        )
    if suffix == READ_ALONG:
        check_encoder(path, M4A)
    if suffix in ENCODINGS:
        check_encoder(path, ENCODINGS[suffix])
    check_file_place(path, inputs=inputs, beside=(".json", ".srt", ".vtt"))


def write_audio(
    paths: Sequence[Path],
    sound: Sound,
    sample_format: str,
    labels: Labels,
    note: Note,
    chapter: int | None = None,
) -> tuple[AudioFacts, ...]:
    """Write the sound to each path; the facts are of what lies on the disk, in their order.

    `note` is told the SHA-256 of each before it has its name.
    """
    gauge, noting = _Gauge(sound.sample_rate), Lock()

    def noted(digest: str) -> None:
        with noting:
            note(digest)

    writers = [_writer(path, sound, sample_format, labels, noted) for path in paths]
    blocks = gauge.passing(
        sound.blocks(lambda each: (_energy(each), [one.make(each) for one in writers]))
    )
    written = fan_out(blocks, [one.write for one in writers])
    return tuple(
        AudioFacts(
            path=path,
            sha256=each.sha256,
            sample_rate=each.sample_rate,
            sample_count=each.sample_count,
            sample_format=writer.form,
            loudness_lufs=gauge.loudness_lufs,
            true_peak_db=round(ratio_to_db(gauge.peak), 2),
            chapter=chapter,
            rms_db=gauge.rms_db,
        )
        for path, writer, each in zip(paths, writers, written, strict=True)
    )


@dataclass(frozen=True)
class _Writer:
    """How one file comes to be."""

    form: str
    """Of its samples: a sample format, or a codec."""
    make: Callable[[Samples], Any]
    """In any thread, of any stretch."""
    write: Callable[[Iterable[Any]], WrittenSound]
    """All that was made, in order."""


def _writer(path: Path, sound: Sound, sample_format: str, labels: Labels, note: Note) -> _Writer:
    rate, count, suffix = sound.sample_rate, sound.sample_count, path.suffix.lower()
    encoding = ENCODINGS.get(suffix)
    if encoding is not None:
        return _Writer(
            encoding.codec,
            lambda samples: samples,
            lambda pieces: write_encoded_file(path, pieces, rate, encoding, labels, note),
        )
    if suffix == ".flac":
        return _Writer(
            sample_format,
            lambda samples: flac_stretch(samples, rate, sample_format),
            lambda made: WrittenSound(
                write_flac(path, made, count, note, flac_blocks(labels)), rate, count
            ),
        )
    return _Writer(
        sample_format,
        lambda samples: encoded(samples, sample_format),
        lambda made: WrittenSound(
            write_encoded(path, made, count, rate, sample_format, note), rate, count
        ),
    )


def _energy(samples: Samples) -> float:
    """The sum of their squares."""
    return float(samples.dot(samples))


class _Gauge:
    """Loudness, RMS and true peak of what passes."""

    def __init__(self, sample_rate: int) -> None:
        self._meter = StepMeter(sample_rate)
        self._count = 0
        self._energy = 0.0
        self.peak = 0.0

    def passing(self, blocks: Iterable[MeasuredBlock[Any]]) -> Iterator[Any]:
        for block in blocks:
            self._meter.add(block.step_powers)
            self._count += block.sample_count
            self.peak = max(self.peak, block.true_peak)
            energy, content = block.content
            self._energy += energy
            yield content

    @property
    def rms_db(self) -> float | None:
        return ratio_to_db((self._energy / self._count) ** 0.5) if self._energy else None

    @property
    def loudness_lufs(self) -> float | None:
        loudness = self._meter.measured(self._count).loudness_lufs
        return None if loudness is None else round(loudness, 2)
