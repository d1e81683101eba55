"""What the engine is asked for and what it answers: runs of chunks in, frames and takes out.

Plain frozen data; nothing here computes. Text is unknown here: a prompt is ids and codes.

```
RunRequest                                   Event
  prefix  ── Prompt, shared between runs       Frame        one aligned frame, while it is generated
  chunks  ── ChunkRequest, ChunkRequest, …     Take         a chunk is finished: answer it
  closing ── ids between two turns             LaneFailure  this run ended, the others go on
  sampling, seed, context_chunks               Waiting      every busy lane awaits an answer
```
"""

from dataclasses import dataclass, field, replace
from enum import Enum

import torch

from model.errors import GenerationError
from model.hardware.quantized_rows import NarrowFormat


@dataclass(frozen=True, eq=False)
class Prompt:
    """A stretch of context: ids, and one column of codes for each audio id among them."""

    ids: tuple[int, ...]
    """Every position in order. Audio ids (audio in, audio out, delay) stand for one column each."""
    codes: torch.Tensor | None = None
    """`[codebooks, audio positions]`, int64, in the *delayed* layout with its specials
    (see `delay_pattern.delayed`); None when no id is an audio id."""


MAXIMUM_RAS_WINDOW = 32
BOLDER_BY = 0.2
MOST_STASHED_RUNS = 32
STASH_POSITIONS = 256
"""Of a run that is laid ahead: room for the text of a chunk, not for a prefix."""


class ClosingRule(Enum):
    """Who decides that a stream of frames ends (see `stopping.py`)."""

    FIRST_CODEBOOK = "first codebook"
    """Ours: codebook 0 alone; specials are masked everywhere else."""
    LOWEST_INDEX = "lowest index"
    """Boson's: the lowest codebook that says EOS; unmasked. For parity only."""
    TRANSFORMERS = "transformers"
    """The port's: any EOS starts a countdown from codebook 0; unmasked. For parity only."""


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

    def of_attempt(self, attempt: int) -> "SamplingSettings":
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
    stored_codes: torch.Tensor | None = None
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


class EndReason(Enum):
    """Why a take ended."""

    CLOSED = "closed"
    """The model closed the stream itself: the only healthy end."""
    BUDGET = "frame budget"
    SILENCE = "silence"
    """The coarsest codebook hardly changed for `silence_frames`."""
    LOOP = "loop"
    """The coarsest codebook repeated a pattern for `loop_frames`."""


@dataclass(frozen=True, eq=False)
class Frame:
    """One aligned frame of a take that is still being spoken. Yielded in order, from index 0."""

    run_key: str
    chunk_key: str
    attempt: int
    index: int
    codes: torch.Tensor
    """`[codebooks]`, int64, on the CPU."""


@dataclass(frozen=True, eq=False)
class Take:
    """A finished chunk. Its lane is parked until `Engine.answer` is called with it."""

    run_key: str
    chunk_key: str
    attempt: int
    codes: torch.Tensor
    """`[codebooks, frames]`, int64, on the CPU; real codes only, possibly no frame at all."""
    end: EndReason
    context_keys: tuple[str, ...]
    """The chunks this take has heard, oldest first (its prefix is always heard too)."""


@dataclass(frozen=True)
class LaneFailure:
    """A run that cannot go on; its other chunks are not spoken. The other lanes do not notice."""

    run_key: str
    chunk_key: str
    attempt: int
    message: str


@dataclass(frozen=True)
class Waiting:
    """Every busy lane is parked: nothing can be decoded before a take is answered."""

    parked_lane_count: int


Event = Frame | Take | LaneFailure | Waiting


@dataclass(frozen=True, eq=False)
class Accept:
    """Go on to the next chunk, with this take as context."""

    codes: torch.Tensor | None = None
    """`[codebooks, frames]` to go on with instead of the take's own: an earlier, better attempt."""


@dataclass(frozen=True)
class Retry:
    """Speak the chunk again from its start, with the next attempt's noise."""


@dataclass(frozen=True)
class GiveUp:
    """Leave the chunk out: the run goes on with its next chunk, which does not hear this one.

    Nothing is stored for it, so a run that is continued later speaks it again.
    """


Answer = Accept | Retry | GiveUp


class StepKind(Enum):
    """How a decode step is computed. All say the same up to rounding."""

    FASTEST = "fastest"
    """The best there is for the architecture and the device."""
    COMPILED = "compiled"
    """One function of machine code, for small models on a CPU."""
    TORCH = "torch"
    """Torch operations on fused weights where the architecture allows, nothing compiled."""
    PLAIN = "plain"
    """The network itself."""


@dataclass(frozen=True)
class EngineSettings:
    """How the engine decodes. None of this is allowed to change what is heard in exact mode,
    except `position_count` (it bounds the context) and the precision of the model."""

    lane_count: int = 8
    position_count: int = 4096
    """Positions of a lane's cache: prefix, context and the chunk at its full frame budget."""
    exact: bool = True
    """Exact mode: constant width, canonical prefills, bit-equal codes. Else fast mode."""
    stream_frames: bool = False
    """Yield a `Frame` for every frame. Takes are yielded in any case."""
    silence_frames: int = 75
    """A take that holds one or two coarse codes this long has stalled; 0 switches this off."""
    loop_frames: int = 150
    """A take that repeats a pattern of at most `loop_period` frames this long has stalled; 0
    switches this off."""
    loop_period: int = 25
    closing_rule: ClosingRule = ClosingRule.FIRST_CODEBOOK
    step: StepKind = StepKind.FASTEST
    int8: bool = False
    """Decode with weights in int8, the head apart; for small models on a CPU. Prefills stay in the
    model's own precision. Another precision, hence other codes, but as exact as float32."""
    shares_prefixes: bool | None = None
    """Keep a prefix once for all lanes that begin with it, and read it once per step. Joining the
    two parts rounds differently, so this is for fast mode; None: where kernels are fused."""
    narrow_keys: NarrowFormat | None = None
    """Keep keys and values in one byte each: half the memory and half of what is read of it, heard
    as another precision. For fast mode."""
    fuses: bool | None = None
    """Fused kernels where lanes share prefixes; None: on a GPU in fast mode, where triton is
    installed and the kernels say there what their plain twins say."""
    captures: bool | None = None
    """Record whole steps as CUDA graphs; None: on a GPU in fast mode."""
    burst_steps: int | None = None
    """Steps between two looks at what was drawn; None: 1 on a CPU, 16 elsewhere. What is heard does
    not depend on it, only when: a lane that ends in the middle of a burst rests until its end."""
    bursts_ahead: int | None = None
    """Bursts begun before the one before them is looked at, so that the device need not wait; None:
    0 on a CPU, 1 elsewhere."""
    waiting_runs: int = 64
    """How many runs are read ahead to find one whose prefix is already at hand."""
    stashed_runs: int | None = None
    """How many runs are laid before a lane is free for them (see `ready_runs.py`); None: as many as
    there are lanes, up to `MOST_STASHED_RUNS`, on a GPU in fast mode, and none elsewhere."""

    def __post_init__(self) -> None:
        if self.narrow_keys and self.exact:
            raise GenerationError(
                "exact mode keeps keys and values as they are; narrow_keys is for fast mode"
            )
        for name in ("lane_count", "position_count"):
            if getattr(self, name) < 1:
                raise GenerationError(f"{name}: {getattr(self, name)} is below 1")
        for name in ("silence_frames", "loop_frames", "loop_period"):
            if getattr(self, name) < 0:
                raise GenerationError(f"{name}: {getattr(self, name)} is below 0")
        for name, value, least in (
            ("burst_steps", self.burst_steps, 1),
            ("bursts_ahead", self.bursts_ahead, 0),
            ("stashed_runs", self.stashed_runs, 0),
        ):
            if value is not None and value < least:
                raise GenerationError(f"{name}: {value} is below {least}")
