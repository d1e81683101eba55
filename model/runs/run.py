"""What the engine is asked for: runs of chunks, and how their codes are drawn.

Plain frozen data; nothing here computes. Text is unknown here: a prompt is ids and codes.

```
RunRequest
  prefix  ── Prompt, shared between runs
  chunks  ── ChunkRequest, ChunkRequest, …
  closing ── ids between two turns
  sampling, seed, context_chunks
```
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from model.errors import GenerationError

if TYPE_CHECKING:
    from torch import Tensor

    from model.runs.prompt import Prompt

MAXIMUM_RAS_WINDOW = 32
BOLDER_BY = 0.2


@dataclass(frozen=True)
class SamplingSettings:
    """How codes are drawn. A temperature of 0 is greedy: arg max, no noise, no redraw."""

    temperature: float = 1.0
    top_k: int = 50
    """0 keeps all."""
    top_p: float = 0.95
    """1.0 keeps all."""
    ras_window: int = 7
    """Repetition-aware sampling looks at this many frames of the chunk; 0 switches it off."""
    ras_repeats: int = 2
    """A code already heard this often in the window is drawn once more, from the raw logits."""
    retry_temperature: float = 0.0
    """Further attempts at a chunk rise to this, in steps of BOLDER_BY, where they begin below."""

    def of_attempt(self, attempt: int) -> SamplingSettings:
        """What was all but certain would go wrong the same way again: later attempts are bolder."""
        boldness = min(attempt * BOLDER_BY, self.retry_temperature)
        return replace(self, temperature=max(self.temperature, boldness))

    def __post_init__(self) -> None:
        limits = {
            "temperature": (self.temperature, 0.0, 100.0),
            "retry_temperature": (self.retry_temperature, 0.0, 100.0),
            "top_k": (self.top_k, 0, 1 << 30),
            "top_p": (self.top_p, 1e-6, 1.0),
            "ras_window": (self.ras_window, 0, MAXIMUM_RAS_WINDOW),
            "ras_repeats": (self.ras_repeats, 1, 1 << 30),
        }
        for name, (value, least, most) in limits.items():
            if not least <= value <= most:
                raise GenerationError(f"{name}: {value} is not between {least} and {most}")


@dataclass(frozen=True, eq=False)
class ChunkRequest:
    """The text of one generation, and the limits within which its take must end."""

    key: str
    """Unique in its run, stable between sessions: the noise of the chunk is drawn from it."""
    prompt: Prompt
    """The user's turn and the assistant's header; its last id is `<|audio_out_bos|>`."""
    frame_budget: int
    """The take is ended after this many frames, with `EndReason.BUDGET`."""
    minimum_frames: int = 0
    """Codebook 0 cannot end before this many frames."""
    first_attempt: int = 0
    """The noise to begin with: raise it to hear another take of the same chunk."""
    stored_codes: Tensor | None = None
    """`[codebooks, frames]` of a take that exists: it is context for what follows, not spoken
    again, and no event is yielded for it."""


@dataclass(frozen=True, eq=False)
class RunRequest:
    """Chunks spoken one after another in one context, on one lane."""

    key: str
    prefix: Prompt
    """System message and references. Equal prefixes are prefilled once and shared."""
    chunks: tuple[ChunkRequest, ...]
    closing: tuple[int, ...]
    """The ids between a chunk's last frame and the next chunk's prompt, such as
    `<|audio_eos|><|eot_id|>`."""
    seed: int = 0
    sampling: SamplingSettings = field(default_factory=SamplingSettings)
    context_chunks: int = 2
    """What survives a rebase: the prefix and this many chunks (see `context_window.py`)."""
