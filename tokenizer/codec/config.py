"""The sizes of a codec, read from its `config.json` and checked; loads no torch.

Two spellings exist: the nested one of transformers (`acoustic_model_config`, …), which is also the
one we write (`config_writer.py`), and the flat one of the original (`D`, `n_q`, `ratios`, …).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tokenizer.codec.config_values import numbers, whole, wholes
from tokenizer.codec.original_config import is_original_config, read_original_config
from tokenizer.errors import CodecConfigError
from tokenizer.files.json_file import read_json

CONFIG = "config.json"

# What HuBERT and WavLM look at for one step, and the silence that is put on each side: half of what
# the windows of two steps share, so that 320 samples make one step, the first included.
SPEECH_WINDOW = 400
EDGE_SAMPLES = 160

# How much of its input the speech model is not shown in its own training. A codec shows it all; a
# model configured otherwise has one more tensor (`tensor_names.UNUSED`).
NOTHING_MASKED = {"mask_time_prob": 0.0, "mask_feature_prob": 0.0}

# The original names its speech model; ours is described by a configuration of that model.
SPEECH_MODELS: dict[str, tuple[str, dict[str, object]]] = {
    "hubert_base": ("hubert", {}),
    "hubert_base_general": ("hubert", {}),
    "wavlm_base_plus": ("wavlm", {}),
}


@dataclass(frozen=True)
class AcousticConfig:
    """The convolutional half: 1 channel widens at each stride going in, narrows coming out."""

    encoder_width: int = 64
    decoder_width: int = 1024
    latent_size: int = 256
    downsampling_ratios: tuple[int, ...] = (8, 5, 4, 2, 3)
    upsampling_ratios: tuple[int, ...] = (8, 5, 4, 2, 3)

    def frame_count(self, sample_count: int) -> int:
        """How many frames the encoder's layers make of so many samples, as they are."""
        for stride in self.downsampling_ratios:
            padded = sample_count + 2 * math.ceil(stride / 2)
            sample_count = max(0, (padded - 2 * stride) // stride + 1)
        return sample_count


@dataclass(frozen=True)
class SpeechModelConfig:
    """The speech-feature model, as `transformers` would configure it."""

    kind: str = "hubert"  # or "wavlm"
    hidden_size: int = 768
    settings: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class CodecConfig:
    """Everything the codec's layers are sized by."""

    acoustic: AcousticConfig = AcousticConfig()
    speech_model: SpeechModelConfig = SpeechModelConfig()
    sample_rate: int = 24_000
    codebook_count: int = 8
    codebook_size: int = 1024
    codebook_dim: int = 64
    semantic_sample_rate: int = 16_000
    semantic_hop: int = 320
    semantic_kernel_size: int = 3
    semantic_unit_kernel_size: int = 3
    semantic_strides: tuple[int, ...] = (1, 1)
    semantic_channel_ratios: tuple[float, ...] = (1, 1)
    semantic_dilations: tuple[int, ...] = (1, 1)

    def __post_init__(self) -> None:
        _check(self)

    @property
    def hop_length(self) -> int:
        """Samples per frame."""
        return math.prod(self.acoustic.downsampling_ratios)

    @property
    def frame_rate(self) -> int:
        """Frames per second, rounded up as the format's own bandwidth formula does."""
        return math.ceil(self.sample_rate / self.hop_length)

    def frame_count(self, sample_count: int) -> int:
        """How many frames a recording makes, as the original counts: floor((n + 841) / 960).

        A started frame counts as soon as the speech model's window reaches into it, for which
        the published sizes need 119 samples of its 960.
        """
        at_speech_rate = -(-sample_count * self.semantic_sample_rate // self.sample_rate)
        steps = (at_speech_rate + 2 * EDGE_SAMPLES - SPEECH_WINDOW) // self.semantic_hop + 1
        return max(0, -(-steps // self.semantic_stride))

    @property
    def quantizer_width(self) -> int:
        """Channels of the fused latent: acoustic first, then semantic."""
        return self.acoustic.latent_size + self.speech_model.hidden_size

    @property
    def semantic_stride(self) -> int:
        """Every how many speech-model frames one is kept, so that both halves have one rate."""
        ratio = self.sample_rate / self.semantic_sample_rate
        return max(1, int(self.hop_length / ratio / self.semantic_hop))

    @property
    def code_bits(self) -> int:
        return math.ceil(math.log2(self.codebook_size))


def read_codec_config(folder: Path) -> CodecConfig:
    """The configuration of the codec in `folder`."""
    path = folder / CONFIG
    try:
        values = read_json(path)
    except FileNotFoundError:
        raise CodecConfigError(f"{folder} holds no config.json, so it is not a codec") from None
    except (OSError, ValueError) as problem:
        raise CodecConfigError(f"{path} cannot be read: {problem}") from None
    if not isinstance(values, dict):
        raise CodecConfigError(f"{path} is not a JSON object")
    try:
        return parse_codec_config(values)
    except CodecConfigError as problem:
        raise CodecConfigError(f"{path}: {problem.message}", hint=problem.hint) from None


def parse_codec_config(values: Mapping[str, object]) -> CodecConfig:
    """Either spelling, told apart by its keys."""
    try:
        if "acoustic_model_config" in values:
            return _from_transformers(values)
        if is_original_config(values):
            return _from_original(values)
    except (TypeError, ValueError, AttributeError, KeyError, OverflowError) as problem:
        raise CodecConfigError(f"a value of the wrong kind: {problem}") from None
    if "audio_num_codebooks" in values or "num_hidden_layers" in values:
        raise CodecConfigError(
            "this is the configuration of a language model, not of a codec",
            hint="point to the folder of the audio tokenizer",
        )
    raise CodecConfigError("neither `acoustic_model_config` nor `n_q` is in it: not a codec")


def codebooks_of_bandwidth(config: CodecConfig, kilobits: float) -> int:
    """The format stores no codebook count: it follows from the last bandwidth."""
    return int(1000 * kilobits // (config.frame_rate * config.code_bits))


def _from_transformers(values: Mapping[str, object]) -> CodecConfig:
    acoustic, speech = _section(values, "acoustic"), _section(values, "semantic")
    down = _integers(acoustic, "downsampling_ratios", (8, 5, 4, 2))
    sized = CodecConfig(
        acoustic=AcousticConfig(
            encoder_width=_integer(acoustic, "encoder_hidden_size", 64),
            decoder_width=_integer(acoustic, "decoder_hidden_size", 1024),
            latent_size=_integer(acoustic, "hidden_size", 256),
            downsampling_ratios=down,
            upsampling_ratios=_integers(acoustic, "upsampling_ratios", (8, 5, 4, 2)),
        ),
        speech_model=SpeechModelConfig(
            kind=str(speech.get("model_type", "hubert")),
            hidden_size=_integer(speech, "hidden_size", 768),
            settings=_speech_settings(speech),
        ),
        sample_rate=_integer(values, "sample_rate", 24_000),
        codebook_size=_integer(values, "codebook_size", 1024),
        codebook_dim=_integer(values, "codebook_dim", 64),
        semantic_sample_rate=_integer(values, "semantic_sample_rate", 16_000),
        semantic_hop=_integer(values, "downsample_factor", 320),
        semantic_kernel_size=_integer(values, "kernel_size", 3),
        semantic_unit_kernel_size=_integer(values, "unit_kernel_size", 3),
        semantic_strides=_integers(values, "strides"),
        semantic_channel_ratios=numbers("channel_ratios", values.get("channel_ratios", (1, 1))),
        semantic_dilations=_integers(values, "block_dilations"),
    )
    offered = values.get("target_bandwidths", (0.5, 1, 1.5, 2, 4))
    bandwidths = numbers("target_bandwidths", offered)
    return _with_codebooks(sized, codebooks_of_bandwidth(sized, bandwidths[-1]))


def _from_original(values: Mapping[str, object]) -> CodecConfig:
    given = read_original_config(values)
    if given.semantic_techer not in SPEECH_MODELS:
        known = ", ".join(sorted(SPEECH_MODELS))
        message = f"unknown speech model {given.semantic_techer!r} (`semantic_techer`)"
        raise CodecConfigError(message, hint=f"known are {known}")
    kind, settings = SPEECH_MODELS[given.semantic_techer]
    config = CodecConfig(
        acoustic=AcousticConfig(
            latent_size=given.D,
            downsampling_ratios=given.ratios,
            upsampling_ratios=given.ratios,
        ),
        speech_model=SpeechModelConfig(kind=kind, settings=settings),
        sample_rate=given.sample_rate,
        codebook_count=given.n_q,
        codebook_size=given.bins,
        codebook_dim=given.codebook_dim or 0,
        semantic_sample_rate=(
            16_000 if given.semantic_sample_rate is None else given.semantic_sample_rate
        ),
    )
    if config.codebook_dim == config.quantizer_width:
        raise CodecConfigError(
            "`codebook_dim`: codebooks as wide as the latent have no projections"
        )
    return config


def _speech_settings(speech: Mapping[str, object]) -> dict[str, object]:
    """What else its configuration says, but for what masks its input in training."""
    apart = ("model_type", "hidden_size", "mask_time_prob")
    settings = {name: value for name, value in speech.items() if name not in apart}
    return {name: NOTHING_MASKED.get(name, value) for name, value in settings.items()}


def _with_codebooks(config: CodecConfig, count: int) -> CodecConfig:
    return CodecConfig(**{**vars(config), "codebook_count": count})


def _section(values: Mapping[str, object], name: str) -> Mapping[str, object]:
    section = values.get(f"{name}_model_config") or {}
    if not isinstance(section, Mapping):
        raise CodecConfigError(f"`{name}_model_config` is not an object")
    return section


def _integer(values: Mapping[str, object], name: str, default: int) -> int:
    return whole(name, values.get(name, default))


def _integers(
    values: Mapping[str, object], name: str, default: tuple[int, ...] = (1, 1)
) -> tuple[int, ...]:
    return wholes(name, values.get(name, default))


def _check(config: CodecConfig) -> None:
    """Every size positive, and the two halves at one frame rate."""
    sizes = {**asdict(config.acoustic), "hidden_size": config.speech_model.hidden_size}
    sizes |= {k: v for k, v in vars(config).items() if k not in ("acoustic", "speech_model")}
    for name, value in sizes.items():
        parts = value if isinstance(value, tuple) else (value,)
        if not parts or any(not 0 < part <= 1 << 20 for part in parts):
            raise CodecConfigError(f"`{name}` is out of range: {value!r}")
    if config.codebook_size < 2:
        raise CodecConfigError("a codebook of one entry says nothing")
    if math.prod(config.acoustic.upsampling_ratios) != config.hop_length:
        raise CodecConfigError("the decoder's ratios do not multiply to the encoder's hop length")
    speech_steps = config.semantic_hop * config.semantic_stride * config.sample_rate
    if speech_steps != config.hop_length * config.semantic_sample_rate:
        raise CodecConfigError(
            f"a frame of {config.hop_length} samples at {config.sample_rate} Hz is no whole number "
            f"of the speech model's steps, {config.semantic_hop} samples at "
            f"{config.semantic_sample_rate} Hz (`semantic_sample_rate`)"
        )
    if len(config.semantic_strides) != len(config.semantic_channel_ratios):
        raise CodecConfigError("`strides` and `channel_ratios` must be of one length")
    if config.speech_model.kind not in ("hubert", "wavlm"):
        raise CodecConfigError(f"unknown speech model {config.speech_model.kind!r}")
