from __future__ import annotations

import pytest
import torch

from model.checkpoint.random_model import random_model
from model.codes.delay_pattern import delayed
from model.config.config import WhisperConfig
from model.errors import ConfigError, ModelError
from model.training.batches import Batch, collate
from model.training.losses import (
    LossWeights,
    hidden_input,
    label_counts,
    language_model_losses,
)
from model.training.samples import IGNORED, ClipSpan, Mel, TrainingSample
from tests.model.tiny import tiny, transformers_model
from tests.model.training_fixtures import song, songs

CONFIG = tiny()
EVEN = LossWeights.of(1.0, (), CONFIG.codebook_count)


def sample(seed: int, text: int = 7, frames: int = 5) -> TrainingSample:
    """Text, a clip, text; part of the text and the clip are learned."""
    generator = torch.Generator().manual_seed(seed)
    codes = torch.randint(0, 32, (CONFIG.codebook_count, frames), generator=generator)
    columns = delayed(codes, CONFIG.stream_bos_id, CONFIG.stream_eos_id)
    words = torch.randint(0, 100, (text,), generator=generator)
    clip = torch.full((columns.shape[1],), CONFIG.audio_out_id)
    ids = torch.cat([words[:4], clip, words[4:]])
    labels = ids.clone()
    labels[:3] = IGNORED
    labels[ids == CONFIG.audio_out_id] = IGNORED
    spans = (ClipSpan(columns.shape[1], is_learned=True),)
    return TrainingSample(ids, labels, ids == CONFIG.audio_out_id, columns, spans)


def test_the_loss_equals_the_transformers_ports() -> None:
    lm = random_model(CONFIG, seed=3)
    reference = transformers_model(lm)
    batch = collate([sample(1), sample(2)], pad_id=153)
    codes = batch.codes.t().view(2, -1, CONFIG.codebook_count)
    labels = batch.audio_labels.t().view(2, -1, CONFIG.codebook_count)
    theirs = reference(
        input_ids=batch.ids,
        attention_mask=torch.ones_like(batch.ids),
        audio_input_ids=codes,
        audio_input_ids_mask=torch.ones(codes.shape[:2], dtype=torch.bool),
        labels=batch.text_labels,
        audio_labels=labels,
    ).loss
    ours = language_model_losses(lm.network, batch, EVEN)
    assert ours.total.item() == pytest.approx(theirs.item(), abs=1e-5)
    assert (ours.codebooks.sum() + ours.text).item() == pytest.approx(theirs.item(), abs=1e-5)


def test_the_gradient_equals_the_transformers_ports() -> None:
    lm = random_model(CONFIG, seed=3)
    reference = transformers_model(lm)
    batch = collate([sample(1)], pad_id=153)
    language_model_losses(lm.network, batch, EVEN).total.backward()
    reference(
        input_ids=batch.ids,
        audio_input_ids=batch.codes.t()[None],
        audio_input_ids_mask=torch.ones(1, batch.codes.shape[1], dtype=torch.bool),
        labels=batch.text_labels,
        audio_labels=batch.audio_labels.t()[None],
    ).loss.backward()
    theirs = dict(reference.named_parameters())
    for name, parameter in lm.network.named_parameters():
        assert torch.allclose(parameter.grad, theirs[name].grad, atol=1e-5), name


def test_a_sample_scores_the_same_whatever_lies_beside_it() -> None:
    network = random_model(CONFIG, seed=4).network
    short, long = sample(1, frames=3), sample(2, text=30, frames=12)
    alone = [language_model_losses(network, collate([one], 153), EVEN) for one in (short, long)]
    together = language_model_losses(network, collate([short, long], 153), EVEN)
    counts = torch.tensor([4.0, 13.0])  # frames and EOS of each codebook
    means = torch.stack([one.codebooks for one in alone])
    assert torch.allclose(together.codebooks, (counts @ means) / counts.sum(), atol=1e-5)


def test_unlike_batches_of_one_step_are_learned_as_one_batch_of_all() -> None:
    network = random_model(CONFIG, seed=4).network
    short, long = sample(1, frames=3), sample(2, text=30, frames=12)
    language_model_losses(network, collate([short, long], 153), EVEN).total.backward()
    wanted = {name: one.grad.clone() for name, one in network.named_parameters()}
    network.zero_grad()
    batches = [collate([one], 153) for one in (short, long)]
    counts = torch.stack([label_counts(batch) for batch in batches]).float().mean(dim=0)
    for batch in batches:
        (language_model_losses(network, batch, EVEN, counts).total / len(batches)).backward()
    for name, parameter in network.named_parameters():
        assert torch.allclose(parameter.grad, wanted[name], atol=1e-5), name


def test_weights_count_each_codebook_and_the_text() -> None:
    network = random_model(CONFIG, seed=4).network
    batch = collate([sample(1)], 153)
    weights = LossWeights.of(0.5, (2.0, 1.0, 0.0, 0.25), CONFIG.codebook_count)
    losses = language_model_losses(network, batch, weights)
    wanted = (losses.codebooks * torch.tensor([2.0, 1.0, 0.0, 0.25])).sum() + 0.5 * losses.text
    assert losses.total.item() == pytest.approx(wanted.item(), abs=1e-6)
    with pytest.raises(ConfigError, match="codebook_weights: 3 weights for 4 codebooks"):
        LossWeights.of(1.0, (1.0, 1.0, 1.0), 4)


def test_a_batch_without_anything_to_learn_has_no_loss_and_still_a_gradient() -> None:
    network = random_model(CONFIG, seed=4).network
    given = sample(1)
    silent = TrainingSample(
        given.ids,
        torch.full_like(given.ids, IGNORED),
        given.audio_mask,
        given.codes,
        (ClipSpan(given.codes.shape[1], is_learned=False),),
    )
    losses = language_model_losses(network, collate([silent], 153), EVEN)
    losses.total.backward()
    assert losses.total.item() == 0.0
    assert network.text_lm_head is not None
    assert network.text_lm_head.weight.grad is not None


def test_what_the_tower_hears_takes_its_positions() -> None:
    whisper = WhisperConfig(
        mel_bins=4,
        width=16,
        layer_count=1,
        head_count=2,
        intermediate_size=32,
        position_count=10,
        scale_embedding=False,
    )
    network = random_model(tiny(whisper=whisper), seed=5).network
    given = sample(1)
    places = torch.zeros(len(given), dtype=torch.bool)
    places[:3] = True
    mel = Mel(torch.randn(4, 14), 12)
    with_tower = TrainingSample(
        given.ids,
        given.text_labels,
        given.audio_mask,
        given.codes,
        given.clips,
        places,
        (mel,),
    )
    batch = collate([with_tower, given], 153, mel_frame_count=20)
    hidden = hidden_input(network, batch)
    plain = hidden_input(network, collate([given, given], 153))
    different = (hidden != plain).any(dim=-1)
    assert different[0].nonzero().flatten().tolist() == [0, 1, 2]
    assert not different[1].any()
    language_model_losses(network, batch, EVEN).total.backward()
    assert network.audio_tower is not None
    assert network.audio_tower.conv1.weight.grad is not None


def test_whisper_features_need_a_tower() -> None:
    network = random_model(CONFIG).network
    batch = collate([sample(1)], 153)
    mels = Batch(
        batch.ids,
        batch.text_labels,
        batch.audio_mask,
        batch.codes,
        batch.audio_labels,
        batch.audio_mask,
        torch.zeros(1, 4, 20),
        (12,),
    )
    with pytest.raises(ModelError, match="no audio tower"):
        hidden_input(network, mels)


def test_songs_are_what_they_say() -> None:
    assert song([1, 2]).codes.shape == (2, 7)
    assert len(songs(3, 0)) == 3
