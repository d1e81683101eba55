"""Is a recording fit to be a voice? Length, level, clipping, noise, edges, evenness, transcript.

The figures are those that cloning suffers from: a reference that ends inside a word clips the last
words of what is made with it, and one that holds two deliveries is cloned as neither. Numpy and
soundfile are loaded inside.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from higgs_cli.casting.cast import Reference, Voice
from higgs_cli.errors import FormatError, VoiceError
from higgs_cli.files.plain_file import opened_plain

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples: TypeAlias = NDArray[np.float32]

BEST_SECONDS = (5.0, 30.0)
USABLE_SECONDS = (1.0, 60.0)
LONGEST_READ_SECONDS = 600
SAMPLE_RATES = (8_000, 384_000)
GOOD_SAMPLE_RATE = 24_000
CLIPPED_LEVEL = 0.999
CLIPPED_SHARE = 1e-4
FRAME_SECONDS = 0.05
SILENT_DB = -50.0
NOISY_FLOOR_DB = -45.0
QUIET_SPEECH_DB = -40.0
LONGEST_EDGE_SECONDS = 1.0
ENDING_SECONDS = 0.05
LOUD_ENDING_BELOW_SPEECH_DB = 12.0
MIXED_LEVELS_DB = 10.0
SPEECH_WORDS_PER_SECOND = (0.7, 7.0)
WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\u3040-\u9fff]+(?:['’-][^\W\u3040-\u9fff]+)*")


@dataclass(frozen=True)
class Flaw:
    """One thing that is not as it should be, and what mends it."""

    severity: Literal["error", "warning"]
    problem: str
    mend: str


@dataclass(frozen=True)
class ReferenceReport:
    """What was measured of a recording, and what was found wrong."""

    path: Path
    seconds: float
    sample_rate: int
    channel_count: int
    speech_db: float
    noise_db: float
    findings: tuple[Flaw, ...]

    @property
    def is_usable(self) -> bool:
        return all(finding.severity != "error" for finding in self.findings)


def check_voice(voice: Voice) -> list[tuple[str, ReferenceReport]]:
    """Each recording of a voice, by the name of the voice and its mood."""
    if voice.reference is None:
        raise VoiceError(f'the voice "{voice.name}" has no recording to check')
    labelled = {voice.name: voice.reference} | {
        f"{voice.name} ({mood})": reference for mood, reference in voice.moods.items()
    }
    return [(label, check_reference(reference)) for label, reference in labelled.items()]


def check_reference(reference: Reference) -> ReferenceReport:
    """Measure a recording and name its problems."""
    import numpy as np

    samples, rate = read_samples(reference.audio)
    mono = samples.mean(axis=1)
    levels = _levels_db(np.nan_to_num(mono), rate)
    speech_db, noise_db = float(np.percentile(levels, 85)), float(np.percentile(levels, 5))
    seconds = len(mono) / rate
    findings = [
        *_length_findings(seconds, rate, samples.shape[1]),
        *_level_findings(samples, speech_db, noise_db),
        *_edge_findings(levels, mono, rate, speech_db),
        *_evenness_findings(levels, speech_db),
        *_transcript_findings(reference.text, seconds),
    ]
    return ReferenceReport(
        reference.audio, seconds, rate, samples.shape[1], speech_db, noise_db, tuple(findings)
    )


def read_samples(path: Path) -> tuple[Samples, int]:
    """All channels `[samples, channels]` and the rate; a damaged file is refused by name."""
    import soundfile

    try:
        with (
            opened_plain(path) as opened,
            soundfile.SoundFile(opened.fileno(), closefd=False) as file,
        ):
            rate = int(file.samplerate)
            if not SAMPLE_RATES[0] <= rate <= SAMPLE_RATES[1]:
                raise FormatError(
                    f"{path}: {rate} samples a second is too low or too high for speech"
                )
            samples: Samples = file.read(
                rate * LONGEST_READ_SECONDS, dtype="float32", always_2d=True
            )
    except (soundfile.SoundFileError, RuntimeError, OSError, ValueError, TypeError) as error:
        raise FormatError(f"{path}: not a sound file that can be read ({error})") from None
    if not len(samples):
        raise FormatError(f"{path}: contains no sound")
    return samples, rate


def _levels_db(mono: Samples, rate: int) -> Samples:
    """The level of each twentieth of a second, in dB below full scale."""
    import numpy as np

    size = max(1, int(rate * FRAME_SECONDS))
    padded = np.pad(mono, (0, -len(mono) % size))
    power = np.mean(np.square(padded.reshape(-1, size), dtype=np.float64), axis=1)
    levels: Samples = 10 * np.log10(power + 1e-12)
    return levels


def _length_findings(seconds: float, rate: int, channel_count: int) -> list[Flaw]:
    found = []
    if not USABLE_SECONDS[0] <= seconds <= USABLE_SECONDS[1]:
        low, high = BEST_SECONDS
        found.append(Flaw("error", f"{seconds:.1f} s long", f"use {low:g} to {high:g} s of speech"))
    elif not BEST_SECONDS[0] <= seconds <= BEST_SECONDS[1]:
        low, high = BEST_SECONDS
        found.append(Flaw("warning", f"{seconds:.1f} s long", f"{low:g} to {high:g} s are best"))
    if rate < 16_000:
        found.append(Flaw("warning", f"{rate} Hz: dull", "record at 24000 Hz or more"))
    if channel_count > 1:
        found.append(
            Flaw("warning", f"{channel_count} channels", "they are mixed to one when used")
        )
    return found


def _level_findings(samples: Samples, speech_db: float, noise_db: float) -> list[Flaw]:
    import numpy as np

    found = []
    if not np.isfinite(samples).all():
        found.append(
            Flaw(
                "error", "contains invalid samples (NaN or infinity)", "export the recording again"
            )
        )
        return found
    clipped = float(np.mean(np.abs(samples) >= CLIPPED_LEVEL))
    if clipped > CLIPPED_SHARE:
        found.append(
            Flaw("warning", f"clipped ({clipped:.2%} of its samples)", "record it at a lower level")
        )
    if speech_db < SILENT_DB:
        found.append(Flaw("error", "silent", "use a recording with speech in it"))
    elif speech_db < QUIET_SPEECH_DB:
        found.append(Flaw("warning", f"very quiet ({speech_db:.0f} dB)", "record it louder"))
    elif noise_db > NOISY_FLOOR_DB:
        found.append(
            Flaw(
                "warning",
                f"noisy, or without any pause (floor {noise_db:.0f} dB)",
                "use a recording from a quiet room",
            )
        )
    return found


def _edge_findings(levels: Samples, mono: Samples, rate: int, speech_db: float) -> list[Flaw]:
    import numpy as np

    loud = np.flatnonzero(levels > max(SILENT_DB, speech_db - 30))
    if not len(loud):
        return []
    found = []
    before, after = loud[0] * FRAME_SECONDS, (len(levels) - 1 - loud[-1]) * FRAME_SECONDS
    for seconds, place in ((before, "beginning"), (after, "end")):
        if seconds > LONGEST_EDGE_SECONDS:
            found.append(Flaw("warning", f"{seconds:.1f} s of silence at its {place}", "trim it"))
    ending = mono[-int(rate * ENDING_SECONDS) :].astype(np.float64)
    ending_db = 10 * np.log10(np.mean(ending * ending) + 1e-12)
    if ending_db > speech_db - LOUD_ENDING_BELOW_SPEECH_DB:
        found.append(
            Flaw(
                "warning",
                "ends inside a word",
                "leave a moment of silence at the end, or the last words of takes get cut off",
            )
        )
    return found


def _evenness_findings(levels: Samples, speech_db: float) -> list[Flaw]:
    """Two deliveries in one recording show as thirds of different loudness."""
    import numpy as np

    spoken = [part[part > speech_db - 25] for part in np.array_split(levels, 3)]
    heights = [float(np.percentile(part, 80)) for part in spoken if len(part) > 4]
    if len(heights) < 2 or max(heights) - min(heights) < MIXED_LEVELS_DB:
        return []
    spread = max(heights) - min(heights)
    return [
        Flaw(
            "warning",
            f"its parts differ by {spread:.0f} dB",
            "keep to one way of speaking; others can be moods of the same voice",
        )
    ]


def _transcript_findings(text: str | None, seconds: float) -> list[Flaw]:
    if text is None:
        return [
            Flaw(
                "warning",
                "no transcript",
                "write what is said into a .txt file of the same name, for a closer clone",
            )
        ]
    words = len(WORD.findall(text))
    low, high = SPEECH_WORDS_PER_SECOND
    if not low <= words / seconds <= high:
        return [
            Flaw(
                "warning",
                f"{words} words in {seconds:.1f} s: is this really what is said?",
                "compare the transcript with the recording",
            )
        ]
    return []
