"""Who speaks: mixtures of the teacher's English voices, eight with a name and a continuum without.

Twenty mixtures are kept for judging how unknown voices are cloned: the pairs that they are made of are
mixed in no voice of training.
"""

import random
from dataclasses import dataclass

KEPT_OUT_COUNT = 20
KEPT_OUT_SEED, CONTINUUM_SEED = 31, 32
# Left out: `af_nicole` whispers, `am_santa` plays a part, `am_adam` is not clear.
WOMEN = (
    "af_alloy af_aoede af_bella af_heart af_jessica af_kore af_nova af_river af_sarah af_sky "
    "bf_alice bf_emma bf_isabella bf_lily"
).split()
MEN = (
    "am_echo am_eric am_fenrir am_liam am_michael am_onyx am_puck bm_daniel bm_fable bm_george bm_lewis"
).split()


@dataclass(frozen=True)
class Voice:
    """A name, how much of each of the teacher's voices is in it, and its pace."""

    name: str
    weights: tuple[tuple[str, float], ...]
    speed: float = 1.0

    @property
    def style(self) -> dict[str, float]:
        """The weights as a table; they sum to one."""
        return dict(self.weights)

    @property
    def british(self) -> bool:
        """Whether more than half of it is British."""
        return sum(weight for name, weight in self.weights if name.startswith("b")) > 0.5


def _one(name: str, of: str, speed: float = 1.0) -> Voice:
    return Voice(name, ((of, 1.0),), speed)


# No two of them are more alike to a speaker judge than 0.80; one voice against itself is 0.87.
NAMED = (
    _one("marigold", "af_heart"),
    _one("juniper", "af_alloy", 0.96),
    # `af_aoede` alone swallows endings: five words of 190 misheard; `af_bella` none, but much like `af_heart`.
    Voice("wren", (("af_aoede", 0.65), ("af_bella", 0.35)), 1.04),
    _one("sprocket", "bf_emma"),
    _one("ambrose", "am_michael"),
    _one("tobias", "am_fenrir", 1.05),
    _one("grimsby", "am_onyx", 0.93),
    _one("fergus", "bm_george"),
)


def kept_out() -> tuple[Voice, ...]:
    """Ten women and ten men whom no training hears: two voices each, in nearly equal parts."""
    source = random.Random(KEPT_OUT_SEED)
    pairs = [pair for group in (WOMEN, MEN) for pair in _pairs(group, KEPT_OUT_COUNT // 2, source)]
    voices = []
    for number, (first, second) in enumerate(pairs):
        share = round(source.uniform(0.4, 0.6), 3)
        weights = ((first, share), (second, round(1 - share, 3)))
        voices.append(Voice(f"kept-out-{number}", weights, round(source.uniform(0.93, 1.07), 3)))
    return tuple(voices)


def continuum(number: int) -> Voice:
    """The nameless voice of this number: two or three voices, none of its pairs kept out."""
    source = random.Random(f"{CONTINUUM_SEED}/{number}")
    reserved = {frozenset(name for name, _ in voice.weights) for voice in kept_out()}
    while True:
        group = source.choice((WOMEN, MEN, WOMEN, MEN, WOMEN + MEN))
        names = sorted(source.sample(group, source.choice((2, 2, 3))))
        if not any(pair <= set(names) for pair in reserved):
            break
    shares = [source.uniform(0.15, 1.0) for _ in names]
    weights = [round(share / sum(shares), 3) for share in shares[1:]]
    weights = [round(1 - sum(weights), 3), *weights]
    speed = round(source.uniform(0.9, 1.1), 3)
    return Voice(f"continuum-{number}", tuple(zip(names, weights, strict=True)), speed)


def _pairs(group: list[str], count: int, source: random.Random) -> list[tuple[str, str]]:
    """Neighbours on a shuffled ring, so that no voice is in more than two pairs."""
    ring = source.sample(group, len(group))
    return [(ring[index], ring[(index + 1) % len(ring)]) for index in range(count)]
