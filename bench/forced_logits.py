"""Logits at every position of one forced sequence: ours beside those of `transformers`, on the same
weights."""

from __future__ import annotations

import gc
from typing import Any

import torch
from torch import Tensor

from bench.deadline import Deadline
from bench.rig import LOGIT_LIMITS, Rig, logit_errors, three_digits
from bench.transformers_reference import transformers_model
from bench.workload import prefix_of, silenced, text_of
from model.checkpoint.language_model import LanguageModel
from model.checkpoint.random_model import random_model
from model.codes.delay_pattern import delayed
from model.config.config import ModelConfig
from model.runs.prompt import Prompt, joined


def beside_transformers(rig: Rig, deadline: Deadline) -> dict[str, Any]:
    """In the rig's own number format, then in float32."""
    for dtype in dict.fromkeys((rig.dtype, torch.float32)):
        model = rig.model
        if dtype != rig.dtype:
            model = silenced(random_model(rig.config, 0, rig.device, dtype, False))
        rig.tell({str(dtype).removeprefix("torch."): _beside(model, rig)})
        gc.collect()
    return {}


def _beside(model: LanguageModel, rig: Rig) -> dict[str, Any]:
    whole = _forced(model.config, rig)
    _, ours = model.logits(whole.ids, whole.codes)
    theirs = _theirs(model, whole)
    off = logit_errors(theirs, ours)
    same = (ours.argmax(-1) == theirs.argmax(-1)).float().mean()
    return {
        "positions": len(whole.ids),
        "off_median": three_digits(float(off.median())),
        "off_worst": three_digits(float(off.max())),
        "same_highest": round(float(same), 4),
        "agrees": bool(off.max() <= LOGIT_LIMITS[model.dtype]),
    }


def _forced(config: ModelConfig, rig: Rig) -> Prompt:
    """A voice, a text and a take, as a context holds them."""
    scale, chance = rig.scale, torch.Generator().manual_seed(3)
    shape = (config.codebook_count, scale.sweep_frames)
    codes = torch.randint(0, config.codebook_size, shape, generator=chance)
    columns = delayed(codes, config.stream_bos_id, config.stream_eos_id)
    take = Prompt((config.audio_out_id,) * columns.shape[1], columns)
    return joined([prefix_of(config, scale.shared), text_of(config, scale.text, 0), take])


@torch.inference_mode()
def _theirs(model: LanguageModel, whole: Prompt) -> Tensor:
    """`[positions, codebooks, rows]` in float32."""
    assert whole.codes is not None
    device = model.device
    ids, columns = torch.tensor([whole.ids], device=device), whole.codes.t()[None].to(device)
    said = transformers_model(model)(
        input_ids=ids,
        attention_mask=torch.ones_like(ids),
        audio_input_ids=columns,
        audio_input_ids_mask=torch.ones(columns.shape[:2], dtype=torch.bool, device=device),
    )
    return said.logits[0].float().reshape(len(whole.ids), model.config.codebook_count, -1)
