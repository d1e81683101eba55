"""The architecture numbers of one language model, checked against each other.

Nothing here has a default that could stand in for a number of a checkpoint: what changes a shape or
a result is given, or it is an error. Reading the two public formats is `config/reader.py`'s work;
the names below are ours and the same for both.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from model.errors import ConfigError

SPECIAL_ROWS = 2
"""Every codebook ends with two rows that are no sound: stream begin and stream end."""

_LARGEST = {
    "vocab_size": 2**24,
    "hidden_size": 2**16,
    "intermediate_size": 2**20,
    "layer_count": 2**10,
    "head_count": 2**10,
    "kv_head_count": 2**10,
    "head_dim": 2**12,
    "codebook_count": 2**10,
    "rows_per_codebook": 2**20,
    "mel_bins": 2**10,
    "width": 2**16,
    "position_count": 2**20,
}
"""Far above any model there is: a slip is told before anything is built for it."""


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

    def __post_init__(self) -> None:
        for name in ("factor", "low_frequency_factor", "high_frequency_factor"):
            _require_positive(name, getattr(self, name))
        _require_positive("original_positions", self.original_positions)
        if self.high_frequency_factor <= self.low_frequency_factor:
            reason = f"must be above the low factor {self.low_frequency_factor:g}"
            raise ConfigError(reason, "high_frequency_factor")


@dataclass(frozen=True, kw_only=True)
class RopeConfig:
    """Rotary positions: the base, and the stretch of the long wavelengths if there is one."""

    theta: float
    scaling: Llama3Scaling | None

    def __post_init__(self) -> None:
        _require_positive("theta", self.theta)


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
            check_size(name, getattr(self, name))
        if self.width % self.head_count:
            raise ConfigError(f"{self.width} does not split into {self.head_count} heads", "width")
        check_size("position_count", self.position_count)
        if self.position_count % 2:
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
    encodes_audio_in: bool = True
    """Whether a recording it is given enters as codes; else at most as the tower's features."""
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
        check_size(name, getattr(config, name))
    for name in ("kv_head_count", "head_dim", "codebook_count", "rows_per_codebook"):
        check_size(name, getattr(config, name))
    _require_positive("rms_norm_eps", config.rms_norm_eps)
    if config.initializer_range < 0:
        raise ConfigError(f"{config.initializer_range} is below zero", "initializer_range")
    if config.head_count % config.kv_head_count:
        reason = f"{config.head_count} heads cannot share {config.kv_head_count} key/value heads"
        raise ConfigError(reason, "kv_head_count")
    if config.head_dim % 2:
        raise ConfigError(f"{config.head_dim} is odd; rotary positions need pairs", "head_dim")


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
    tokens = {"audio_out_id": "<|AUDIO_OUT|>", "audio_in_id": "<|AUDIO|>"}
    for name, token in (tokens | {"audio_out_bos_id": "<|audio_out_bos|>"}).items():
        value = getattr(config, name)
        if value is None:
            continue
        if not 0 <= value < config.vocab_size:
            reason = f"{value} is outside the vocabulary of {config.vocab_size}"
            raise ConfigError(reason, name)
        if value in seen:
            raise ConfigError(f"{value} is the id of {seen[value]} already", name)
        seen[value] = token
    for name in ("audio_delay_id", "audio_eos_id"):
        if getattr(config, name) == config.audio_out_bos_id:
            reason = f"{config.audio_out_bos_id} is the id of <|audio_out_bos|> already"
            raise ConfigError(reason, name)
    if config.audio_eos_id in config.audio_ids:
        raise ConfigError(f"{config.audio_eos_id} stands for a column of codes too", "audio_eos_id")


def _check_layers(config: ModelConfig) -> None:
    layers = config.dual_ffn_layers
    outside = [one for one in layers if not 0 <= one < config.layer_count]
    if outside:
        reason = f"{outside[0]} is none of the {config.layer_count} layers"
        raise ConfigError(reason, "dual_ffn_layers")
    if list(layers) != sorted(set(layers)):
        raise ConfigError("every layer may stand there once, in order", "dual_ffn_layers")


def check_size(name: str, value: int) -> None:
    """Refuse what no network has, by the name of its field in `ModelConfig` or `WhisperConfig`."""
    if not 0 < value <= _LARGEST[name]:
        raise ConfigError(f"{value} is not from 1 to {_LARGEST[name]}", name)


def _require_positive(name: str, value: float) -> None:
    if not value > 0:
        raise ConfigError(f"{value} must be above zero", name)
