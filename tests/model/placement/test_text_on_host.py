"""Text feed-forward weights on the host change no bit, and are copied only where text is
prefilled."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from model.checkpoint.language_model import LanguageModel
from model.checkpoint.random_model import random_model
from model.config.config import Adapter
from model.hardware.quantized_rows import QuantizedFormat
from model.placement.quantized_weights import quantize_layers
from model.placement.text_on_host import BUFFERS, TextOffload, keep_text_on_host
from model.runs.engine_settings import StepKind
from tests.model.speaking import codes_by_chunk, engine, run, speak
from tests.model.tiny import tiny

CPU = torch.device("cpu")
CONFIG = tiny(layer_count=5)
TEXT, CODES = [5, 6, 150, 150, 7], torch.arange(8).reshape(4, 2)


def pair() -> tuple[LanguageModel, LanguageModel, TextOffload]:
    whole, parted = random_model(CONFIG, seed=2), random_model(CONFIG, seed=2)
    offload = keep_text_on_host(parted.network, CPU)
    assert offload is not None
    return whole, parted, offload


def test_logits_are_equal_bit_for_bit() -> None:
    whole, parted, _ = pair()
    for _ in range(3):
        assert torch.equal(whole.logits(TEXT, CODES)[1], parted.logits(TEXT, CODES)[1])


@pytest.mark.parametrize("step", list(StepKind))
@pytest.mark.parametrize("exact", [True, False])
def test_runs_are_spoken_alike(step: StepKind, exact: bool) -> None:
    whole, parted, _ = pair()
    runs = [run(CONFIG, seed) for seed in range(3)]
    engines = [engine(one, step=step, exact=exact) for one in (whole, parted)]
    outcome = [codes_by_chunk(speak(one, runs)) for one in engines]
    assert outcome[0] == outcome[1]


def test_quantized_weights_are_spoken_as_on_a_gpu() -> None:
    """Fused steps, prefixes shared, prompts packed, bursts: as they are asked for on CUDA."""
    quantized, parted = random_model(CONFIG, seed=2), random_model(CONFIG, seed=2)
    for model in (quantized, parted):
        quantize_layers(model.network, QuantizedFormat.INT8)
    keep_text_on_host(parted.network, CPU)
    runs = [run(CONFIG, seed) for seed in range(4)]
    fast = {"shares_prefixes": True, "exact": False, "burst_steps": 4}
    outcome = [codes_by_chunk(speak(engine(one, **fast), runs)) for one in (quantized, parted)]
    assert outcome[0] == outcome[1]


def test_each_layer_is_copied_once_for_a_prefill_and_never_for_audio() -> None:
    _, parted, offload = pair()
    parted.logits(TEXT, CODES)
    assert offload.transfer_count == CONFIG.layer_count
    parted.logits([150, 150], CODES)
    assert offload.transfer_count == CONFIG.layer_count
    parted.logits(TEXT, CODES)
    assert offload.transfer_count == 2 * CONFIG.layer_count


def test_only_two_layers_are_on_the_device_at_a_time() -> None:
    whole, parted, _ = pair()
    assert BUFFERS == 2
    count = [sum(one.numel() for one in model.network.parameters()) for model in (whole, parted)]
    text = CONFIG.layer_count * 3 * CONFIG.hidden_size * CONFIG.intermediate_size
    assert count[0] - count[1] == text


def test_the_next_layer_travels_while_one_works() -> None:
    blocks = [nn.Linear(4, 4) for _ in range(4)]
    offload = TextOffload(blocks, CPU)
    for number, block in enumerate(blocks):
        buffer = offload.on_device(number)
        assert isinstance(buffer, nn.Linear) and torch.equal(buffer.weight, block.weight)
        assert offload.transfer_count == min(4, number + 2)


def test_layers_without_a_path_of_their_own_for_audio_stay() -> None:
    stacked = random_model(tiny(adapter=Adapter.STACK, dual_ffn_layers=()), seed=1)
    assert keep_text_on_host(stacked.network, CPU) is None
    mixed = random_model(tiny(layer_count=4, dual_ffn_layers=(1, 3)), seed=1)
    offload = keep_text_on_host(mixed.network, CPU)
    mixed.logits(TEXT, CODES)
    assert offload is not None and offload.transfer_count == 2


def test_quantized_weights_are_copied_as_well() -> None:
    whole, parted = random_model(CONFIG, seed=2), random_model(CONFIG, seed=2)
    for model in (whole, parted):
        quantize_layers(model.network, QuantizedFormat.INT8)
    keep_text_on_host(parted.network, CPU)
    assert torch.equal(whole.logits(TEXT, CODES)[1], parted.logits(TEXT, CODES)[1])
