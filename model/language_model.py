"""The door for people: a language model that answers with logits.

Generation is the engine's work, text the tokenizer's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from model.backbone import HiggsModel
from model.checkpoint import load_network
from model.checkpoint_files import candidates
from model.checkpoint_writer import write_checkpoint
from model.config import ModelConfig
from model.config_reader import read_config
from model.dual_ffn import Routing
from model.errors import ModelError


def load_model(
    path: Path | str,
    device: torch.device | str = "cpu",
    dtype: torch.dtype | None = torch.float32,
) -> LanguageModel:
    """Open a model folder of either public format; `dtype` None keeps what is stored."""
    folder = Path(path)
    found = candidates(folder)
    config = read_config(folder)
    return LanguageModel(config, load_network(found, config, torch.device(device), dtype))


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
        self, ids: Tensor | Sequence[int], codes: Tensor | None = None
    ) -> tuple[Tensor | None, Tensor]:
        """Logits at every position of one expanded sequence, in float32.

        `ids` is `[positions]`, each audio id standing for one column; `codes` is `[codebooks, audio
        positions]`, delayed as it is fed, specials included. Text logits are `[positions,
        vocabulary]`, or None for a checkpoint without a text head; audio logits are `[positions,
        codebooks, rows per codebook]`.
        """
        row = torch.as_tensor(ids, dtype=torch.long, device="cpu")
        columns = self._columns(codes)
        mask = self._checked_mask(row, columns)
        hidden = self.network.embed_text(row.to(self.device)[None])
        hidden = self.network.place(hidden, mask.to(self.device)[None], columns.to(self.device))
        positions = torch.arange(len(row), device=self.device)[None]
        hidden = self.network(hidden, Routing.of(mask[None], self.device), positions)[0]
        text = self.network.text_logits(hidden)
        return None if text is None else text.float(), self.network.audio_logits(hidden).float()

    def save(self, folder: Path | str) -> None:
        """Write a folder that `load_model` and transformers open; see `config_writer`."""
        write_checkpoint(self.network, Path(folder))

    def _columns(self, codes: Tensor | None) -> Tensor:
        if codes is None:
            return torch.empty(self.config.codebook_count, 0, dtype=torch.long)
        return torch.as_tensor(codes, device="cpu").long()

    def _checked_mask(self, ids: Tensor, codes: Tensor) -> Tensor:
        config = self.config
        if ids.dim() != 1 or len(ids) == 0:
            raise ModelError(f"ids must be one sequence, not of shape {list(ids.shape)}")
        if not 0 <= int(ids.min()) <= int(ids.max()) < config.vocab_size:
            raise ModelError(f"ids must lie in the vocabulary, 0 to {config.vocab_size - 1}")
        mask = self.network.audio_mask(ids)
        wanted = [config.codebook_count, int(mask.sum())]
        if list(codes.shape) != wanted:
            raise ModelError(
                f"codes must be [codebooks, audio ids] = {wanted}, not {list(codes.shape)}"
            )
        if (
            codes.numel()
            and not 0 <= int(codes.min()) <= int(codes.max()) < config.rows_per_codebook
        ):
            raise ModelError(
                f"codes must be 0 to {config.rows_per_codebook - 1}, specials included"
            )
        return mask
