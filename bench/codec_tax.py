"""What the codec of a book would take of an H200, by arithmetic: no card has been measured.

    python -m bench.codec_tax

Every launch of a batch of windows takes as long as its operations at the rate that is assumed for
its channels, or as its bytes at the bandwidth that is assumed, whichever is longer, and a node's
cost besides. Windows are those of real lengths of takes; batches are filled by the takes that end
in one burst of the lanes. `careful` halves every assumed rate and doubles the cost of a node.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.workload import FRAME_RATE, chunk_lengths
from model.runs.engine_settings import GPU_BURST_STEPS
from tokenizer.codec.acoustic import RESIDUAL_DILATIONS, RESIDUAL_KERNEL
from tokenizer.codec.config import AcousticConfig
from tokenizer.codec.fast.window_decoder import WindowSettings
from tokenizer.codec.windows import decoder_context_frames, plan_windows

VALUE_BYTES = 2
FUSED_WIDTHS = (32, 64)
"""`fused_unit.WIDTHS`, of which triton is needed to ask."""
EDGE_TAPS = 7
BOOK_HOURS = 10.0
DELAY_STEPS = 8
BOOK_SECONDS = (36.0, 60.0)
"""Of ten hours without the codec: the fast book and the default one."""


@dataclass(frozen=True)
class Card:
    """What is assumed of an H200."""

    name: str
    bandwidth: float = 3.4e12
    """Bytes a second; 79 % of the measured copy."""
    operations: tuple[tuple[int, float], ...] = (
        (256, 350e12),
        (128, 250e12),
        (64, 120e12),
        (0, 60e12),
    )
    """A second, in float16, from so many channels on: narrow layers leave tensor cores empty."""
    in_units: tuple[tuple[int, float], ...] = ((64, 200e12), (0, 100e12))
    """The same of the kernel that runs a whole unit."""
    node: float = 2e-6

    def seconds(self, launch: Launch) -> float:
        rates = self.in_units if launch.kind == "unit" else self.operations
        working = launch.operations / next(r for least, r in rates if launch.channels >= least)
        return max(working, launch.bytes_moved / self.bandwidth) + self.node


HOPED = Card("hoped")
CAREFUL = Card(
    "careful",
    HOPED.bandwidth / 2,
    tuple((least, rate / 2) for least, rate in HOPED.operations),
    tuple((least, rate / 2) for least, rate in HOPED.in_units),
    HOPED.node * 2,
)


@dataclass(frozen=True)
class Launch:
    """One kernel over a batch."""

    kind: str
    channels: int
    """The fewer of those that come in and those that go out."""
    operations: float
    bytes_moved: float


def launches(
    config: AcousticConfig, frames: int, fused: Sequence[int] = FUSED_WIDTHS
) -> Iterator[Launch]:
    """Of so many frames in a batch; `fast/channels_last.py` in the same order."""
    width, rows = config.decoder_width, float(frames)
    yield _convolution(rows, config.latent_size, width, EDGE_TAPS)
    yield _snake(rows, width)
    for stride in config.upsampling_ratios:
        yield _convolution(rows, width, stride * width // 2, 2)
        width, rows = width // 2, rows * stride
        yield _snake(rows, width)
        for dilation in RESIDUAL_DILATIONS:
            if width in fused:
                passes = 3 if dilation == RESIDUAL_DILATIONS[-1] else 4
                yield _launch("unit", rows, width, passes, (RESIDUAL_KERNEL + 1) * width)
                continue
            yield _convolution(rows, width, width, RESIDUAL_KERNEL)
            yield _snake(rows, width)
            yield _launch("product", rows, width, 3, width)
            yield _snake(rows, width)
    yield _convolution(rows, width, 1, EDGE_TAPS)


def layout_turns(config: AcousticConfig, frames: int) -> Iterator[Launch]:
    """What came besides with steps innermost: each convolution turned over before and behind, its
    bias and the sum of a unit passes of their own."""
    for one in launches(config, frames, fused=()):
        if one.kind in ("convolution", "product"):
            around = Launch("turn", one.channels, 0, one.bytes_moved)
            yield from (around, around)
            yield Launch("bias", one.channels, 0, one.bytes_moved)


def batch_seconds(card: Card, config: AcousticConfig, frames: int) -> float:
    return sum(card.seconds(one) for one in launches(config, frames))


def batches_of_bursts(frame_counts: Sequence[int], lanes: int, size: int, windows: Windows) -> int:
    """How many batches the takes of a book need if those of one burst share theirs."""
    ends = [0] * lanes
    of_burst: dict[int, int] = {}
    for count in frame_counts:
        lane = ends.index(min(ends))
        bursts = math.ceil((count + DELAY_STEPS) / GPU_BURST_STEPS)
        ends[lane] += bursts + 2  # until it is answered and refilled
        of_burst[ends[lane]] = of_burst.get(ends[lane], 0) + windows.count(count)
    return sum(math.ceil(count / size) for count in of_burst.values())


@dataclass(frozen=True)
class Windows:
    """How clips are cut."""

    frames: int
    context: int

    def count(self, frame_count: int) -> int:
        return len(plan_windows([frame_count], self.frames, self.context))


def main() -> None:
    argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0]).parse_args()
    config, settings = AcousticConfig(), WindowSettings()
    windows = Windows(settings.window_frames, decoder_context_frames(config))
    frames = settings.batch_size * settings.window_frames
    print("| takes of | lanes | card | computed / kept | codec alone | 10 h | tax of 36 s | 60 s |")
    print("|---|---|---|---|---|---|---|---|")
    for seconds in (15.0, 8.0):
        counts = chunk_lengths(BOOK_HOURS * 60, seconds)
        speech = sum(counts) / FRAME_RATE
        for lanes in (128, 256):
            batches = batches_of_bursts(counts, lanes, settings.batch_size, windows)
            waste = batches * frames / sum(counts)
            for card in (HOPED, CAREFUL):
                spent = batches * batch_seconds(card, config, frames)
                taxes = " | ".join(f"{spent / book:.1%}" for book in BOOK_SECONDS)
                print(
                    f"| {seconds:g} s | {lanes} | {card.name} | {waste:.2f} "
                    f"| x {speech / spent:,.0f} | {spent:.1f} s | {taxes} |"
                )
    print(f"\nA batch of {settings.batch_size} windows of {settings.window_frames} frames, hoped:")
    for label, one in _ways(config, frames):
        print(f"  {label}: {sum(map(HOPED.seconds, one)) * 1e3:.2f} ms")


def _ways(config: AcousticConfig, frames: int) -> Iterator[tuple[str, list[Launch]]]:
    plain = list(launches(config, frames, fused=()))
    yield "steps innermost, as it was", [*plain, *layout_turns(config, frames)]
    yield "channels innermost, biases in the activations", plain
    yield "narrow units in one kernel too", list(launches(config, frames))


def _convolution(rows: float, into: int, out: int, taps: int) -> Launch:
    moved = VALUE_BYTES * (rows * (into + out) + into * out * taps)
    return Launch("convolution", min(into, out), 2 * rows * into * out * taps, moved)


def _snake(rows: float, width: int) -> Launch:
    return _launch("snake", rows, width, 2, 0)


def _launch(kind: str, rows: float, width: int, passes: int, factors: int) -> Launch:
    """`factors`: of a sum that makes one number."""
    return Launch(kind, width, 2 * rows * width * factors, VALUE_BYTES * passes * rows * width)


if __name__ == "__main__":
    main()
