"""What the hardware would allow: one step reads the active weights once and every key it attends
to.

step = max(weights / bandwidth, multiplications / peak) + keys and values / bandwidth. A prefix that
lanes share counts once. Bandwidth and peak are measured on the device, not taken from its sheet.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import torch

from bench.lane_speed import Load, settle
from model.config.config import ModelConfig
from model.engine.decode_speed import measure_copying
from model.step.audio_weights import active_weights

_PEAK_SIZE = 8192
_SMALL_SIZE = 512
_PEAK_ROUNDS = 5
_UNCACHED_BYTES = 1 << 29
"""Ten times what the cache of a card holds."""


@dataclass(frozen=True)
class Roofline:
    """Of one model on one device."""

    config: ModelConfig
    bytes_per_second: float
    """Read and written, as a copy does."""
    flops: float
    """Of a large matrix product in the model's own number format."""
    weight_bytes: float = 2.0
    key_bytes: float = 2.0

    def step_seconds(self, load: Load) -> float:
        reading = self.step_bytes / self.bytes_per_second
        multiplying = self.step_flops(load.lanes) / self.flops
        keys = load.shared + load.lanes * load.mean_own
        return max(reading, multiplying) + keys * self.position_bytes / self.bytes_per_second

    def share(self, load: Load, seconds: float) -> float:
        """How near a measured step comes to the least there can be: 1 is all of it."""
        return self.step_seconds(load) / seconds

    def step_flops(self, lanes: int) -> float:
        """Without attention."""
        return 2.0 * active_weights(self.config) * lanes

    @property
    def step_bytes(self) -> float:
        """Weights that every step reads."""
        return active_weights(self.config) * self.weight_bytes

    @property
    def position_bytes(self) -> float:
        """Keys and values of one position."""
        config = self.config
        return 2 * config.kv_slot_count * config.kv_head_count * config.head_dim * self.key_bytes

    def prefill_rate(self) -> float:
        """Text positions per second if multiplying were all; there is no head in a prefill."""
        head = self.config.hidden_size * self.config.audio_row_count
        return self.flops / (2 * (active_weights(self.config) - head))


def measure_roofline(config: ModelConfig, device: torch.device, dtype: torch.dtype) -> Roofline:
    return Roofline(
        config,
        measure_copying(device),
        measure_peak(device, dtype),
        dtype.itemsize,
        dtype.itemsize,
    )


def measure_peak(device: torch.device, dtype: torch.dtype) -> float:
    """Floating point operations per second of a large product, the best of some rounds."""
    size = _PEAK_SIZE if device.type == "cuda" else _SMALL_SIZE
    return max(product_flops(device, dtype, size, size, size) for _ in range(_PEAK_ROUNDS))


def product_flops(
    device: torch.device, dtype: torch.dtype, rows: int, inputs: int, outputs: int, times: int = 10
) -> float:
    """Of `[rows, inputs] @ [inputs, outputs]`, over several in a row: each finds its weights in
    memory, as in a step, and not in a cache."""
    size = inputs * outputs * dtype.itemsize
    apart = 1 if device.type == "cpu" else min(times, max(1, _UNCACHED_BYTES // size))
    left = torch.randn(rows, inputs, device=device).to(dtype)
    rights = [torch.randn(inputs, outputs, device=device).to(dtype) for _ in range(apart)]
    out = torch.mm(left, rights[0])
    settle(device)
    began = time.perf_counter()
    for turn in range(times):
        torch.mm(left, rights[turn % apart], out=out)
    settle(device)
    return 2 * rows * inputs * outputs * times / (time.perf_counter() - began)
