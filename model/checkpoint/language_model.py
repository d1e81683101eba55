"""A language model to load, to ask for logits, and to save.

Generation is the engine's work, text the tokenizer's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from model.checkpoint.files import candidates
from model.checkpoint.reader import load_network
from model.checkpoint.writer import write_checkpoint
from model.config.config import ModelConfig
from model.config.reader import read_config
from model.errors import ModelError
from model.hardware.device import parse_device, parse_dtype
from model.network.backbone import HiggsModel, put_rows
from model.network.dual_ffn import Routing
from model.network.mel import MelPieces


def load_model(
    path: Path | str,
    device: torch.device | str = "cpu",
    dtype: torch.dtype | str | None = torch.float32,
) -> LanguageModel:
    """Open a model folder of either public format; `dtype` None keeps what is stored."""
    target = parse_device(device)
    wanted = None if dtype is None else parse_dtype(dtype)
    folder = Path(path)
    found = candidates(folder)
    config = read_config(folder)
    return LanguageModel(config, load_network(found, config, target, wanted))


@dataclass(frozen=True, eq=False)
class TowerSound:
    """A recording for the text path of a checkpoint with a Whisper tower."""

    pieces: MelPieces
    mask: Tensor
    """`[positions]`, True at the ids whose places the pieces take, in order, instead of columns."""


@dataclass(frozen=True, eq=False)
class LanguageModel:
    """A network with its configuration, on one device, in one number format."""

    config: ModelConfig
    network: HiggsModel

    @property
    def device(self) -> torch.device:
        return self.network.model.embed_tokens.weight.device

    @property
    def dtype(self) -> torch.dtype:
        return self.network.model.embed_tokens.weight.dtype

    @torch.inference_mode()
    def logits(
        self,
        ids: Tensor | Sequence[int],
        codes: Tensor | Sequence[Sequence[int]] | None = None,
        *,
        sound: TowerSound | None = None,
    ) -> tuple[Tensor | None, Tensor]:
        """Logits at every position of one expanded sequence, in float32.

        `ids` is `[positions]`, each audio id standing for one column; `codes` is `[codebooks, audio
        positions]`, delayed as it is fed, specials included. Text logits are `[positions,
        vocabulary]`, or None for a checkpoint without a text head; audio logits are `[positions,
        codebooks, rows per codebook]`. Checkpoints with a Whisper tower take `sound` as well.
        """
        row = _whole_numbers("ids", ids)
        nothing = torch.empty(self.config.codebook_count, 0, dtype=torch.long)
        columns = nothing if codes is None else _whole_numbers("codes", codes)
        is_sound = torch.zeros_like(row, dtype=torch.bool) if sound is None else sound.mask.cpu()
        mask = self._checked_mask(row, columns, is_sound)
        hidden = self.network.embed_text(row.to(self.device)[None])
        hidden = self.network.place(hidden, mask.to(self.device)[None], columns.to(self.device))
        if sound is not None:
            hidden = self._put_sound(hidden, sound)
        positions = torch.arange(len(row), device=self.device)[None]
        hidden = self.network(hidden, Routing.of(mask[None], self.device), positions)[0]
        text = self.network.text_logits(hidden)
        return None if text is None else text.float(), self.network.audio_logits(hidden).float()

    def save(self, folder: Path | str) -> None:
        """Write a folder that `load_model` and transformers open; see `config/writer.py`."""
        write_checkpoint(self.network, Path(folder))

    def _put_sound(self, hidden: Tensor, sound: TowerSound) -> Tensor:
        rows = self.network.embed_sound(sound.pieces.mel.to(self.device), sound.pieces.frame_counts)
        places = int(sound.mask.sum())
        if len(rows) != places:
            raise ModelError(f"the pieces take {len(rows)} positions, but the mask has {places}")
        return put_rows(hidden, sound.mask.to(self.device)[None], rows)

    def _checked_mask(self, ids: Tensor, codes: Tensor, is_sound: Tensor) -> Tensor:
        """True where a column of codes goes, once everything is of the right size and range."""
        config = self.config
        if ids.dim() != 1 or len(ids) == 0:
            raise ModelError(f"ids must be one sequence, not of shape {list(ids.shape)}")
        if is_sound.dtype != torch.bool:
            raise ModelError(f"the mask must hold true and false, not {is_sound.dtype}")
        if is_sound.shape != ids.shape:
            raise ModelError(
                f"the mask must be [{len(ids)}] like the ids, not {list(is_sound.shape)}"
            )
        if not 0 <= int(ids.min()) <= int(ids.max()) < config.vocab_size:
            raise ModelError(f"ids must lie in the vocabulary, 0 to {config.vocab_size - 1}")
        mask = self.network.audio_mask(ids) & ~is_sound
        wanted = [config.codebook_count, int(mask.sum())]
        if list(codes.shape) != wanted:
            found = list(codes.shape)
            raise ModelError(f"codes must be [codebooks, audio ids] = {wanted}, not {found}")
        last = config.rows_per_codebook - 1
        if codes.numel() and not 0 <= int(codes.min()) <= int(codes.max()) <= last:
            raise ModelError(f"codes must be 0 to {last}, specials included")
        return mask


def _whole_numbers(name: str, values: object) -> Tensor:
    """Lists, arrays and tensors of any number format, as long as nothing is cut off."""
    try:
        given = torch.as_tensor(values, device="cpu")
        whole = given.long()
    except (TypeError, ValueError, RuntimeError, OverflowError) as problem:
        raise ModelError(f"{name} cannot be read as whole numbers: {problem}") from None
    if (
        given.dtype == torch.bool
        or given.is_complex()
        or not torch.equal(whole.to(given.dtype), given)
    ):
        raise ModelError(f"{name} must be whole numbers")
    return whole
