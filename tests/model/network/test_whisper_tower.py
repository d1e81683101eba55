"""The audio tower agrees with transformers' Whisper layers, piece by piece."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from transformers import WhisperConfig as TransformersConfig
from transformers import WhisperFeatureExtractor
from transformers.models.whisper.modeling_whisper import WhisperEncoder, WhisperEncoderLayer

from model import load_model
from model.checkpoint.language_model import LanguageModel, TowerSound
from model.checkpoint.random_model import random_model
from model.config.config import WhisperConfig
from model.errors import ModelError
from model.network.mel import MelPieces, mel_pieces
from model.network.whisper_tower import WhisperTower, pooled_length
from tests.model.boson_files import boson_config, boson_names
from tests.model.tiny import TOWER, tiny

CONFIG = tiny(whisper=TOWER, audio_in_id=149, audio_delay_id=None, audio_eos_id=148)


@pytest.fixture(scope="module")
def lm() -> LanguageModel:
    return random_model(CONFIG, seed=1)


def tower_of(lm: LanguageModel) -> WhisperTower:
    assert lm.network.audio_tower is not None
    return lm.network.audio_tower


def transformers_features(tower: WhisperTower, mel: Tensor) -> Tensor:
    """The transformers implementation's encoder for one piece without padding, then pooling before
    its last norm."""
    config = tower.config
    reference = WhisperEncoder(
        TransformersConfig(
            d_model=config.width,
            num_mel_bins=config.mel_bins,
            encoder_layers=config.layer_count,
            encoder_attention_heads=config.head_count,
            encoder_ffn_dim=config.intermediate_size,
            max_source_positions=config.position_count,
            scale_embedding=config.scale_embedding,
        )
    ).eval()
    reference.load_state_dict(tower.state_dict())
    reference.layer_norm = nn.Identity()
    with torch.no_grad():
        hidden = reference(mel).last_hidden_state
        pooled = nn.functional.avg_pool1d(hidden.transpose(1, 2), 2).transpose(1, 2)
        return tower.layer_norm(pooled)


def mel_of(pieces: int) -> Tensor:
    generator = torch.Generator().manual_seed(pieces)
    return torch.randn(pieces, TOWER.mel_bins, TOWER.mel_frame_count, generator=generator)


def test_full_pieces_agree_with_transformers(lm: LanguageModel) -> None:
    tower, mel = tower_of(lm), mel_of(3)
    with torch.no_grad():
        ours = tower(mel, [100, 100, 100])
    expected = transformers_features(tower, mel)
    assert expected.shape == (3, 25, 24)
    torch.testing.assert_close(ours, expected.flatten(0, 1), atol=1e-5, rtol=0)


def test_no_position_attends_to_padding(lm: LanguageModel) -> None:
    """Layer by layer with the transformers implementation's layers and an additive mask over the
    padded keys."""
    tower, mel, counts = tower_of(lm), mel_of(3), [61, 100, 9]
    with torch.no_grad():
        ours = tower(mel, counts)
        louder = mel.clone()
        louder[0, :, 64:], louder[2, :, 12:] = 5.0, -5.0
        again = tower(louder, counts)
        expected = transformers_features_with_mask(tower, mel, counts)
    lengths = [pooled_length(count) for count in counts]
    assert lengths == [15, 25, 2]
    torch.testing.assert_close(ours, again, atol=1e-6, rtol=0)
    torch.testing.assert_close(ours, expected, atol=1e-5, rtol=0)


def transformers_features_with_mask(tower: WhisperTower, mel: Tensor, counts: list[int]) -> Tensor:
    config = TransformersConfig(
        d_model=24, encoder_attention_heads=3, encoder_ffn_dim=40, attn_implementation="eager"
    )
    hidden = nn.functional.gelu(tower.conv1(mel))
    hidden = nn.functional.gelu(tower.conv2(hidden)).transpose(1, 2)
    hidden = hidden + tower.embed_positions.weight
    mask = torch.zeros(len(counts), 1, 50, 50)
    for row, count in enumerate(counts):
        mask[row, :, :, (count + 1) // 2 :] = torch.finfo(torch.float32).min
    for layer in tower.layers:
        reference = WhisperEncoderLayer(config).eval()
        reference.load_state_dict(layer.state_dict())
        result = reference(hidden, mask)
        hidden = result if isinstance(result, Tensor) else result[0]
    pooled = nn.functional.avg_pool1d(hidden.transpose(1, 2), 2).transpose(1, 2)
    normed = tower.layer_norm(pooled)
    return torch.cat([normed[row, : pooled_length(count)] for row, count in enumerate(counts)])


@pytest.mark.parametrize(
    ("frames", "features"), [(3000, 750), (2999, 750), (2997, 749), (4, 1), (1, 0)]
)
def test_the_valid_length_follows_convolution_and_pooling(frames: int, features: int) -> None:
    assert pooled_length(frames) == features


def test_a_batch_without_audio_gives_nothing_but_a_gradient() -> None:
    network = random_model(CONFIG).network
    nothing = mel_pieces([], TOWER)
    assert nothing.mel.shape == (0, 16, 100)
    rows = network.embed_sound(nothing.mel, nothing.frame_counts)
    assert rows.shape == (0, CONFIG.hidden_size)
    rows.sum().backward()
    for name, weight in tower_of(LanguageModel(CONFIG, network)).named_parameters():
        if name != "embed_positions.weight":
            assert weight.grad is not None, name
            assert not weight.grad.any()


def test_learned_positions_stay_frozen(lm: LanguageModel) -> None:
    assert not tower_of(lm).embed_positions.weight.requires_grad


def test_mel_frames_agree_with_the_feature_extractor() -> None:
    config = WhisperConfig(
        mel_bins=128,
        width=4,
        layer_count=1,
        head_count=1,
        intermediate_size=4,
        position_count=1500,
        scale_embedding=False,
    )
    generator = torch.Generator().manual_seed(0)
    clip = torch.randn(75_003, generator=generator) * 0.1
    extractor = WhisperFeatureExtractor(feature_size=128)
    theirs = extractor(
        clip.numpy(), sampling_rate=16_000, return_attention_mask=True, return_tensors="pt"
    )
    ours = mel_pieces([clip], config)
    torch.testing.assert_close(ours.mel, theirs.input_features, atol=1e-4, rtol=0)
    assert ours.frame_counts == (int(theirs.attention_mask.sum()),)


def test_a_clip_over_the_limit_is_cut_into_pieces_that_stand_for_themselves() -> None:
    limit = TOWER.mel_frame_count * 160
    generator = torch.Generator().manual_seed(0)
    long = torch.randn(2 * limit + 4_000, generator=generator)
    short = torch.randn(5_000, generator=generator)
    together = mel_pieces([long, short], TOWER)
    assert together.frame_counts == (100, 100, 25, 32)
    assert together.position_counts == (25, 25, 6, 8)
    alone = [mel_pieces([one], TOWER).mel for one in (*long.split(limit), short)]
    assert torch.equal(together.mel, torch.cat(alone))


def sounding(lm: LanguageModel) -> tuple[Tensor, Tensor, TowerSound]:
    """Text, eight positions of the tower, the same clip's columns, text."""
    pieces = mel_pieces([torch.randn(5_000, generator=torch.Generator().manual_seed(3))], TOWER)
    ids = torch.tensor([5, 6, 7] + [149] * 8 + [149] * 11 + [8, 9])
    mask = torch.zeros(len(ids), dtype=torch.bool)
    mask[3:11] = True
    codes = torch.randint(0, 34, (4, 11), generator=torch.Generator().manual_seed(4))
    return ids, codes, TowerSound(pieces, mask)


def test_positions_of_the_tower_take_the_text_path(lm: LanguageModel) -> None:
    """The same rows given as text embeddings of an enlarged vocabulary make the same logits."""
    ids, codes, sound = sounding(lm)
    ours = lm.logits(ids, codes, sound=sound)[1]
    with torch.no_grad():
        rows = lm.network.embed_sound(sound.pieces.mel, sound.pieces.frame_counts)
    table = lm.network.model.embed_tokens.weight
    kept = table.detach().clone()
    try:
        table.data[20:28] = rows
        as_text = ids.clone()
        as_text[3:11] = torch.arange(20, 28)
        expected = lm.logits(as_text, codes)[1]
    finally:
        table.data.copy_(kept)
    torch.testing.assert_close(ours, expected, atol=1e-5, rtol=0)


def test_sound_that_does_not_fit_is_refused(lm: LanguageModel) -> None:
    ids, codes, sound = sounding(lm)
    with pytest.raises(ModelError, match="8 positions, but the mask has 7"):
        mask = sound.mask.clone()
        mask[3] = False
        lm.logits(ids, torch.zeros(4, 12), sound=TowerSound(sound.pieces, mask))
    with pytest.raises(ModelError, match="no audio tower"):
        plain = random_model(tiny(audio_in_id=149))
        plain.logits(ids, codes, sound=sound)
    with pytest.raises(ModelError, match="padded"):
        lm.logits(
            ids, codes, sound=TowerSound(MelPieces(torch.zeros(1, 16, 90), (90,)), sound.mask)
        )
    with pytest.raises(ModelError, match=r"\[samples\]"):
        mel_pieces([torch.zeros(2, 100)], TOWER)
    with pytest.raises(ModelError, match="floats"):
        mel_pieces([torch.zeros(100, dtype=torch.int16)], TOWER)
    with pytest.raises(ModelError, match=r"\[2, 16, 100\], padded"):
        two = MelPieces(sound.pieces.mel, (32, 32))
        lm.logits(ids, codes, sound=TowerSound(two, sound.mask))
    with pytest.raises(ModelError, match="true and false"):
        lm.logits(ids, codes, sound=TowerSound(sound.pieces, sound.mask.long()))


def test_a_checkpoint_with_a_tower_opens(lm: LanguageModel, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(boson_config(CONFIG)))
    weights = boson_names(lm.network.state_dict())
    assert "audio_tower.layers.1.self_attn.k_proj.weight" in weights
    assert "audio_encoder_proj.linear.bias" in weights
    save_file(weights, tmp_path / "model.safetensors")
    again = load_model(tmp_path)
    assert again.config == CONFIG
    ids, codes, sound = sounding(lm)
    ours, theirs = lm.logits(ids, codes, sound=sound), again.logits(ids, codes, sound=sound)
    assert torch.equal(ours[1], theirs[1])
