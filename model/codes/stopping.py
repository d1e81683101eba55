"""How a stream of frames opens and closes, codebook by codebook.

A *column* is what one step draws: one code per codebook, delayed (see `delay_pattern.py`). The
rules below turn raw draws into the column that is kept, for all lanes at once. `column_index`
counts from 1 (column 0 is the opening column of BOS, never drawn). `countdown` is the rule's own
memory, one number per lane, `OPEN` while nothing has ended.

```
ours, 4 codebooks, codebook 0 says E at column 5     (B forced, E forced, x drawn)
  k0  B x x x x E e e e        the end is column 5, hence 4 frames
  k1  B b x x x x e e e        codebook k is E from column 5 + k on, never before
  k2  B b b x x x x e e
  k3  B b b b x x x x e        closed with the column that is all E
```
"""

import torch

from model.runs.engine_settings import ClosingRule

OPEN = 1 << 40


def masked_logits(
    logits: torch.Tensor,
    column_index: torch.Tensor,
    minimum_frames: torch.Tensor,
    stream_bos_id: int,
    stream_eos_id: int,
) -> torch.Tensor:
    """Logits `[lanes, codebooks, rows]` from which only real codes can be drawn, by our rule.

    Codebook 0 may also say EOS, once the take has its minimum length. A draw at column j would end
    the take after j - 1 frames.
    """
    masked = logits.clone()
    masked[:, :, stream_bos_id] = -torch.inf
    masked[:, 1:, stream_eos_id] = -torch.inf
    too_early = column_index <= minimum_frames
    masked[:, 0, stream_eos_id].masked_fill_(too_early, -torch.inf)
    return masked


def close_stream(
    rule: ClosingRule,
    drawn: torch.Tensor,
    column_index: torch.Tensor,
    countdown: torch.Tensor,
    stream_bos_id: int,
    stream_eos_id: int,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Raw draws `[lanes, codebooks]` to (column, countdown, closed), each per lane.

    A closed lane has drawn its last column.
    """
    codebook = torch.arange(drawn.shape[1], device=drawn.device)
    opened = drawn.masked_fill(codebook >= column_index[:, None], stream_bos_id)
    if rule is ClosingRule.FIRST_CODEBOOK:
        return _first_codebook(opened, codebook, column_index, countdown, stream_eos_id)
    if rule is ClosingRule.LOWEST_INDEX:
        return _lowest_index(opened, codebook, countdown, stream_eos_id)
    return _transformers(opened, codebook, column_index, countdown, stream_eos_id)


def _first_codebook(
    column: torch.Tensor,
    codebook: torch.Tensor,
    column_index: torch.Tensor,
    countdown: torch.Tensor,
    stream_eos_id: int,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Our own. The countdown is the column at which codebook 0 ended."""
    ends_now = (countdown == OPEN) & (column[:, 0] == stream_eos_id)
    countdown = torch.where(ends_now, column_index, countdown)
    has_ended = column_index[:, None] >= countdown[:, None] + codebook
    return column.masked_fill(has_ended, stream_eos_id), countdown, has_ended[:, -1]


def _lowest_index(
    column: torch.Tensor, codebook: torch.Tensor, countdown: torch.Tensor, stream_eos_id: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Boson's. The countdown is how many columns are still to come.

    The lowest codebook that says EOS takes all below it along, and with it their real frames.
    """
    codebook_count = column.shape[1]
    is_closing = countdown != OPEN
    says_eos = column == stream_eos_id
    lowest = torch.where(says_eos, codebook, codebook_count).amin(dim=1)
    forced = torch.where(is_closing, codebook_count - countdown, lowest % codebook_count)
    column = column.masked_fill(codebook < forced[:, None], stream_eos_id)
    begun = torch.where(says_eos.any(dim=1), codebook_count - lowest - 1, OPEN)
    countdown = torch.where(is_closing, countdown - 1, begun)
    return column, countdown, countdown <= 0


def _transformers(
    column: torch.Tensor,
    codebook: torch.Tensor,
    column_index: torch.Tensor,
    countdown: torch.Tensor,
    stream_eos_id: int,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """As in transformers. The countdown is the column at which any codebook first said EOS."""
    forced = codebook < (column_index - countdown)[:, None]
    column = column.masked_fill(forced, stream_eos_id)
    says_eos = column == stream_eos_id
    begins = (countdown == OPEN) & says_eos.any(dim=1)
    countdown = torch.where(begins, column_index, countdown)
    return column, countdown, says_eos.all(dim=1)
