"""Lessons of the next mini: which sound of its text is heard when."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

RECIPE = Path(__file__).parents[1] / "examples" / "train_mini"
SOUNDS, CODES, PAUSE = 12, 40, -1


@pytest.fixture
def align(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(RECIPE))
    return importlib.import_module("align_sounds")


def spoken(source: np.random.Generator) -> tuple[list[int], np.ndarray, np.ndarray]:
    """Sounds with places where a pause may be, the codes of their frames, and what each frame is.

    A sound is heard as one of three codes of its own, a pause as one of the last four.
    """
    text: list[int] = []
    truth: list[int] = [PAUSE] * int(source.integers(0, 3))
    for _ in range(int(source.integers(3, 9))):
        for sound in source.integers(0, SOUNDS, int(source.integers(1, 5))):
            truth += [len(text)] * int(source.integers(1, 5))
            text.append(int(sound))
        text += [PAUSE] * int(source.integers(1, 3))
        truth += [PAUSE] * int(source.integers(0, 4))
    codes = [
        CODES - 1 - source.integers(4) if at == PAUSE else 3 * text[at] + source.integers(3)
        for at in truth
    ]
    return text, np.array(codes), np.array(truth)


def test_sounds_are_found_without_being_told_what_they_sound_like(align: ModuleType) -> None:
    source = np.random.default_rng(3)
    texts, codes, truth = zip(*(spoken(source) for _ in range(150)), strict=True)
    found = align.aligned(texts, codes, SOUNDS, CODES)
    right = np.concatenate([one == two for one, two in zip(found, truth, strict=True)])
    assert right.mean() > 0.97


def test_sounds_are_heard_in_their_order(align: ModuleType) -> None:
    source = np.random.default_rng(4)
    texts, codes, _ = zip(*(spoken(source) for _ in range(20)), strict=True)
    for places, heard in zip(align.aligned(texts, codes, SOUNDS, CODES), codes, strict=True):
        assert len(places) == len(heard)
        sounds = places[places != PAUSE]
        assert (np.diff(sounds) >= 0).all()


def test_fewer_frames_than_sounds_are_no_trouble(align: ModuleType) -> None:
    found = align.aligned([[1, 2, 3, 4, 5, PAUSE]], [np.array([3, 6])], SOUNDS, CODES)
    assert len(found[0]) == 2


def test_a_clip_knows_the_sounds_that_its_prompt_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(RECIPE))
    spoken_clips, clips = map(importlib.import_module, ("spoken_clips", "clips"))
    from tokenizer.prompts.positions import StreamShape
    from tokenizer.prompts.text import TextTokenizer
    from tokenizer.prompts.writer import PromptWriter

    text = TextTokenizer.from_folder(Path(__file__).parents[1] / "model" / "mini")
    writer = PromptWriter(text, StreamShape(8, 256, 257))
    codes = torch.arange(8 * 40).reshape(8, 40) % 256
    (clip,) = spoken_clips.with_sounds([clips.Clip("The cat sat.", codes, "wren")], writer)
    assert clip.sounds is not None and clip.sounds.max() > 0
    assert clip.sound_count == 8  # dh ax k ae t s ae t
