"""What a place of delivery asks of a file, and whether it is so: item by item.

The figures of ACX are those of its list of requirements; the others are what players and listeners
are used to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from higgs_cli.tools.delivered_file import Coding
    from higgs_cli.tools.delivered_sound import SoundFacts

ACX_PERMISSION = (
    "ACX takes synthetic voices only with its permission: ask for it before you upload anything"
)
WHOLE_KBPS = 0.5
"""An average is written without its fractions."""


@dataclass(frozen=True)
class Wanted:
    """From where to where a measure may be; both may be open."""

    least: float | None = None
    most: float | None = None

    def holds(self, value: float) -> bool:
        return (self.least is None or value >= self.least) and (
            self.most is None or value <= self.most
        )

    def missed_by(self, value: float) -> float:
        """How far a value is below the least, as a negative number, or above the most; else 0."""
        below = 0.0 if self.least is None else min(0.0, value - self.least)
        return below or (0.0 if self.most is None else max(0.0, value - self.most))

    def text(self, unit: str) -> str:
        if self.least is not None and self.most is not None:
            same = self.least == self.most
            return f"{self.least:g} {unit}" if same else f"{self.least:g} to {self.most:g} {unit}"
        if self.least is not None:
            return f"at least {self.least:g} {unit}"
        return f"at most {self.most:g} {unit}"


@dataclass(frozen=True)
class Rules:
    """What a delivery asks for, by measure."""

    wanted: Mapping[str, Wanted]
    forms: tuple[str, ...] = ()
    """The formats that are taken; none: any."""
    constant_rate: bool = False
    room: bool = False
    """Is the silence to be that of a room, and not of a machine?"""
    says: str | None = None
    """What is to be known besides."""


@dataclass(frozen=True)
class CheckedItem:
    """One line of the answer."""

    name: str
    measured: str
    wanted: str
    passes: bool


RULES: Mapping[str, Rules] = MappingProxyType(
    {
        "audiobook": Rules(
            {"loudness": Wanted(-20.0, -18.0), "true peak": Wanted(most=-1.0)},
        ),
        "podcast": Rules(
            {"loudness": Wanted(-17.0, -15.0), "true peak": Wanted(most=-1.0)},
        ),
        "acx": Rules(
            {
                "RMS": Wanted(-23.0, -18.0),
                "peak": Wanted(most=-3.0),
                "noise floor": Wanted(most=-60.0),
                "head": Wanted(0.5, 1.0),
                "tail": Wanted(1.0, 5.0),
                "sample rate": Wanted(44_100, 44_100),
                "bit rate": Wanted(least=192),
                "channels": Wanted(1, 2),
                "length": Wanted(most=120.0),
            },
            forms=("mp3",),
            constant_rate=True,
            room=True,
            says=ACX_PERMISSION,
        ),
    }
)


def checked(
    rules: Rules, coding: Coding, sample_rate: int, sound: SoundFacts
) -> tuple[CheckedItem, ...]:
    """Every item that is measured, with what is asked of it; what nobody asks for passes."""
    return tuple(_items(rules, coding, sample_rate, sound))


def checked_together(files: Sequence[tuple[str, int]]) -> CheckedItem | None:
    """All files of a book have as many channels; None for one file."""
    if len(files) < 2:
        return None
    counts = {count for _, count in files}
    measured = " and ".join(f"{count}" for count in sorted(counts)) + " channels"
    return CheckedItem("all files alike", measured, "all mono, or all stereo", len(counts) == 1)


def _items(
    rules: Rules, coding: Coding, sample_rate: int, sound: SoundFacts
) -> Iterator[CheckedItem]:
    if rules.forms:
        taken = " or ".join(rules.forms)
        yield CheckedItem("format", coding.form, taken, coding.form in rules.forms)
    else:
        yield CheckedItem("format", coding.form, "", True)
    kbps = coding.kbps
    if kbps is None:
        kbps = 8 * coding.size_bytes / 1000 / max(sound.seconds, 1e-9)
    numbers: list[tuple[str, float | None, str]] = [
        ("RMS", sound.rms_db, "dB"),
        ("loudness", sound.loudness_lufs, "LUFS"),
        ("peak", sound.peak_db, "dB"),
        ("true peak", sound.true_peak_db, "dBTP"),
        ("noise floor", sound.noise_floor_db, "dB"),
        ("head", sound.head_seconds, "s"),
        ("tail", sound.tail_seconds, "s"),
        ("sample rate", float(sample_rate), "Hz"),
        ("bit rate", kbps, "kbit/s"),
        ("channels", float(sound.channels), ""),
        ("length", sound.seconds / 60, "min"),
    ]
    for name, value, unit in numbers:
        yield _item(name, value, unit, rules.wanted.get(name))
    if rules.constant_rate:
        is_constant = bool(coding.is_constant)
        word = "constant" if is_constant else "varies, or unknown"
        yield CheckedItem("bit rate throughout", word, "constant", is_constant)
    if rules.room:
        has_room = sound.silent_seconds < 0.1
        said = f"{sound.silent_seconds:.2f} s of digital silence"
        yield CheckedItem("room tone", said, "none", has_room)


def _item(name: str, value: float | None, unit: str, wanted: Wanted | None) -> CheckedItem:
    measured = "nothing heard" if value is None else f"{_figures(name, value)} {unit}".rstrip()
    if wanted is None:
        return CheckedItem(name, measured, "", True)
    holds = value is not None and wanted.holds(_rounded(name, value))
    return CheckedItem(name, measured, wanted.text(unit).rstrip(), holds)


def _rounded(name: str, value: float) -> float:
    """As it is shown: nobody is failed for what they cannot see."""
    return float(_figures(name, value))


def _figures(name: str, value: float) -> str:
    whole = name in ("sample rate", "channels", "bit rate")
    return f"{value:.0f}" if whole else f"{value:.2f}"
