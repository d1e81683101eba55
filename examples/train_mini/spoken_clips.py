"""Utterances of the new teacher's corpus with their codes, and which sound of the text each frame is."""

from pathlib import Path

import numpy as np
import torch
from align_sounds import PAUSE, aligned
from clips import CODEBOOK_SIZE, Clip
from corpus_parts import read_index
from encode_spoken import codes_path
from make_pronunciations import FIRST_SYMBOL, symbol_table
from safetensors.torch import load_file

from tokenizer.prompts.writer import PromptWriter


def read_spoken_clips(
    corpus: Path, parts: list[int], writer: PromptWriter, longest_frames: int
) -> list[Clip]:
    """All encoded utterances of up to so many frames."""
    clips = []
    for part in parts:
        table = load_file(codes_path(corpus, part))
        pieces = table["codes"].long().split(table["frames"].tolist(), dim=1)
        rows = read_index(corpus, part)
        clips += [
            Clip(row["text"], codes, row["voice"])
            for row, codes in zip(rows, pieces, strict=True)
            if codes.shape[1] <= longest_frames
        ]
    return with_sounds(clips, writer)


def with_sounds(clips: list[Clip], writer: PromptWriter) -> list[Clip]:
    """The same clips, told which sound is heard when; all of them together teach what sounds like what."""
    first, count = writer.text.encode(chr(FIRST_SYMBOL))[0], len(symbol_table())
    written = [
        [one - first if first <= one < first + count else PAUSE for one in read.ids]
        for read in (writer.opening(clip.text) for clip in clips)
    ]
    heard = [clip.codes[0].numpy() for clip in clips]
    found = aligned(written, heard, count, CODEBOOK_SIZE)
    return [
        Clip(clip.text, clip.codes, clip.speaker, _numbered(places, sounds), _count(sounds))
        for clip, places, sounds in zip(clips, found, written, strict=True)
    ]


def _numbered(places: np.ndarray, sounds: list[int]) -> torch.Tensor:
    """Places in a text as numbers of its sounds."""
    numbers = np.cumsum(np.array(sounds) != PAUSE) - 1
    return torch.from_numpy(np.where(places == PAUSE, PAUSE, numbers[places]))


def _count(sounds: list[int]) -> int:
    return sum(sound != PAUSE for sound in sounds)
