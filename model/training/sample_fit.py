"""Whether prepared samples were made for a model: its codebooks, its ids, its audio tower.

Each table is looked through once, the sounds themselves left out: seconds for hundreds of hours of
speech, where an index beyond a table would otherwise end the run, or a wrong one spoil it unseen.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from safetensors import safe_open
from torch import Tensor

from model.config.config import ModelConfig
from model.errors import CheckpointError
from model.training.samples import IGNORED
from model.training.shards import open_shard


def refuse_foreign_samples(paths: Iterable[Path], config: ModelConfig) -> None:
    """An error for the first file whose samples this model cannot learn from."""
    for path in paths:
        with open_shard(path) as file:
            misfit = _ids_misfit(file, config) or _codes_misfit(file, config)
            misfit = misfit or _sound_misfit(file, config)
        if misfit:
            raise CheckpointError(
                f"{path}: prepared for another model: {misfit}; prepare the samples again with the "
                "model that is trained"
            )


def _ids_misfit(file: safe_open, config: ModelConfig) -> str | None:
    ids, labels = file.get_tensor("ids"), file.get_tensor("text_labels")
    for values in (ids, labels[labels != IGNORED]):
        beyond = _beyond(values, config.vocab_size)
        if beyond is not None:
            return f"it has the id {beyond}, the model's go from 0 to {config.vocab_size - 1}"
    columns = set(ids[file.get_tensor("audio_mask")].unique().tolist())
    foreign = columns - set(config.audio_ids)
    if foreign:
        known = " or ".join(map(str, config.audio_ids))
        return f"its codes stand at the id {min(foreign)}, the model's at {known}"
    return None


def _codes_misfit(file: safe_open, config: ModelConfig) -> str | None:
    codes = file.get_tensor("codes")
    if len(codes) != config.codebook_count:
        return f"it has {len(codes)} codebooks, the model {config.codebook_count}"
    beyond = _beyond(codes, config.rows_per_codebook)
    if beyond is not None:
        return f"it has the code {beyond}, the model's go from 0 to {config.rows_per_codebook - 1}"
    sizes = file.get_tensor("clip_columns").long()
    openings = codes[:, (sizes.cumsum(0) - sizes)[sizes > 0]]
    foreign = openings[openings != config.stream_bos_id]
    if len(foreign):
        return f"its streams begin with {int(foreign[0])}, the model's with {config.stream_bos_id}"
    return None


def _sound_misfit(file: safe_open, config: ModelConfig) -> str | None:
    if "mels" not in file.keys():  # noqa: SIM118
        return None
    if config.whisper is None:
        return "it has sounds for an audio tower, the model has none"
    bins, longest = config.whisper.mel_bins, config.whisper.mel_frame_count
    if file.get_slice("mels").get_shape()[0] != bins:
        return f"its sounds are not in the {bins} mel bins of the model's audio tower"
    if int(file.get_tensor("mel_frame_offsets").diff().max()) > longest:
        return f"its sounds are longer than the {longest} frames the model's audio tower takes"
    return None


def _beyond(values: Tensor, size: int) -> int | None:
    """A value that is no index of a table of `size` rows."""
    if not values.numel():
        return None
    lowest, highest = (int(bound) for bound in values.aminmax())
    if lowest < 0:
        return lowest
    return highest if highest >= size else None
