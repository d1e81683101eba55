"""How the engine decodes; none of it may change what is spoken in exact mode."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from model.errors import GenerationError

if TYPE_CHECKING:
    from model.hardware.quantized_rows import QuantizedFormat


GPU_BURST_STEPS = 16
"""How many steps run on a card before anybody looks, where nobody says."""
MOST_READY_RUNS = 32

FEWEST_WAITING_RUNS = 64


READY_RUN_POSITIONS = 256
"""Of a run that is prefilled ahead: room for the text of a chunk, not for a prefix."""


class ClosingRule(Enum):
    """Who decides that a stream of frames ends (see `stopping.py`)."""

    FIRST_CODEBOOK = "first codebook"
    """Ours: codebook 0 alone; specials are masked everywhere else."""
    LOWEST_INDEX = "lowest index"
    """Boson's: the lowest codebook that says EOS; unmasked. For parity only."""
    TRANSFORMERS = "transformers"
    """As in transformers: any EOS starts a countdown from codebook 0; unmasked. For parity only."""


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
    """How the engine decodes. None of this is allowed to change what is spoken in exact mode,
    except `position_count` (it bounds the context) and the precision of the model."""

    lane_count: int = 8
    position_count: int = 4096
    """Positions of a lane's cache: prefix, context and the chunk at its full frame budget."""
    exact: bool = True
    """Exact mode: constant width, canonical prefills, bit-equal codes. Else fast mode."""
    stream_codes: bool = False
    """Tell the codes of every burst (`BurstSpoken.frames`), not only those of finished chunks."""
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
    quantized_keys: QuantizedFormat | None = None
    """Keep keys and values in one byte each: half the memory and half of what is read of it, and
    another precision for the voice. For fast mode."""
    fuses: bool | None = None
    """Fused kernels where lanes share prefixes; None: on a GPU in fast mode, where triton is
    installed and the kernels say there what their plain twins say."""
    captures: bool | None = None
    """Record whole steps as CUDA graphs; None: on a GPU in fast mode."""
    burst_steps: int | None = None
    """Steps between two looks at what was drawn; None: 1 on a CPU, 16 elsewhere. What is spoken
    does not depend on it, only when: a lane that ends in the middle of a burst rests until its
    end."""
    bursts_ahead: int | None = None
    """Bursts begun before the one before them is looked at, so that the device need not wait; None:
    0 on a CPU, 1 elsewhere."""
    waiting_runs: int | None = None
    """How many runs are read ahead, to find one whose prefix is already at hand, and to begin the
    longest first; None: see `read_ahead`."""
    prefix_bytes: int = 0
    """Prefixes are kept up to this size: for many voices that come again. The latest
    `KEPT_PREFIXES` are kept whatever their size."""
    ready_runs: int | None = None
    """How many runs are prefilled before a lane is free for them (see `ready_runs.py`); None: as
    many as there are lanes, up to `MOST_READY_RUNS`, on a GPU in fast mode, and none elsewhere."""

    def __post_init__(self) -> None:
        if self.quantized_keys and self.exact:
            raise GenerationError(
                "exact mode keeps keys and values as they are; quantized_keys is for fast mode"
            )
        for name in ("lane_count", "position_count"):
            if getattr(self, name) < 1:
                raise GenerationError(f"{name}: {getattr(self, name)} is below 1")
        for name in ("silence_frames", "loop_frames", "loop_period"):
            if getattr(self, name) < 0:
                raise GenerationError(f"{name}: {getattr(self, name)} is below 0")
        for name, value, least in (
            ("waiting_runs", self.waiting_runs, 1),
            ("burst_steps", self.burst_steps, 1),
            ("bursts_ahead", self.bursts_ahead, 0),
            ("ready_runs", self.ready_runs, 0),
        ):
            if value is not None and value < least:
                raise GenerationError(f"{name}: {value} is below {least}")

    @property
    def read_ahead(self) -> int:
        """Runs that wait. Those that are left when a book comes to its end are its shortest: with
        two for each lane, no lane begins a long one when others already rest."""
        if self.waiting_runs is not None:
            return self.waiting_runs
        return max(FEWEST_WAITING_RUNS, 2 * self.lane_count)


KEPT_PREFIXES = 4
