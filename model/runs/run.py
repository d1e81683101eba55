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

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from model.runs.sampling_settings import Sampling

if TYPE_CHECKING:
    from model.runs.events import Codes
    from model.runs.prompt import Prompt


@dataclass(frozen=True, eq=False)
class ChunkRequest:
    """The text of one generation, and the limits within which its take must end."""

    key: str
    """Unique in its run, stable between sessions: the noise of the chunk is drawn from it."""
    prompt: Prompt
    """The user's turn and the assistant's header; its last id is `<|audio_out_bos|>`."""
    frame_budget: int
    """The take is ended after this many frames, with `Ending.BUDGET`."""
    minimum_frames: int = 0
    """Codebook 0 cannot end before this many frames."""
    first_attempt: int = 0
    """The noise to begin with: raise it to get another take of the same chunk."""
    stored_codes: Codes | None = None
    """`[codebooks, frames]` of a take that exists: it is context for what follows, not spoken
    again, and no event is told of it."""


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
    sampling: Sampling = field(default_factory=Sampling)
    context_chunks: int = 2
    """What survives a rebase: the prefix and this many chunks (see `context_window.py`)."""
