"""The codec's trainer: what is frozen, what is recomputed, and what runs in bfloat16."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from tests.tokenizer.codec_fixtures import small_config, speechlike
from tokenizer.codec.network import CodecNetwork
from tokenizer.training.codec_recipe import CodecRecipe
from tokenizer.training.codec_run import _begun
from tokenizer.training.codec_trainer import CodecTrainer
from tokenizer.training.quantizer_training import QuantizerTraining
from tokenizer.training.recomputing import recompute_blocks

PARTS = {
    "encoder": ("acoustic_encoder.", "fc."),
    "decoder": ("fc2.", "acoustic_decoder."),
    "quantizer": ("quantizer.",),
    "semantic": ("encoder_semantic.", "fc1.", "decoder_semantic."),
}


def crops(step: int, process: int) -> Tensor:
    return torch.cat([speechlike(2_880, seed=8 * step + 2 * process + lane) for lane in (0, 1)])


def network_with_weights() -> CodecNetwork:
    """Fitted to the first crops, codebooks included; the same each time."""
    torch.manual_seed(0)
    network = _begun(small_config(), crops(0, 0))
    with torch.no_grad():
        QuantizerTraining(network.quantizer).start(network.encode_latent(crops(0, 0)))
    return network


def trainer_for(folder: Path, steps: int = 3, **changes: object) -> CodecTrainer:
    values = {
        "quantize_from": -1,
        "freeze_encoder_from": 1000,
        "warmup_steps": 1,
        "discriminators_from": 1,
    }
    recipe = CodecRecipe(**{"steps": steps} | values | changes)
    return CodecTrainer(network_with_weights(), recipe, crops, folder)


def losses_of(trainer: CodecTrainer) -> list[dict[str, float]]:
    return [report.losses for report in trainer.run()]


def blocks_of(network: CodecNetwork) -> list[nn.Module]:
    return [*network.acoustic_encoder.block, *network.acoustic_decoder.block]


def there_and_back(network: CodecNetwork) -> tuple[Tensor, int]:
    """A loss of all layers between sound and sound, and the bytes kept for its backward pass."""
    kept: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        kept[tensor.data_ptr()] = tensor.nbytes
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        loss = network.decode_latent(network.encode_latent(crops(0, 0))).square().mean()
    return loss, sum(kept.values())


def test_blocks_that_are_recomputed_run_twice_and_give_the_same_gradients() -> None:
    plain, saving = network_with_weights(), network_with_weights()
    recompute_blocks(saving)
    runs: list[nn.Module] = []
    for block in blocks_of(saving):
        block.res_unit2.register_forward_hook(lambda unit, *_: runs.append(unit))
    (loss, kept), (same, less) = there_and_back(plain), there_and_back(saving)
    assert len(runs) == len(blocks_of(saving))
    loss.backward()
    same.backward()
    assert len(runs) == 2 * len(blocks_of(saving))
    assert loss == same
    others = dict(saving.named_parameters())
    for name, parameter in plain.named_parameters():
        if parameter.grad is not None:
            assert torch.equal(parameter.grad, others[name].grad), name
    assert less < kept / 3


@pytest.mark.parametrize("bf16", [False, True])
def test_recomputing_changes_no_loss_of_a_run(tmp_path: Path, bf16: bool) -> None:
    plain = losses_of(trainer_for(tmp_path / "plain", bf16=bf16))
    saving = trainer_for(tmp_path / "saving", bf16=bf16, gradient_checkpointing=True)
    assert losses_of(saving) == plain
    assert saving.network.state_dict().keys() == network_with_weights().state_dict().keys()


def test_bf16_decodes_in_bfloat16_and_keeps_weights_and_codes_in_float32(tmp_path: Path) -> None:
    trainer = trainer_for(tmp_path / "rough", bf16=True)
    seen: dict[str, torch.dtype] = {}
    layers = {
        "encoder": trainer.network.acoustic_encoder.conv2,
        "decoder": trainer.network.acoustic_decoder.conv2,
        "discriminator": trainer.discriminators.members[0].last,
    }
    for name, layer in layers.items():
        layer.register_forward_hook(lambda *run, name=name: seen.update({name: run[-1].dtype}))
    rough, plain = losses_of(trainer), losses_of(trainer_for(tmp_path / "plain"))
    assert seen == {
        "encoder": torch.float32,
        "decoder": torch.bfloat16,
        "discriminator": torch.bfloat16,
    }
    assert {value.dtype for value in trainer.network.state_dict().values()} == {torch.float32}
    totals = [one["total"] for one in rough]
    assert totals == pytest.approx([one["total"] for one in plain], rel=0.03)
    assert rough != plain


@pytest.mark.parametrize("part", PARTS)
def test_a_frozen_part_stays_bit_for_bit_and_the_others_learn(tmp_path: Path, part: str) -> None:
    trainer = trainer_for(tmp_path, freeze=(part,))
    before = {name: value.clone() for name, value in trainer.network.state_dict().items()}
    losses_of(trainer)
    after = trainer.network.state_dict()
    moved = {name for name, value in after.items() if not torch.equal(value, before[name])}
    for other, prefixes in PARTS.items():
        assert any(name.startswith(prefixes) for name in moved) == (other != part), other


def test_a_run_goes_on_with_other_parts_frozen(tmp_path: Path) -> None:
    first = trainer_for(tmp_path, steps=2, freeze=("encoder",))
    losses_of(first)
    again = trainer_for(tmp_path, steps=3, freeze=("semantic",))
    assert again.resume()
    for number, parameter in enumerate(again.learning):
        known = first.optimizer.state.get(first.learning[number], {})
        if known:
            assert torch.equal(again.optimizer.state[parameter]["exp_avg"], known["exp_avg"])
        else:
            assert parameter not in again.optimizer.state
    assert len(losses_of(again)) == 1
