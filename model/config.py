"""The architecture numbers of one language model, checked against each other.

Nothing here has a default that could stand in for a number of a checkpoint: what changes a shape or
a result is given, or it is an error. Reading the two public formats is `config_reader.py`'s work;
the names below are ours and the same for both.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from model.errors import ConfigError

SPECIAL_ROWS = 2
"""Every codebook ends with two rows that are no sound: stream begin and stream end."""


class Adapter(StrEnum):
    """How audio positions part from text positions inside the stack."""

    DUAL_FFN = "dual_ffn"
    """Layers outside `dual_ffn_layers` are ordinary ones: audio takes the text weights there."""
    FAST_FORWARD = "dual_ffn_fast_forward"
    """Layers outside `dual_ffn_layers` are passed over by audio positions."""
    STACK = "stack"
    """Ordinary layers only; audio has no weights of its own inside the stack."""


@dataclass(frozen=True, kw_only=True)
class Llama3Scaling:
    """Long wavelengths are stretched by `factor`, short ones kept, those between blended."""

    factor: float
    low_frequency_factor: float
    high_frequency_factor: float
    original_positions: int


@dataclass(frozen=True, kw_only=True)
class RopeConfig:
    """Rotary positions: the base, and the stretch of the long wavelengths if there is one."""

    theta: float
    scaling: Llama3Scaling | None


@dataclass(frozen=True, kw_only=True)
class WhisperConfig:
    """The optional tower that listens to a recording and feeds its features to the text path."""

    mel_bins: int
    width: int
    layer_count: int
    head_count: int
    intermediate_size: int
    position_count: int
    """Positions after the second convolution; a clip is padded to twice as many mel frames."""
    scale_embedding: bool

    def __post_init__(self) -> None:
        for name in ("mel_bins", "width", "layer_count", "head_count", "intermediate_size"):
            _require_positive(name, getattr(self, name))
        if self.width % self.head_count:
            raise ConfigError(f"{self.width} does not split into {self.head_count} heads", "width")
        if self.position_count < 2 or self.position_count % 2:
            raise ConfigError("must be even: pooling joins positions in pairs", "position_count")

    @property
    def mel_frame_count(self) -> int:
        return 2 * self.position_count


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """Everything that decides the shapes and the arithmetic of the language model."""

    vocab_size: int
    hidden_size: int
    intermediate_size: int
    layer_count: int
    head_count: int
    kv_head_count: int
    head_dim: int
    rms_norm_eps: float
    rope: RopeConfig
    attention_bias: bool = False
    mlp_bias: bool = False
    initializer_range: float = 0.02

    codebook_count: int
    rows_per_codebook: int
    """Rows of one codebook in the tables, specials included: 1026 for the public model."""
    stream_bos_id: int
    stream_eos_id: int

    audio_out_id: int
    audio_out_bos_id: int
    audio_in_id: int | None = None
    """`<|AUDIO|>`; None in the flat format, which writes `audio_out_id` there."""
    audio_delay_id: int | None = None
    """A bookkeeping twin of `audio_out_id`; None in the nested format, which has none."""
    audio_eos_id: int | None = None
    pad_id: int | None = None
    bos_id: int | None = None
    eos_ids: tuple[int, ...] = ()

    adapter: Adapter = Adapter.DUAL_FFN
    dual_ffn_layers: tuple[int, ...]
    """Layers that have audio norms and an audio MLP, in ascending order."""
    average_codebooks: bool = False
    """A column's embedding is the mean of its codebooks' rows instead of their sum."""
    embed_projector: bool = False
    audio_self_attention: bool = False
    whisper: WhisperConfig | None = None
    uses_delay_pattern: bool = True
    stored_dtype: str | None = None

    def __post_init__(self) -> None:
        _check_sizes(self)
        _check_codebooks(self)
        _check_ids(self)
        _check_layers(self)

    @property
    def codebook_size(self) -> int:
        """Codes a codebook can speak: 1024 for the public model, specials not counted."""
        return self.rows_per_codebook - SPECIAL_ROWS

    @property
    def audio_row_count(self) -> int:
        """Rows of the codebook table and of the audio head."""
        return self.codebook_count * self.rows_per_codebook

    @property
    def audio_ids(self) -> tuple[int, ...]:
        """Ids that each stand for one column of codes."""
        candidates = (self.audio_in_id, self.audio_out_id, self.audio_delay_id)
        return tuple(dict.fromkeys(one for one in candidates if one is not None))

    def has_audio_weights(self, layer: int) -> bool:
        return self.adapter is not Adapter.STACK and layer in self.dual_ffn_layers

    def skips_audio(self, layer: int) -> bool:
        """Whether audio positions pass this layer by."""
        return self.adapter is Adapter.FAST_FORWARD and layer not in self.dual_ffn_layers

    @property
    def tells_audio_keys_apart(self) -> bool:
        """Whether some layer attends to text keys alone or to audio keys alone."""
        layers = range(self.layer_count)
        lonely = self.audio_self_attention and any(map(self.has_audio_weights, layers))
        return lonely or any(map(self.skips_audio, layers))

    @property
    def kv_slot_count(self) -> int:
        """Key/value slots of a cache: one per layer, one more where there is audio attention."""
        dual = sum(map(self.has_audio_weights, range(self.layer_count)))
        return self.layer_count + (dual if self.audio_self_attention else 0)


def _check_sizes(config: ModelConfig) -> None:
    for name in ("vocab_size", "hidden_size", "intermediate_size", "layer_count", "head_count"):
        _require_positive(name, getattr(config, name))
    for name in ("kv_head_count", "head_dim", "codebook_count", "rms_norm_eps"):
        _require_positive(name, getattr(config, name))
    if config.head_count % config.kv_head_count:
        reason = f"{config.head_count} heads cannot share {config.kv_head_count} key/value heads"
        raise ConfigError(reason, "kv_head_count")
    if config.head_dim % 2:
        raise ConfigError(f"{config.head_dim} is odd; rotary positions need pairs", "head_dim")
    _require_positive("rope.theta", config.rope.theta)
    if config.rope.scaling is not None:
        _check_scaling(config.rope.scaling)


def _check_scaling(scaling: Llama3Scaling) -> None:
    for name in ("factor", "low_frequency_factor", "high_frequency_factor", "original_positions"):
        _require_positive(f"rope.scaling.{name}", getattr(scaling, name))
    if scaling.high_frequency_factor <= scaling.low_frequency_factor:
        reason = f"must be above the low factor {scaling.low_frequency_factor:g}"
        raise ConfigError(reason, "rope.scaling.high_frequency_factor")


def _check_codebooks(config: ModelConfig) -> None:
    rows = config.rows_per_codebook
    if rows <= SPECIAL_ROWS:
        reason = f"{rows} rows leave no code beside the {SPECIAL_ROWS} specials"
        raise ConfigError(reason, "rows_per_codebook")
    specials = {"stream_bos_id": config.stream_bos_id, "stream_eos_id": config.stream_eos_id}
    for name, special in specials.items():
        if not config.codebook_size <= special < rows:
            reason = (
                f"{special} is not among the last {SPECIAL_ROWS} of the {rows} rows a codebook has "
                "(specials included)"
            )
            raise ConfigError(reason, name)
    if config.stream_bos_id == config.stream_eos_id:
        raise ConfigError(f"{config.stream_eos_id} is the stream's begin id too", "stream_eos_id")


def _check_ids(config: ModelConfig) -> None:
    seen: dict[int, str] = {}
    for name in ("audio_out_id", "audio_in_id", "audio_out_bos_id"):
        value = getattr(config, name)
        if value is None:
            continue
        if not 0 <= value < config.vocab_size:
            reason = f"{value} is outside the vocabulary of {config.vocab_size}"
            raise ConfigError(reason, name)
        if value in seen:
            raise ConfigError(f"{value} is {seen[value]} too", name)
        seen[value] = name
    if config.audio_delay_id == config.audio_out_bos_id:
        raise ConfigError(f"{config.audio_delay_id} is audio_out_bos_id too", "audio_delay_id")


def _check_layers(config: ModelConfig) -> None:
    layers = config.dual_ffn_layers
    outside = [one for one in layers if not 0 <= one < config.layer_count]
    if outside:
        reason = f"{outside[0]} is none of the {config.layer_count} layers"
        raise ConfigError(reason, "dual_ffn_layers")
    if list(layers) != sorted(set(layers)):
        raise ConfigError("every layer may stand there once, in order", "dual_ffn_layers")


def _require_positive(name: str, value: float) -> None:
    if not value > 0:
        raise ConfigError(f"{value} must be above zero", name)
