"""Greedy codes equal those of the transformers implementation's `generate`, until both end."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from transformers import HiggsAudioV2ForConditionalGeneration

from model import load_model
from model.checkpoint.language_model import LanguageModel
from model.checkpoint.random_model import random_model
from model.config.config import ModelConfig
from model.runs.engine_settings import ClosingRule
from model.runs.events import Accept, SpokenChunk
from model.runs.prompt import Prompt
from model.runs.run import ChunkRequest, RunRequest
from model.runs.sampling_settings import Sampling
from tests.model.boson_files import boson_config, boson_names
from tests.model.speaking import engine, prefix, tensor
from tests.model.tiny import tiny, transformers_model

FRAMES = 230
GREEDY = Sampling(temperature=0)
SHAPES = {
    "small": tiny(),
    "eight books": tiny(codebook_count=8, kv_head_count=3),
    "wide rows": tiny(rows_per_codebook=130, stream_bos_id=128, stream_eos_id=129),
}


def question(config: ModelConfig, seed: int, with_audio: bool) -> Prompt:
    generator = torch.Generator().manual_seed(seed)
    text = torch.randint(0, 100, (7 + seed % 4,), generator=generator).tolist()
    before = prefix(config, seed) if with_audio else Prompt(())
    return Prompt((*before.ids, *text, config.audio_out_bos_id), before.codes)


def ours(lm: LanguageModel, prompt: Prompt, exact: bool) -> torch.Tensor:
    """All columns of a greedy take under the transformers implementation's own rule, `[codebooks,
    columns]`."""
    chunk = ChunkRequest("c", prompt, FRAMES - lm.config.codebook_count)
    asked = RunRequest("r", Prompt(()), (chunk,), (), sampling=GREEDY)
    speaker = engine(lm, lanes=2, exact=exact, closing_rule=ClosingRule.TRANSFORMERS)
    for event in speaker.generate([asked]):
        if isinstance(event, SpokenChunk):
            columns = speaker._lanes[0].stream.columns  # type: ignore[union-attr]
            speaker.answer(event, Accept())
    return tensor(columns).t()


def generating_reference(lm: LanguageModel) -> HiggsAudioV2ForConditionalGeneration:
    """The transformers implementation wants one end id, not a list of them, once it generates."""
    reference = transformers_model(lm)
    reference.config.eos_token_id = reference.generation_config.eos_token_id = lm.config.eos_ids[0]
    return reference


def theirs(
    reference: HiggsAudioV2ForConditionalGeneration, prompt: Prompt, column_count: int
) -> torch.Tensor:
    audio = {}
    if prompt.codes is not None:
        codes = prompt.codes.t()[None]
        audio = {
            "audio_input_ids": codes,
            "audio_input_ids_mask": torch.ones(codes.shape[:2], dtype=torch.bool),
        }
    ids = torch.tensor([prompt.ids])
    said = reference.generate(
        input_ids=ids,
        attention_mask=torch.ones_like(ids),
        max_new_tokens=column_count,
        do_sample=False,
        **audio,
    )
    known = 0 if prompt.codes is None else prompt.codes.shape[1]
    return said[0, known:].t()


def compare(
    lm: LanguageModel, reference: HiggsAudioV2ForConditionalGeneration, prompt: Prompt, exact: bool
) -> tuple[int, bool]:
    """How many columns agreed, and whether the stream closed by itself."""
    said = ours(lm, prompt, exact)
    wanted = theirs(reference, prompt, said.shape[1])
    assert said.tolist() == wanted.tolist()
    return said.shape[1], bool((said[:, -1] == lm.config.stream_eos_id).all())


@pytest.mark.parametrize("exact", [True, False], ids=["exact", "fast"])
@pytest.mark.parametrize("config", SHAPES.values(), ids=SHAPES.keys())
def test_greedy_codes_are_those_of_generate(config: ModelConfig, exact: bool) -> None:
    lm = random_model(config, seed=2)
    reference = generating_reference(lm)
    for seed in range(4):
        compare(lm, reference, question(config, seed, with_audio=bool(seed % 2)), exact)


@pytest.fixture(scope="module")
def outcomes() -> list[tuple[int, bool]]:
    """Random models that speak for long: few of their rows are ends."""
    config = tiny(rows_per_codebook=1026, stream_bos_id=1024, stream_eos_id=1025)
    outcome = []
    for seed in (1, 3, 4, 5):
        lm = random_model(config, seed=seed)
        outcome.append(
            compare(lm, generating_reference(lm), question(config, seed, True), exact=False)
        )
    return outcome


def test_two_runs_agree_beyond_two_hundred_frames(outcomes: list[tuple[int, bool]]) -> None:
    assert sum(count >= 200 for count, _ in outcomes) >= 2


def test_two_runs_agree_until_they_close(outcomes: list[tuple[int, bool]]) -> None:
    assert sum(is_closed for _, is_closed in outcomes) >= 2


def test_greedy_codes_are_the_same_through_the_boson_naming(tmp_path: Path) -> None:
    config = tiny(rows_per_codebook=1026, stream_bos_id=1024, stream_eos_id=1025)
    flat = random_model(config, seed=3)
    nested = replace(config, audio_in_id=149, audio_eos_id=148, audio_delay_id=None)
    (tmp_path / "config.json").write_text(json.dumps(boson_config(nested)))
    weights = boson_names(flat.network.state_dict())
    save_file(
        {name: one.contiguous() for name, one in weights.items()}, tmp_path / "model.safetensors"
    )
    lm = load_model(tmp_path, device="cpu", dtype=torch.float32)
    count, is_closed = compare(
        lm, generating_reference(flat), question(config, 3, True), exact=True
    )
    assert count > 50 and is_closed
