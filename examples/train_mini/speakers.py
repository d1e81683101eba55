"""Who speaks: four base voices, made many by resampling, pitch and pace.

Playing a voice faster moves its formants up; the stretch takes the pace back. Eight speakers are bundled by
name; training adds a continuum of nameless ones, with bands of the factor kept out for judging cloning.
"""

import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Speaker:
    """A base voice, how much faster it is played, its pitch before that, and its pace."""

    name: str
    base: str
    factor: float = 1.0
    f0_shift: float = 1.0
    pace: float = 1.0

    @property
    def stretch(self) -> float:
        """What flite must be told so that the pace is right after resampling."""
        return self.factor / self.pace


BUNDLED = (
    Speaker("marigold", "slt"),
    Speaker("juniper", "slt", factor=0.88, f0_shift=0.95, pace=0.95),
    Speaker("wren", "slt", factor=1.085, f0_shift=1.15),
    Speaker("ambrose", "rms"),
    Speaker("tobias", "rms", factor=1.12, f0_shift=1.1, pace=1.03),
    Speaker("grimsby", "rms", factor=0.91, f0_shift=0.82, pace=0.94),
    Speaker("fergus", "awb"),
    Speaker("sprocket", "kal16"),
)
HELD_OUT_BANDS = ((0.925, 0.955), (1.045, 1.075))


def continuum(
    count: int, seed: int, held_out: bool = False, kind: str = "continuum"
) -> tuple[Speaker, ...]:
    """Nameless speakers whose factor lies outside (or, `held_out`, inside) the kept-back bands."""
    source = random.Random(seed)
    speakers: list[Speaker] = []
    while len(speakers) < count:
        factor = source.uniform(0.86, 1.17)
        if any(low <= factor <= high for low, high in HELD_OUT_BANDS) != held_out:
            continue
        base = source.choice(("slt", "slt", "rms", "rms", "awb", "kal16"))
        shift, pace = source.uniform(0.88, 1.12), source.uniform(0.95, 1.05)
        name = f"{'heldout' if held_out else kind}-{len(speakers)}"
        speakers.append(Speaker(name, base, factor, shift, pace))
    return tuple(speakers)
