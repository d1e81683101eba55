"""One decode step of all lanes: feed the columns drawn last, choose the next ones.

`PlainStep` calls the network as prefill does. `FusedStep` does the same arithmetic through the
audio path alone, on fused weights and buffers that exist already; a test holds the two together.
`step/cpu_step.py` is a third twin, for small models on a CPU: the whole step in one function.
`step/choice.py` says which of them an engine gets.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import torch
from torch import Tensor

from model.cache.shared_prefix import SharedPrefixCache
from model.cache.static import StaticCache
from model.checkpoint.language_model import LanguageModel
from model.config.config import ModelConfig
from model.lanes.lane_tensors import LaneState
from model.network.dual_ffn import AUDIO_ONLY
from model.step.audio_layer import FusedLayer, Workspace, fuse_layers
from model.step.audio_weights import audio_head, codebook_table
from model.step.shared_attention import SharedWorkspace


class FrameStep(Protocol):
    """What the engine asks for: one whole step, from the columns drawn last to the next ones."""

    is_width_free: bool
    """A lane's bits depend neither on how many lanes step along nor on `key_count`. Where that is
    not so, exact mode steps all lanes and rounds `key_count` to `EXACT_KEY_BLOCK`."""

    def step(self, width: int, key_count: int) -> None:
        """Feed, choose and close, for the first `width` lanes, in place: the outcome is in the
        lane state. `key_count` keys are looked through, at least as many as the longest lane has.
        Waits for nothing."""
        ...


class LogitsStep(Protocol):
    """The half of a step that needs the weights."""

    def logits(self, columns: Tensor, positions: Tensor, key_count: int) -> Tensor:
        """Feed `columns` `[lanes, codebooks]` at `positions` `[lanes]`, the first lanes of the
        cache; `[lanes, codebooks, rows]` in the model's number format.

        Each lane attends to its own positions up to and with its new one; `key_count` is at least
        the longest lane. The result may live in a buffer that the next step overwrites.
        """
        ...

    def ways(self, width: int) -> tuple[str, ...]:
        """The names of all ways to compute a step of so many lanes, the surest first. They say the
        same up to rounding; which is fastest depends on the device."""
        ...

    def take(self, width: int, way: str) -> None:
        """Go this way in steps of so many lanes. What was recorded of another stays good."""
        ...


EXACT_KEY_BLOCK = 512
"""The CPU attention kernel works through keys in blocks of this size; whole masked blocks change
no bit, parts of one may."""


LIBRARY_PRODUCTS = "library products"
OWN_PRODUCTS = "own products"
MOST_SKINNY_LANES = 16
"""The rows that a matrix unit takes at once: beyond them weights are not all there is to read."""


def whole_blocks(count: int, block: int) -> int:
    """The smallest multiple of `block` that holds `count`."""
    return -(-count // block) * block


class TorchStep:
    """A step in torch operations: logits, then the choice of columns."""

    is_width_free = False

    def __init__(
        self,
        logits_step: LogitsStep,
        state: LaneState,
        draw: Callable[[Tensor], None] | None = None,
    ) -> None:
        """`draw`: kernels in the place of `LaneState.draw`."""
        self._logits_step = logits_step
        self._state = state
        self._draw = draw
        self.logits = torch.empty(0)
        """What the latest step chose from, `[lanes, codebooks, rows]`."""

    def ways(self, width: int) -> tuple[str, ...]:
        return self._logits_step.ways(width)

    def take(self, width: int, way: str) -> None:
        self._logits_step.take(width, way)

    def step(self, width: int, key_count: int) -> None:
        columns, positions = self._state.columns[:width], self._state.positions[:width]
        self.logits = self._logits_step.logits(columns, positions, key_count)
        if self._draw is None:
            self._state.draw(self.logits.float())
        else:
            self._draw(self.logits)


def can_fuse_weights(config: ModelConfig) -> bool:
    """Audio self-attention needs a second cache slot per layer; biases and projectors are rare."""
    is_rare = config.audio_self_attention or config.embed_projector
    return not (is_rare or config.attention_bias or config.mlp_bias)


class PlainStep:
    """The network itself, one position per lane."""

    def __init__(self, language_model: LanguageModel, cache: StaticCache) -> None:
        self._network = language_model.network
        self._cache = cache

    @torch.inference_mode()
    def logits(self, columns: Tensor, positions: Tensor, key_count: int) -> Tensor:
        hidden = self._network(
            self._network.embed_codes(columns.t())[:, None],
            AUDIO_ONLY,
            positions[:, None],
            self._cache.step(len(columns), key_count),
        )
        return self._network.audio_logits(hidden[:, 0])

    def ways(self, width: int) -> tuple[str, ...]:
        return ("the network",)

    def take(self, width: int, way: str) -> None:
        """There is one."""


class FusedStep:
    """Fused projections, weights arranged for small batches, no allocation worth naming."""

    def __init__(
        self,
        language_model: LanguageModel,
        cache: StaticCache,
        fuses: bool = False,
        fuses_products: bool = False,
        skinny_products: bool = False,
    ) -> None:
        """`fuses`: by the kernels of `step/gpu`, for lanes that share prefixes; `fuses_products`:
        products with quantized weights too; `skinny_products`: those of few lanes may be."""
        self._fuses = fuses
        self._fuses_products = fuses_products
        self._skinny_products = skinny_products
        self._config = config = language_model.config
        self._cache = cache
        self._network = network = language_model.network
        self._layers: list[FusedLayer] = fuse_layers(network, config, cache)
        self._table = codebook_table(network, config)
        self._head = audio_head(network)
        self._workspaces: dict[tuple[int, str], Workspace] = {}
        """Of every width and way: recorded steps go on using theirs."""
        self._taken: dict[int, str] = {}

    @torch.inference_mode()
    def logits(self, columns: Tensor, positions: Tensor, key_count: int) -> Tensor:
        space = self._workspace(len(columns))
        space.aim(self._network.model.rotary, positions, key_count)
        hidden = space.embed(columns, self._table)
        self._cache.mark_audio(positions)
        for layer in self._layers:
            hidden = layer.forward(hidden, space)
        last = self._network.model.norm.weight
        space.multiply_normed(hidden, last, self._head, space.logits)
        return space.logits.view(len(columns), self._config.codebook_count, -1)

    def ways(self, width: int) -> tuple[str, ...]:
        may_be_skinny = self._skinny_products and width <= MOST_SKINNY_LANES
        return (LIBRARY_PRODUCTS, OWN_PRODUCTS) if may_be_skinny else (LIBRARY_PRODUCTS,)

    def take(self, width: int, way: str) -> None:
        self._taken[width] = way

    def _workspace(self, width: int) -> Workspace:
        way = self._taken.get(width, LIBRARY_PRODUCTS)
        if (width, way) not in self._workspaces:
            self._workspaces[width, way] = self._new_workspace(width, way)
        return self._workspaces[width, way]

    def _new_workspace(self, width: int, way: str) -> Workspace:
        cache = self._cache
        if not isinstance(cache, SharedPrefixCache):
            return Workspace(self._config, cache, width)
        if not self._fuses:
            return SharedWorkspace(self._config, cache, width)
        if way == OWN_PRODUCTS:
            from model.step.gpu.skinny_workspace import SkinnyWorkspace

            return SkinnyWorkspace(self._config, cache, width)
        from model.step.gpu.fused_workspace import FusedWorkspace  # where triton is installed

        return FusedWorkspace(self._config, cache, width, self._fuses_products)
