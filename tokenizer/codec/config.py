"""The sizes of a codec, read from its `config.json` and checked; loads no torch.

Two spellings exist: the nested one of transformers (`acoustic_model_config`, …), which is also the
one we write, and the flat one of the original (`D`, `n_q`, `ratios`, …).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tokenizer.errors import CodecConfigError
from tokenizer.json_file import read_json

MODEL_TYPE = "higgs_audio_v2_tokenizer"

# What HuBERT and WavLM look at for one step, and the silence that is put on each side: half of what
# the windows of two steps share, so that 320 samples make one step, the first included.
SPEECH_WINDOW = 400
EDGE_SAMPLES = 160

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
    path = folder / "config.json"
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
        if "n_q" in values and "ratios" in values:
            return _from_original(values)
    except (TypeError, ValueError, AttributeError, KeyError, OverflowError) as problem:
        raise CodecConfigError(f"a value of the wrong kind: {problem}") from None
    if "audio_num_codebooks" in values or "num_hidden_layers" in values:
        raise CodecConfigError(
            "this is the configuration of a language model, not of a codec",
            hint="point to the folder of the audio tokenizer",
        )
    raise CodecConfigError("neither `acoustic_model_config` nor `n_q` is in it: not a codec")


def codec_config_values(config: CodecConfig) -> dict[str, object]:
    """The `config.json` of the transformers spelling, to be written beside the weights."""
    acoustic = config.acoustic
    return {
        "architectures": ["HiggsAudioV2TokenizerModel"],
        "model_type": MODEL_TYPE,
        "dtype": "float32",
        "sample_rate": config.sample_rate,
        "codebook_size": config.codebook_size,
        "codebook_dim": config.codebook_dim,
        "target_bandwidths": [_bandwidth(config, count) for count in _bandwidth_steps(config)],
        "semantic_sample_rate": config.semantic_sample_rate,
        "downsample_factor": config.semantic_hop,
        "kernel_size": config.semantic_kernel_size,
        "unit_kernel_size": config.semantic_unit_kernel_size,
        "strides": list(config.semantic_strides),
        "channel_ratios": list(config.semantic_channel_ratios),
        "block_dilations": list(config.semantic_dilations),
        "acoustic_model_config": {
            "model_type": "dac",
            "encoder_hidden_size": acoustic.encoder_width,
            "decoder_hidden_size": acoustic.decoder_width,
            "hidden_size": acoustic.latent_size,
            "downsampling_ratios": list(acoustic.downsampling_ratios),
            "upsampling_ratios": list(acoustic.upsampling_ratios),
            "hop_length": config.hop_length,
            "codebook_size": config.codebook_size,
            "codebook_dim": config.codebook_dim,
            "n_codebooks": config.codebook_count,
            "sampling_rate": config.sample_rate,
        },
        "semantic_model_config": {
            **config.speech_model.settings,
            "model_type": config.speech_model.kind,
            "hidden_size": config.speech_model.hidden_size,
        },
    }


def _from_transformers(values: Mapping[str, object]) -> CodecConfig:
    acoustic, speech = _section(values, "acoustic"), _section(values, "semantic")
    down = _integers(acoustic.get("downsampling_ratios", (8, 5, 4, 2)))
    sized = CodecConfig(
        acoustic=AcousticConfig(
            encoder_width=_integer(acoustic, "encoder_hidden_size", 64),
            decoder_width=_integer(acoustic, "decoder_hidden_size", 1024),
            latent_size=_integer(acoustic, "hidden_size", 256),
            downsampling_ratios=down,
            upsampling_ratios=_integers(acoustic.get("upsampling_ratios", (8, 5, 4, 2))),
        ),
        speech_model=SpeechModelConfig(
            kind=str(speech.get("model_type", "hubert")),
            hidden_size=_integer(speech, "hidden_size", 768),
            settings={k: v for k, v in speech.items() if k not in ("model_type", "hidden_size")},
        ),
        sample_rate=_integer(values, "sample_rate", 24_000),
        codebook_size=_integer(values, "codebook_size", 1024),
        codebook_dim=_integer(values, "codebook_dim", 64),
        semantic_sample_rate=_integer(values, "semantic_sample_rate", 16_000),
        semantic_hop=_integer(values, "downsample_factor", 320),
        semantic_kernel_size=_integer(values, "kernel_size", 3),
        semantic_unit_kernel_size=_integer(values, "unit_kernel_size", 3),
        semantic_strides=_integers(values.get("strides", (1, 1))),
        semantic_channel_ratios=_numbers(values.get("channel_ratios", (1, 1))),
        semantic_dilations=_integers(values.get("block_dilations", (1, 1))),
    )
    bandwidths = _numbers(values.get("target_bandwidths", (0.5, 1, 1.5, 2, 4)))
    return _with_codebooks(sized, _codebooks_of_bandwidth(sized, bandwidths[-1]))


def _from_original(values: Mapping[str, object]) -> CodecConfig:
    teacher = str(values.get("semantic_techer", "hubert_base_general"))
    if teacher not in SPEECH_MODELS:
        known = ", ".join(sorted(SPEECH_MODELS))
        raise CodecConfigError(f"unknown speech model {teacher!r}", hint=f"known are {known}")
    kind, settings = SPEECH_MODELS[teacher]
    ratios = _integers(values["ratios"])
    width = _integer(values, "D", 256)
    return CodecConfig(
        acoustic=AcousticConfig(
            latent_size=width, downsampling_ratios=ratios, upsampling_ratios=ratios
        ),
        speech_model=SpeechModelConfig(kind=kind, settings=settings),
        sample_rate=_integer(values, "sample_rate", 24_000),
        codebook_count=_integer(values, "n_q", 8),
        codebook_size=_integer(values, "bins", 1024),
        codebook_dim=_integer(values, "codebook_dim", 64),
    )


def _with_codebooks(config: CodecConfig, count: int) -> CodecConfig:
    return CodecConfig(**{**vars(config), "codebook_count": count})


def _codebooks_of_bandwidth(config: CodecConfig, kilobits: float) -> int:
    """The format stores no codebook count: it follows from the last bandwidth."""
    return int(1000 * kilobits // (config.frame_rate * config.code_bits))


def _bandwidth(config: CodecConfig, codebooks: int) -> float:
    """The bandwidth that stands for so many codebooks, and is read back as exactly that many."""
    kilobits_each = config.frame_rate * config.code_bits / 1000
    kilobits = codebooks * kilobits_each
    # The format's readers divide in either unit.
    while min(_codebooks_of_bandwidth(config, kilobits), kilobits // kilobits_each) < codebooks:
        kilobits = math.nextafter(kilobits, math.inf)
    return kilobits


def _bandwidth_steps(config: CodecConfig) -> list[int]:
    """A quarter, a half, three quarters and all of the codebooks, as the original offers."""
    count = config.codebook_count
    return sorted({max(1, count * quarter // 4) for quarter in (1, 2, 3, 4)})


def _section(values: Mapping[str, object], name: str) -> Mapping[str, object]:
    section = values.get(f"{name}_model_config") or {}
    if not isinstance(section, Mapping):
        raise CodecConfigError(f"`{name}_model_config` is not an object")
    return section


def _integer(values: Mapping[str, object], key: str, default: int) -> int:
    value = values.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int):
        raise CodecConfigError(f"`{key}` must be a whole number, not {value!r}")
    return value


def _integers(value: object) -> tuple[int, ...]:
    numbers = _numbers(value)
    if any(number != int(number) for number in numbers):
        raise CodecConfigError(f"whole numbers expected, not {value!r}")
    return tuple(int(number) for number in numbers)


def _numbers(value: object) -> tuple[float, ...]:
    if not isinstance(value, Sequence) or isinstance(value, str) or not value:
        raise CodecConfigError(f"a list of numbers expected, not {value!r}")
    if not all(isinstance(n, int | float) and not isinstance(n, bool) for n in value):
        raise CodecConfigError(f"a list of numbers expected, not {value!r}")
    return tuple(value)


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
    if len(config.semantic_strides) != len(config.semantic_channel_ratios):
        raise CodecConfigError("`strides` and `channel_ratios` must be of one length")
    if config.speech_model.kind not in ("hubert", "wavlm"):
        raise CodecConfigError(f"unknown speech model {config.speech_model.kind!r}")
