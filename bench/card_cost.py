"""What a step and a prefill of the 3B shape cost on one H200, by arithmetic: nothing is measured.

The roofline at 4.3 TB/s and 790 TFLOP/s, of which an engine reaches a share and pays something for
each step besides. `IDEAL` is the roofline itself; `HOPED` is what good engines reach elsewhere;
`SLACK` is one that is not as good, or not yet.
"""

from __future__ import annotations

from dataclasses import dataclass

from bench.roofline import Roofline
from bench.shapes import PUBLIC
from bench.workload import FRAME_RATE
from model.placement.sizes import Precision, lane_bytes, weight_bytes
from model.step.cuda_graph import lane_bucket

BYTES_PER_SECOND = 4.3e12
"""A measured copy on such a card; its sheet says 4.8."""
FLOPS = 790e12
"""Measured, bfloat16."""
FLOPS_FP8 = 1400e12
"""Not measured."""
SHARED = 450
"""Positions of the voice's prefix, read once per step."""


@dataclass(frozen=True)
class Grade:
    """How good an engine is."""

    name: str
    bandwidth: float
    """Share of what memory gives."""
    product: float
    """Share of what a large product reaches."""
    fixed: float
    """Seconds of a step that are neither."""
    codec_rate: float
    """Times real time: takes are decoded between the steps."""
    prefill_rate: float
    """Positions a second."""


IDEAL = Grade("ideal", 1.0, 1.0, 0.0, 14_700, 140_000)
HOPED = Grade("hoped", 0.75, 0.6, 0.25e-3, 10_000, 70_000)
SLACK = Grade("slack", 0.5, 0.45, 0.8e-3, 5_000, 40_000)
GRADES = (IDEAL, HOPED, SLACK)


@dataclass(frozen=True)
class KeptIn:
    """Number formats of weights and of keys and values."""

    name: str
    weight_bytes: float
    key_bytes: float
    flops: float


HEAD_SHARE = 0.01
"""Of the weights: it stays in bfloat16."""
ONE_BYTE_KEYS = 2 * (
    lane_bytes(PUBLIC, 1, 2, quantized_keys=True) / lane_bytes(PUBLIC, 1, 2, quantized_keys=False)
)
"""int8 and fp8 alike: a byte for each number, and what stands behind a row."""
FORMATS = (
    KeptIn("bfloat16", 2.0, 2.0, FLOPS),
    KeptIn("bfloat16, int8 or fp8 keys", 2.0, ONE_BYTE_KEYS, FLOPS),
    KeptIn("fp8 weights, int8 or fp8 keys", 1 + HEAD_SHARE, ONE_BYTE_KEYS, FLOPS_FP8),
)


@dataclass(frozen=True)
class CardCost:
    """Of one engine in one number format, with so many lanes."""

    grade: Grade
    kept_in: KeptIn
    most_lanes: int

    def step(self, lanes: int, own_positions: float) -> float:
        """Recorded steps take all lanes of their bucket along."""
        grade, roofline = self.grade, self._roofline
        width = lane_bucket(lanes, self.most_lanes)
        reading = roofline.step_bytes / (BYTES_PER_SECOND * grade.bandwidth)
        multiplying = roofline.step_flops(width) / (self.kept_in.flops * grade.product)
        keys = (own_positions + SHARED) * roofline.position_bytes
        seconds = max(reading, multiplying) + keys / (BYTES_PER_SECOND * grade.bandwidth)
        return seconds + grade.fixed + lanes / FRAME_RATE / grade.codec_rate

    def prefill(self, prompts: int, positions: int) -> float:
        """One pass reads the weights of both paths at least once; they stay in bfloat16."""
        whole = weight_bytes(PUBLIC, Precision.BFLOAT16, text_on_device=True)
        reading = whole / (BYTES_PER_SECOND * self.grade.bandwidth)
        return max(reading, positions / self.grade.prefill_rate)

    @property
    def _roofline(self) -> Roofline:
        kept = self.kept_in
        return Roofline(PUBLIC, BYTES_PER_SECOND, kept.flops, kept.weight_bytes, kept.key_bytes)
