"""Open a checkpoint as the settings and the memory of the device allow.

    asked, device ─► precisions that may be ─► memory plan ─► weights, each in its place

What cannot be is refused before a weight is read. A precision is part of every take's key, so takes
of one never stand among those of another.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import cached_property

import torch

from higgs_cli.checkpoints.find import Checkpoint, precision_name
from higgs_cli.errors import FormatError, UsageError
from higgs_cli.settings.views import CPU_LANES, ModelChoice
from higgs_cli.speech.higgs.errors import translated
from model import LanguageModel, load_model
from model.config.config import ModelConfig
from model.config.reader import read_config
from model.hardware.device import DeviceChoice, choose_device, torch_threads
from model.hardware.free_memory import DeviceMemory, device_memory, host_memory
from model.hardware.quantized_rows import QuantizedFormat
from model.placement.plan import MemoryPlan, MemoryQuestion, MemoryWish, Placement, plan_memory
from model.placement.quantized_weights import quantize_layers
from model.placement.sizes import Precision
from model.placement.text_on_host import keep_text_on_host
from model.runs.engine_settings import StepKind
from model.step.cpu_step import is_compilable
from tokenizer import Codec, load_codec
from tokenizer.prompts.special_tokens import MODEL_FIELDS
from tokenizer.prompts.text import TextTokenizer

MOST_LANES = 256
REFERENCE_POSITIONS = 1024
WORDS_OF_A_CHUNK = 128
POSITION_BLOCK = 512
SMALL_SHARE = 0.25
"""A plan on a CPU that takes no more of what is free is not worth a line."""

QUANTIZED = {
    Precision.INT8_WEIGHTS: QuantizedFormat.INT8,
    Precision.FP8_WEIGHTS: QuantizedFormat.FP8,
}
EXACT = (Precision.FLOAT32, Precision.INT8)
"""On a CPU."""


@dataclass(frozen=True, eq=False)
class OpenedModel:
    """A model and its codec, and how they may be used.

    The weights of the language model are read when it is first asked for: who only decodes stored
    takes never waits for them.
    """

    checkpoint: Checkpoint
    device: torch.device
    config: ModelConfig
    codec: Codec
    text: TextTokenizer
    plan: MemoryPlan
    wish: MemoryWish
    quantized_keys: QuantizedFormat | None = None
    plain_steps: bool = False
    """Nothing compiled, recorded or fused."""
    replies: bool = False
    """Has it what words are drawn with?"""

    @cached_property
    def language_model(self) -> LanguageModel:
        with translated(self.checkpoint.name), self.cores():
            return _placed(self)

    @property
    def speaks_on_one_core(self) -> bool:
        """Compiled steps use one; whoever asks torch for more waits for cores that do other work,
        be it the takes' decoders or another program."""
        return self.is_exact and not self.plain_steps and is_compilable(self.config, self.in_int8)

    @property
    def in_int8(self) -> bool:
        return self.plan.precision is Precision.INT8

    def cores(self) -> AbstractContextManager[None]:
        """For what is asked of torch while it is opened and speaks."""
        return torch_threads(1) if self.speaks_on_one_core else nullcontext()

    @property
    def step(self) -> StepKind:
        return StepKind.PLAIN if self.plain_steps else StepKind.FASTEST

    @property
    def precision(self) -> str:
        """As takes are keyed by it."""
        kv_dtype = "auto" if self.quantized_keys is None else self.quantized_keys.name.lower()
        return precision_name(self.plan.precision.value, kv_dtype)

    @property
    def is_exact(self) -> bool:
        return self.device.type == "cpu" and self.plan.precision in EXACT

    @property
    def memory_remarks(self) -> tuple[str, ...]:
        """What was chosen, where that is worth a line, and whether it is tight."""
        plan = self.plan
        is_plain = self.device.type != "cuda" and self.wish is MemoryWish.AUTO
        if is_plain and plan.share <= SMALL_SHARE:
            return ()
        return (f"memory: {plan.describe()}", *([plan.warning] if plan.warning else []))


def open_checkpoint(checkpoint: Checkpoint, asked: ModelChoice) -> OpenedModel:
    """Everything a render needs of a checkpoint. Raises `HiggsError`s alone."""
    with translated(checkpoint.name):
        choice = choose_device(asked.device, _float_of(asked.dtype))
        config = read_config(checkpoint.model_folder)
        precisions = possible_precisions(asked.dtype, choice, config)
        if asked.plain_steps and precisions[0] is Precision.INT8:
            raise UsageError(
                "--dtype int8 on a CPU is always compiled, and --plain-steps compiles nothing",
                hint="leave one of them out",
            )
        quantized_keys = quantized_keys_of(asked.kv_dtype, choice, precisions)
        plan = _plan(checkpoint, asked, choice, config, precisions)
        codec = load_codec(checkpoint.codec_folder, choice.device)
        text = TextTokenizer.from_folder(checkpoint.model_folder)
        ids = {token: getattr(config, field) for token, field in MODEL_FIELDS.items()}
        text.check_ids(ids, config.vocab_size)
    _check_pair(config, codec, checkpoint)
    wish = MemoryWish(asked.memory)
    return OpenedModel(
        checkpoint,
        choice.device,
        config,
        codec,
        text,
        plan,
        wish,
        quantized_keys,
        asked.plain_steps,
        asked.replies,
    )


def memory_plan(checkpoint: Checkpoint, asked: ModelChoice) -> MemoryPlan:
    """How it would lie in memory now: no weights are read."""
    with translated(checkpoint.name):
        choice = choose_device(asked.device, _float_of(asked.dtype))
        config = read_config(checkpoint.model_folder)
        precisions = possible_precisions(asked.dtype, choice, config)
        return _plan(checkpoint, asked, choice, config, precisions)


def possible_precisions(
    wanted: str, choice: DeviceChoice, config: ModelConfig
) -> tuple[Precision, ...]:
    """What the setting allows on this device, the best first; or one clear line."""
    kind = choice.device.type
    if wanted == "auto":
        own = Precision(str(choice.dtype).removeprefix("torch."))
        smaller = {"cuda": Precision.INT8_WEIGHTS, "cpu": Precision.BFLOAT16}.get(kind)
        return (own,) if smaller is None else (own, smaller)
    if wanted == "int8" and kind == "cuda":
        return (Precision.INT8_WEIGHTS,)
    if wanted == "fp8":
        if kind != "cuda":
            raise UsageError(
                f"--dtype fp8 works on CUDA only, not on {kind}", hint="--dtype int8, or bfloat16"
            )
        return (Precision.FP8_WEIGHTS,)
    if wanted == "int8" and (kind != "cpu" or not is_compilable(config, in_int8=True)):
        raise _not_in_int8()
    return (Precision(wanted),)


def quantized_keys_of(
    wanted: str, choice: DeviceChoice, precisions: tuple[Precision, ...]
) -> QuantizedFormat | None:
    """How keys and values are kept, where that is not as the model has them."""
    if wanted == "auto":
        return None
    kind, best = choice.device.type, precisions[0]
    if kind == "mps":
        raise UsageError(f"--kv-dtype {wanted} does not work on mps", hint="leave --kv-dtype out")
    if kind == "cpu" and best in EXACT:
        raise UsageError(
            f"--kv-dtype {wanted} does not work in exact mode, and {best.value} on a CPU is exact",
            hint="add --dtype bfloat16, which is fast mode, or leave --kv-dtype out",
        )
    return QuantizedFormat[wanted.upper()]


def position_counts(asked: ModelChoice) -> tuple[int, int]:
    """Lengths of a lane's cache: with all that is carried over, and with none of it."""
    carried = asked.context_chunks * (asked.chunk_seconds * 25 + WORDS_OF_A_CHUNK)
    longest = asked.max_seconds * 25 + 2 * WORDS_OF_A_CHUNK
    least = REFERENCE_POSITIONS + longest
    return _whole_blocks(least + carried), _whole_blocks(least)


def _plan(
    checkpoint: Checkpoint,
    asked: ModelChoice,
    choice: DeviceChoice,
    config: ModelConfig,
    precisions: tuple[Precision, ...],
) -> MemoryPlan:
    """What a chunk has in its context must not depend on what else uses the memory: on a CPU the
    length of a lane's cache is fixed, on a GPU it follows from all the memory the device has."""
    is_cuda = choice.device.type == "cuda"
    counts = position_counts(asked)
    memory = device_memory(choice.device) or DeviceMemory(1 << 62, 1 << 62)
    host = host_memory()
    question = MemoryQuestion(
        config=config,
        memory=memory,
        precisions=precisions,
        position_counts=tuple(dict.fromkeys(counts)) if is_cuda else counts[:1],
        placements=tuple(Placement) if is_cuda else (Placement.DEVICE,),
        codec_bytes=(checkpoint.codec_folder / "model.safetensors").stat().st_size,
        wish=MemoryWish(asked.memory),
        lane_count=asked.lanes,
        most_lanes=MOST_LANES if is_cuda else _most_cpu_lanes(asked, config),
        quantized_keys=asked.kv_dtype != "auto",
        host_free_bytes=host.free_bytes if is_cuda and host else None,
        replies=asked.replies,
    )
    whole = DeviceMemory(memory.total_bytes, memory.total_bytes, memory.is_apart)
    length = plan_memory(replace(question, memory=whole)).position_count
    return plan_memory(replace(question, position_counts=(length,)))


def _most_cpu_lanes(asked: ModelChoice, config: ModelConfig) -> int:
    """Lanes that are idle cost nothing where steps are compiled, and else as much as others."""
    is_compiled = not asked.plain_steps and is_compilable(config, asked.dtype == "int8")
    return asked.most_cpu_lanes if is_compiled else CPU_LANES


def _placed(opened: OpenedModel) -> LanguageModel:
    """The weights in their format and place. A render asks for no text logits: their head goes."""
    folder, device, plan = opened.checkpoint.model_folder, opened.device, opened.plan
    quantized = QUANTIZED.get(plan.precision)
    stays = plan.placement is Placement.DEVICE and quantized is None
    language_model = load_model(folder, device if stays else "cpu", _dtype(plan.precision))
    network = language_model.network
    if not opened.replies:
        network.text_lm_head = None
    elif network.text_lm_head is None:
        raise FormatError(
            f"{folder} has no text head: it can only be made to speak",
            hint="leave --text-replies out",
        )
    if quantized is not None:
        quantize_layers(network, quantized)
    if plan.placement is Placement.TEXT_ON_HOST:
        keep_text_on_host(network, device)
    network.to(device)
    return language_model


def _dtype(precision: Precision) -> torch.dtype:
    """Of tables, heads and arithmetic."""
    if precision in QUANTIZED:
        return torch.bfloat16
    if precision is Precision.INT8:
        return torch.float32
    dtype: torch.dtype = getattr(torch, precision.value)
    return dtype


def _float_of(wanted: str) -> str:
    return wanted if wanted in ("float32", "bfloat16", "float16") else "auto"


def _whole_blocks(positions: float) -> int:
    return (int(positions) // POSITION_BLOCK + 1) * POSITION_BLOCK


def _not_in_int8() -> UsageError:
    return UsageError(
        "--dtype int8 needs CUDA, or a small model on a CPU, such as mini",
        hint="--dtype bfloat16 works with any model and device",
    )


def _check_pair(config: ModelConfig, codec: Codec, checkpoint: Checkpoint) -> None:
    model_side = (config.codebook_count, config.codebook_size)
    codec_side = (codec.codebook_count, codec.codebook_size)
    if model_side != codec_side:
        raise FormatError(
            f"{checkpoint.model_folder} speaks {model_side[0]} codebooks of {model_side[1]} codes, "
            f"{checkpoint.codec_folder} has {codec_side[0]} of {codec_side[1]}",
            hint="they belong to different checkpoints; name the right codec with --codec",
        )
