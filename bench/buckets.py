"""Every bucket of lanes of a recorded step: beside the plain step, beside itself, in milliseconds.

The cache is full of random contexts: lanes of two voices and lanes of none, short and long ones. A
replay must leave the very bits that the step leaves which it is a recording of.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from bench.deadline import Deadline
from bench.device_clock import recorder_for, seconds_of
from bench.rig import LOGIT_LIMITS, Rig, Scale, logit_errors, three_digits
from bench.workload import SAMPLING
from model.cache.static import StaticCache
from model.codes.noise import noise_key
from model.lanes.lane_tensors import LaneState
from model.runs.engine_settings import ClosingRule, EngineSettings, StepKind
from model.step.choice import StepChoice, choose_step
from model.step.cuda_graph import lane_buckets
from model.step.torch_step import FusedStep, PlainStep, TorchStep

if TYPE_CHECKING:
    from model.step.gpu.agreement import TriedLanes

_TIMED_STEPS = {"cuda": 20, "cpu": 1}
_STEPS_TO_COME = 64
"""More than are recorded and timed: contexts must leave room for them."""
_OWN_LENGTHS = (0, 5, 63, 64, 300, 511, 700, 900)
_COLUMN = 20


def every_bucket(rig: Rig, deadline: Deadline) -> dict[str, Any]:
    """One row for each, the widest first: what it takes suffices for the others."""
    tried = _Tried(rig)
    rig.tell({"stepped_with": tried.choice.description.as_dict(), "limit": LOGIT_LIMITS[rig.dtype]})
    widths = sorted(lane_buckets(tried.lanes), reverse=True)
    buckets: dict[str, Any] = {}
    for width in widths:
        if buckets and not deadline.holds(2 * deadline.spent / len(buckets)):
            break
        buckets |= tried.bucket(width)
        rig.tell({"buckets": buckets})
    return {"left_out": len(widths) - len(buckets)}


class _Tried:
    """A step as an engine of the widest bucket gets it, and its plain twin."""

    def __init__(self, rig: Rig) -> None:
        self.lanes, self._device = max(rig.scale.lane_counts), rig.device
        settings = EngineSettings(self.lanes, rig.scale.bucket_room, exact=False)
        if rig.device.type == "cpu":  # what a step on a card is made of, as far as it goes
            settings = replace(settings, step=StepKind.TORCH, shares_prefixes=True, fuses=True)
        self.choice = choose_step(rig.model, settings)
        if rig.device.type == "cpu":
            self.choice = replace(self.choice, skinny_products=True)
        cache, self._positions = _filled(rig, self.choice, settings)
        self._keys, self._limit = cache.position_count, LOGIT_LIMITS[rig.dtype]
        self._state = self._speaking(rig)
        step = replace(self.choice, captures=False).step(cache, self._state)
        assert isinstance(step, TorchStep)
        self._step, self._recorder = step, recorder_for(rig.device)
        shares = self.choice.shares_prefixes
        plain = FusedStep(rig.model, cache) if shares else PlainStep(rig.model, cache)
        said = plain.logits(self._state.columns, self._positions, self._keys)
        self._plain = said.float().clone()

    def bucket(self, width: int) -> dict[str, Any]:
        """One row for each way there is to step so many lanes."""
        rows = {}
        for way in self._step.ways(width):
            self._step.take(width, way)
            rows[f"{width} lanes, {way}"] = self._row(width)
        return rows

    def _row(self, width: int) -> dict[str, Any]:
        step = partial(self._step.step, width, self._keys)
        logits, left = self._after(step)
        before, began = self._reserved(), time.perf_counter()
        with self._state.kept():
            replay = self._recorder.record(step)
        recording, kept_logits = time.perf_counter() - began, self._step.logits
        taken = self._reserved() - before
        replay_logits, replay_left = self._after(replay, kept_logits)
        pairs = zip((logits, *left), (replay_logits, *replay_left), strict=True)
        same = all(torch.equal(one, other) for one, other in pairs)
        with self._state.kept():
            seconds = seconds_of(replay, self._device, _TIMED_STEPS[self._device.type])
        off = logit_errors(self._plain[:width], logits[:width])
        return {
            "step_ms": round(seconds * 1000, 4),
            "off_median": three_digits(float(off.median())),
            "off_worst": three_digits(float(off.max())),
            "agrees": bool(off.max() <= self._limit),
            "replay": {"bit_equal": same},
            "recording_s": round(recording, 3),
            "recording_GB": round(taken / 1e9, 3),
        }

    def _after(
        self, step: Callable[[], None], logits: Tensor | None = None
    ) -> tuple[Tensor, list[Tensor]]:
        """Logits and all that the lanes remember after one step; the state is put back."""
        state = self._state
        with state.kept():
            step()
            said = self._step.logits if logits is None else logits
            return said.clone(), [one.clone() for one in state.remembered()]

    def _speaking(self, rig: Rig) -> LaneState:
        state = LaneState(rig.config, self.lanes, ClosingRule.FIRST_CODEBOOK, rig.device)
        state.may_look = False
        for lane, position in enumerate(self._positions.tolist()):
            state.begin(lane, position, noise_key(lane, "bucket", 0), 0, SAMPLING)
        state.column_index.fill_(_COLUMN)
        chance = torch.Generator().manual_seed(2)
        columns = torch.randint(0, rig.config.codebook_size, state.columns.shape, generator=chance)
        state.columns.copy_(columns)
        return state

    def _reserved(self) -> int:
        return torch.cuda.memory_reserved(self._device) if self._device.type == "cuda" else 0


def trial_of(scale: Scale, width: int) -> TriedLanes:
    """Lanes of two voices and of none, with short and long contexts, in a cache of an engine's
    strides."""
    from model.step.gpu.agreement import TriedLanes  # needs triton

    shared, most = scale.shared, scale.bucket_room - _STEPS_TO_COME
    lengths = tuple(one for one in _OWN_LENGTHS if one < most)
    prefixes = (shared, shared, shared // 3, shared, 0)
    return TriedLanes(width, scale.bucket_room, lengths, prefixes)


def _filled(rig: Rig, choice: StepChoice, settings: EngineSettings) -> tuple[StaticCache, Tensor]:
    """A cache as the choice asks for, full of random numbers, and the positions of its lanes."""
    trial = trial_of(rig.scale, settings.lane_count)
    if choice.shares_prefixes:
        from model.step.gpu.agreement import filled_cache

        return filled_cache(rig.config, rig.device, rig.dtype, None, trial)
    cache = choice.cache(settings)
    cache.keys.normal_()
    cache.values.normal_()
    own = trial.own_lengths
    lengths = [own[lane % len(own)] for lane in range(settings.lane_count)]
    return cache, torch.tensor(lengths, device=rig.device)
