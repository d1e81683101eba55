from __future__ import annotations

from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from model.codes.delay_pattern import delayed
from model.errors import CheckpointError, ModelError
from model.training.batches import collate, padded_length
from model.training.corruption import corrupt
from model.training.samples import IGNORED, ClipSpan, Mel, TrainingSample, audio_labels
from model.training.shards import Shard, sample_lengths, shard_paths, write_shard
from tests.model.training_fixtures import SINGER, songs

B, E, I = 8, 9, IGNORED  # noqa: E741


def test_the_picture_of_the_labels_is_true() -> None:
    codes = torch.tensor([[1, 1, 1], [2, 2, 2], [3, 3, 3], [4, 4, 4]])
    columns = delayed(codes, B, E)
    assert audio_labels(columns, (ClipSpan(8, True),)).tolist() == [
        [I, 1, 1, 1, E, I, I, I],
        [I, I, 2, 2, 2, E, I, I],
        [I, I, I, 3, 3, 3, E, I],
        [I, I, I, I, 4, 4, 4, E],
    ]


@given(st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=1, max_size=4))
def test_each_codebook_of_a_learned_clip_has_one_eos_on_its_diagonal(
    clips: list[tuple[int, bool]],
) -> None:
    books = 3
    columns = [delayed(torch.randint(0, 8, (books, frames)), B, E) for frames, _ in clips]
    spans = tuple(
        ClipSpan(column.shape[1], learned)
        for column, (_, learned) in zip(columns, clips, strict=True)
    )
    labels = audio_labels(torch.cat(columns, dim=1), spans)
    start = 0
    for span, (frames, learned) in zip(spans, clips, strict=True):
        of_clip = labels[:, start : start + span.column_count]
        start += span.column_count
        assert not (of_clip == B).any()
        for book in range(books):
            ends = (of_clip[book] == E).nonzero().flatten().tolist()
            assert ends == ([book + 1 + frames] if learned else [])
            assert int((of_clip[book] != I).sum()) == (frames + 1 if learned else 0)


def test_a_sample_whose_parts_disagree_is_refused() -> None:
    ids = torch.arange(3)
    with pytest.raises(ModelError, match="clips of 5 columns and 2 audio positions"):
        TrainingSample(
            ids, ids, torch.tensor([True, True, False]), torch.zeros(2, 2), (ClipSpan(5, True),)
        )
    with pytest.raises(ModelError, match="differ in length"):
        TrainingSample(ids, ids[:2], torch.zeros(3, dtype=torch.bool), torch.zeros(2, 0), ())


def with_tower(sample: TrainingSample) -> TrainingSample:
    """The same sample with three positions of Whisper features before its audio."""
    places = torch.zeros(len(sample), dtype=torch.bool)
    places[1:4] = True
    return TrainingSample(
        sample.ids,
        sample.text_labels,
        sample.audio_mask,
        sample.codes,
        sample.clips,
        places,
        (Mel(torch.arange(4 * 14).reshape(4, 14) / 8, 12),),
    )


@pytest.mark.parametrize("tower", [False, True])
def test_samples_come_back_from_a_shard_as_they_went_in(tmp_path: Path, tower: bool) -> None:
    given_samples = songs(7, seed=1)
    if tower:
        given_samples[2] = with_tower(given_samples[2])
    path = tmp_path / "samples-0.safetensors"
    write_shard(path, given_samples)
    shard = Shard(path)
    assert len(shard) == 7
    assert sample_lengths(path).tolist() == [len(sample) for sample in given_samples]
    for index, sample in enumerate(given_samples):
        read = shard[index]
        for name in ("ids", "text_labels", "audio_mask", "codes"):
            assert torch.equal(getattr(read, name), getattr(sample, name)), name
        assert read.clips == sample.clips
        assert len(read.mels) == len(sample.mels)
        for ours, theirs in zip(read.mels, sample.mels, strict=True):
            assert torch.equal(ours.frames, theirs.frames)
            assert ours.frame_count == theirs.frame_count
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_holds_no_samples_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no prepared samples here"):
        shard_paths(tmp_path)
    path = tmp_path / "samples-0.safetensors"
    path.write_bytes(b"nonsense")
    with pytest.raises(CheckpointError, match="not a file of samples"):
        Shard(path)
    with pytest.raises(CheckpointError, match="not a file of samples"):
        sample_lengths(path)


def test_a_batch_is_padded_on_the_right_and_keeps_columns_in_order() -> None:
    samples = songs(3, seed=2)
    batch = collate(samples, pad_id=30)
    length = padded_length(max(map(len, samples)))
    assert batch.ids.shape == (3, length)
    assert length % 8 == 0
    for lane, sample in enumerate(samples):
        count = len(sample)
        assert torch.equal(batch.ids[lane, :count], sample.ids)
        assert (batch.ids[lane, count:] == 30).all()
        assert (batch.text_labels[lane, count:] == IGNORED).all()
        assert not batch.audio_mask[lane, count:].any()
    assert torch.equal(batch.codes, torch.cat([sample.codes for sample in samples], dim=1))
    assert len(batch.audio_places()) == batch.codes.shape[1]


def test_mels_are_padded_with_their_own_silence() -> None:
    batch = collate([with_tower(songs(1, seed=3)[0])], pad_id=30, mel_frame_count=20)
    assert batch.mels is not None
    assert batch.mels.shape == (1, 4, 20)
    assert (batch.mels[0, :, 14:] == batch.mels[0].min()).all()
    assert batch.mel_frame_counts == (12,)


def test_corruption_changes_what_is_fed_never_what_is_learned() -> None:
    batch = collate(songs(20, seed=4), pad_id=30)
    corrupted = [corrupt(batch, 0.3, 0.1, seed, SINGER.codebook_size) for seed in range(40)]
    changed = [one for one in corrupted if not torch.equal(one.codes, batch.codes)]
    assert 10 < len(changed) < 30  # half of the batches stay clean
    for one in changed:
        assert torch.equal(one.audio_labels, batch.audio_labels)
        touched = one.codes != batch.codes
        assert (batch.codes[touched] < SINGER.codebook_size).all()
        assert (one.codes[touched] < SINGER.codebook_size).all()
        assert 0.2 < touched[batch.audio_labels >= 0].float().mean() < 0.5
    again = corrupt(batch, 0.3, 0.1, 7, SINGER.codebook_size)
    assert torch.equal(again.codes, corrupted[7].codes)


def test_references_are_never_corrupted() -> None:
    sample = songs(1, seed=5)[0]
    reference = TrainingSample(
        sample.ids,
        sample.text_labels,
        sample.audio_mask,
        sample.codes,
        (ClipSpan(sample.codes.shape[1], is_learned=False),),
    )
    batch = collate([reference], pad_id=30)
    for seed in range(10):
        assert torch.equal(corrupt(batch, 1.0, 1.0, seed, 8).codes, batch.codes)
