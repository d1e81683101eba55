"""Conversations become training samples, in one new folder that is whole or not there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from higgs_cli.errors import FormatError, UsageError
from higgs_cli.files.atomic_file import folder_written_aside
from higgs_cli.files.writable import check_empty_folder
from higgs_cli.speech.higgs.errors import translated
from model.config.reader import read_config
from model.network.mel import SAMPLE_RATE, mel_pieces
from model.training.samples import Mel, TrainingSample
from model.training.shards import write_shards
from tokenizer import load_codec
from tokenizer.prompts.messages import ChatSample
from tokenizer.prompts.positions import StreamShape
from tokenizer.prompts.special_tokens import MODEL_FIELDS
from tokenizer.prompts.text import TextTokenizer
from tokenizer.prompts.writer import PromptWriter
from tokenizer.recordings.waveform import to_mono
from tokenizer.samples.conversations import read_samples
from tokenizer.samples.labels import for_tower, label_sample
from tokenizer.samples.recordings import EncodedSample, encode_recordings


@dataclass(frozen=True)
class SampleRecipe:
    """For which model and with which codec samples are made, and how they are kept."""

    model: Path
    codec: Path
    device: str
    per_file: int
    allow_outside: bool
    """Recordings may lie outside the folder of the conversations."""


@translated(refusal=UsageError)
def write_samples(conversations: Path, output: Path, recipe: SampleRecipe) -> int:
    """Write the samples of all conversations to a new folder, and count them."""
    check_empty_folder(output, hint="name a new folder")
    with folder_written_aside(output.resolve()) as aside:
        laid_out = _laid_out(conversations, _Preparation(recipe))
        count = write_shards(aside, laid_out, recipe.per_file)
        if not count:
            raise FormatError(f"{conversations} contains no conversation")
    return count


def _laid_out(conversations: Path, preparation: _Preparation) -> Iterator[TrainingSample]:
    """The conversations of a file as samples; a mistake in one is reported with its line."""
    for line, conversation in read_samples(conversations):
        with translated(f"{conversations}, line {line}", UsageError):
            sample = preparation.sample(conversation, conversations.parent)
        yield sample


class _Preparation:
    """A model's own ids and a codec's codes for conversations."""

    def __init__(self, recipe: SampleRecipe) -> None:
        self._config = config = read_config(recipe.model)
        streams = StreamShape(config.codebook_count, config.stream_bos_id, config.stream_eos_id)
        hears_apart = config.audio_in_id is not None
        text = TextTokenizer.from_folder(recipe.model)
        ids = {token: getattr(config, field) for token, field in MODEL_FIELDS.items()}
        text.check_ids(ids, config.vocab_size)
        self._writer = PromptWriter(
            text, streams, has_audio_in=hears_apart, encodes_audio_in=config.encodes_audio_in
        )
        self._codec = load_codec(recipe.codec, recipe.device)
        self._allow_outside = recipe.allow_outside

    def sample(self, conversation: ChatSample, folder: Path) -> TrainingSample:
        """Its positions, labels and codes; recordings are looked for from `folder` on."""
        encoded = encode_recordings(
            conversation, self._codec, folder, allow_outside=self._allow_outside
        )
        conversation, tower = encoded.sample, self._config.whisper
        if tower is not None:
            conversation = for_tower(conversation, frame_limit=tower.position_count // 2)
        labelled = label_sample(conversation, self._writer)
        return TrainingSample.of(
            labelled.prompt.ids,
            labelled.text_labels,
            labelled.prompt.audio_mask,
            labelled.prompt.codes,
            labelled.clips,
            labelled.prompt.tower_mask,
            self._mels(encoded),
        )

    def _mels(self, encoded: EncodedSample) -> list[Mel]:
        """What the audio tower listens to, where the model has one."""
        if self._config.whisper is None:
            return []
        clips = [to_mono(one, self._codec.sample_rate, SAMPLE_RATE) for one in encoded.tower_sounds]
        pieces = mel_pieces(clips, self._config.whisper)
        return [Mel.cut(*piece) for piece in zip(pieces.mel, pieces.frame_counts, strict=True)]
