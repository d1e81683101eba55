"""Whether what was measured is also right: every width against full passes, and exact mode.

Greedy codes of the fast engine are fed to one full pass of the network itself. If both compute
the same, each code is the pass's own arg max; where it is not, `regret` says by how many standard
deviations of the logits it falls short. Rounding alone leaves a little, at every width alike.
"""

from __future__ import annotations

import gc
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from bench.deadline import Deadline
from bench.lane_speed import speak_all
from bench.rig import Rig, Scale
from bench.shapes import SHAPES
from bench.workload import positions_of, prefix_of, runs_of, silenced
from model.checkpoint.language_model import LanguageModel
from model.checkpoint.random_model import random_model
from model.codes.delay_pattern import delayed
from model.engine.engine import Engine
from model.runs.engine_settings import EngineSettings
from model.runs.events import SpokenChunk
from model.runs.prompt import Prompt, joined
from model.runs.run import RunRequest
from model.runs.sampling_settings import Sampling

_LANES_LOOKED_AT = 4
_EXACT_LANES = 8
TOLERANCE = {torch.float32: 0.001, torch.float16: 0.05, torch.bfloat16: 0.25}
"""Regret that rounding may leave, in standard deviations."""


def same_logits_at_every_width(rig: Rig, deadline: Deadline) -> dict[str, Any]:
    """The worst regret of some lanes, for each number of lanes."""
    worst: dict[int, float] = {}
    for lanes in rig.scale.lane_counts:
        if worst and not deadline.holds(1.5 * deadline.spent / len(worst)):
            break
        worst[lanes] = worst_regret(rig.model, rig.scale, lanes)
        rig.tell({"regret_by_lanes": worst})
        gc.collect()  # the caches of the next engine need the room
    limit = TOLERANCE[rig.dtype]
    return {
        "worst_regret_by_lanes": {lanes: round(one, 5) for lanes, one in sorted(worst.items())},
        "limit": limit,
        "agrees": max(worst.values()) <= limit,
        "left_out": len(rig.scale.lane_counts) - len(worst),
    }


def same_codes_in_any_company(rig: Rig, deadline: Deadline) -> dict[str, Any]:
    """Exact mode in float32: a run alone and among others, code by code."""
    scale = rig.scale
    layers = min(scale.exact_layers, rig.model.config.layer_count)
    config = replace(SHAPES[rig.shape], layer_count=layers, dual_ffn_layers=tuple(range(layers)))
    model = silenced(random_model(config, 0, rig.device, torch.float32, False))
    prefix = prefix_of(config, scale.shared)
    runs = runs_of(config, prefix, scale.text, [scale.checked_steps] * _EXACT_LANES)
    among = {take.run_key: take for take in _spoken(model, runs, _EXACT_LANES, exact=True)}
    checked = runs[:: _EXACT_LANES // 2]
    alone = [_spoken(model, [run], _EXACT_LANES, exact=True)[0] for run in checked]
    equal = [np.array_equal(take.codes, among[take.run_key].codes) for take in alone]
    return {"runs_checked": len(equal), "bit_equal": all(equal)}


def worst_regret(model: LanguageModel, scale: Scale, lanes: int) -> float:
    """Of greedy codes of some of so many lanes, in fast mode."""
    config = model.config
    prefix = prefix_of(config, scale.shared)
    greedy = Sampling(temperature=0.0)
    runs = [
        replace(run, sampling=greedy)
        for run in runs_of(config, prefix, scale.text, [scale.checked_steps] * lanes)
    ]
    takes = {take.run_key: take for take in _spoken(model, runs, lanes, exact=False)}
    looked_at = runs[:: max(1, lanes // _LANES_LOOKED_AT)]
    return max(_regret(model, run, takes[run.key]) for run in looked_at)


def _regret(model: LanguageModel, run: RunRequest, take: SpokenChunk) -> float:
    """How far the codes of a take fall short of the arg max of one full pass.

    The take needs more frames than there are codebooks.
    """
    config = model.config
    spoken_codes = torch.tensor(take.codes, dtype=torch.int64)
    columns = delayed(spoken_codes, config.stream_bos_id, config.stream_eos_id)
    spoken = Prompt((config.audio_out_id,) * columns.shape[1], columns)
    whole = joined([run.prefix, run.chunks[0].prompt, spoken])
    _, logits = model.logits(whole.ids, whole.codes)
    before = len(whole.ids) - columns.shape[1]
    frames, worst = take.codes.shape[1], 0.0
    for codebook in range(config.codebook_count):
        # Codebook k of frame f is drawn at column f + k, the opening one being 0. What was fed
        # after the last frame is not part of the take, so only columns before that are compared.
        first, known = before + codebook, min(frames, frames - codebook + 1)
        rows = logits[first : first + known, codebook, : config.codebook_size]
        codes = spoken_codes[codebook, :known].to(rows.device)
        chosen = rows.gather(1, codes[:, None])[:, 0]
        short = (rows.amax(dim=1) - chosen) / rows.std(dim=1)
        worst = max(worst, float(short.max()))
    return worst


def _spoken(
    model: LanguageModel, runs: list[RunRequest], lanes: int, exact: bool
) -> list[SpokenChunk]:
    chunk, prefix = runs[0].chunks[0], runs[0].prefix
    positions = positions_of(
        model.config, len(prefix.ids), len(chunk.prompt.ids), chunk.frame_budget
    )
    settings = EngineSettings(lanes, positions, exact, silence_frames=0, loop_frames=0)
    return speak_all(Engine(model, settings), runs)
