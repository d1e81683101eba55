"""Codec weights on disk: opened strictly, read half by half, written aside and renamed.

A codec is a folder with `config.json` and `model.safetensors`. Names and shapes are compared with
the configuration before a single value is read. What decoding needs is read at once; the rest,
and with it the speech model, when the first sound is encoded. A pickle is never opened here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from tokenizer.codec.atomic_file import written_aside
from tokenizer.codec.config import CONFIG, CodecConfig
from tokenizer.codec.config_writer import codec_config_values
from tokenizer.codec.network import CodecNetwork
from tokenizer.codec.tensor_names import SPEECH_MODEL, UNUSED, is_original, language_model_named
from tokenizer.errors import (
    CodecCheckpointError,
    CodecConfigError,
    UnconvertedCodecError,
    UnwrittenCodecError,
)

WEIGHTS = "model.safetensors"
PICKLE = "model.pth"
PUBLISHED_LAYOUT = "a0a71d87bb2fad302425a582270371ccfbe3c2c158c146f96002cd98ee980da5"
DECODING = ("acoustic_decoder.", "fc2.", "quantizer.")

_SHOWN = 12  # names of a list of faults; a wrong file has hundreds


@dataclass(frozen=True)
class StoredCodecTensor:
    """What the header says of one tensor."""

    dtype: str  # as safetensors spells it: F32, BF16, …
    shape: tuple[int, ...]


class CodecCheckpoint:
    """The weights file of a codec folder; only its header is read when it is opened."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / WEIGHTS
        if not self.path.is_file():
            raise _no_weights(folder)
        try:
            header = read_header(self.path)
        except (OSError, SafetensorError) as problem:
            raise CodecCheckpointError(f"{self.path} is damaged: {problem}") from None
        self.tensors = {name: header[name] for name in header if name not in UNUSED}
        refuse_language_model(self.path, self.tensors)
        _refuse_original(self.path, self.tensors)

    def check(self, network: CodecNetwork) -> None:
        """Every tensor but the speech model's is there, none too many, each of its shape."""
        stored = {n: t for n, t in self.tensors.items() if not n.startswith(SPEECH_MODEL)}
        _compare(self.path, _shapes(network), stored)
        if len(stored) == len(self.tensors):
            raise CodecCheckpointError(
                f"{self.path} holds no speech model: no {SPEECH_MODEL}* tensor"
            )

    def load_decoding(self, network: CodecNetwork) -> None:
        """What turns codes into sound."""
        self._assign(network, [name for name in _shapes(network) if name.startswith(DECODING)])

    def load_encoding(self, network: CodecNetwork) -> None:
        """The rest: what turns sound into codes, and the speech model."""
        try:
            with torch.device("meta"):
                speech_model = network.build_speech_model()
        except CodecConfigError as problem:
            raise CodecConfigError(f"{self.path.with_name(CONFIG)}: {problem.message}") from None
        prefixed = {SPEECH_MODEL + name: shape for name, shape in _shapes(speech_model).items()}
        stored = {n: t for n, t in self.tensors.items() if n.startswith(SPEECH_MODEL)}
        _compare(self.path, prefixed, stored)
        self._assign(network, [n for n in _shapes(network) if not n.startswith(DECODING)])

    def _assign(self, network: nn.Module, names: list[str]) -> None:
        """Values take the place of the meta tensors; all codec arithmetic is in float32."""
        with safe_open(self.path, framework="pt") as file:
            values = {name: file.get_tensor(name).float() for name in names}
        network.load_state_dict(values, strict=False, assign=True)
        network.requires_grad_(False)


def empty_network(config: CodecConfig) -> CodecNetwork:
    """The layers without their values: nothing is allocated, nothing drawn at random."""
    with torch.device("meta"):
        return CodecNetwork(config).eval()


def read_header(path: Path) -> dict[str, StoredCodecTensor]:
    """Names, dtypes and shapes of a safetensors file."""
    with safe_open(path, framework="pt") as file:
        slices = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118
        return {
            n: StoredCodecTensor(s.get_dtype(), tuple(s.get_shape())) for n, s in slices.items()
        }


def layout_fingerprint(tensors: Mapping[str, StoredCodecTensor]) -> str:
    """A hash of names, dtypes and shapes: tells a known file from an altered one."""
    rows = (f"{n}\t{t.dtype}\t{','.join(map(str, t.shape))}" for n, t in sorted(tensors.items()))
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()


def known_layout(folder: Path) -> str | None:
    """What the checkpoint is by its names, dtypes and shapes, if it is a known one."""
    fingerprint = layout_fingerprint(read_header(folder / WEIGHTS))
    return "the published 24 kHz codec's" if fingerprint == PUBLISHED_LAYOUT else None


def save_codec(network: CodecNetwork, folder: Path, *, dtype: torch.dtype = torch.float32) -> None:
    """Write `config.json` and `model.safetensors`, each complete or not at all."""
    if network.semantic_model is None:
        raise CodecCheckpointError("the speech model has not been built, so the codec is not whole")
    save_codec_tensors(network.config, network.state_dict(), folder, dtype=dtype)


def save_codec_tensors(
    config: CodecConfig, tensors: Mapping[str, Tensor], folder: Path, *, dtype: torch.dtype
) -> None:
    """The same for tensors that are already under our names."""
    ready = {
        name: tensor.detach().to("cpu", dtype).contiguous().clone()
        for name, tensor in tensors.items()
    }
    text = json.dumps(codec_config_values(config), indent=2) + "\n"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with written_aside(folder / WEIGHTS) as aside:
            save_file(ready, aside, metadata={"format": "pt"})
        with written_aside(folder / CONFIG) as aside:
            aside.write_text(text, encoding="utf-8")
    except (OSError, SafetensorError) as problem:
        reason = getattr(problem, "strerror", None) or problem
        raise UnwrittenCodecError(f"the codec cannot be written to {folder}: {reason}") from None


def check_tensors(path: Path, config: CodecConfig, tensors: Mapping[str, Tensor]) -> None:
    """That a converted file is whole: all layers, the speech model included."""
    network = empty_network(config)
    with torch.device("meta"):
        network.build_speech_model()
    stored = {n: StoredCodecTensor(str(t.dtype), tuple(t.shape)) for n, t in tensors.items()}
    _compare(path, _shapes(network), stored)


def _shapes(module: nn.Module) -> dict[str, tuple[int, ...]]:
    return {name: tuple(value.shape) for name, value in module.state_dict().items()}


def _no_weights(folder: Path) -> CodecCheckpointError:
    if not folder.is_dir():
        return CodecCheckpointError(f"{folder} is not a folder")
    if (folder / PICKLE).is_file():
        return UnconvertedCodecError(
            f"{folder} holds {PICKLE}, a pickle, which could run code when opened", folder / PICKLE
        )
    return CodecCheckpointError(f"{folder} holds no {WEIGHTS}")


def refuse_language_model(path: Path, names: Iterable[str]) -> None:
    """The wrong file that is known to have gone about under the codec's name."""
    if language_model_named(names):
        size = path.stat().st_size / 1e9
        raise CodecCheckpointError(
            f"{path} ({size:.1f} GB) is the speech language model, not the codec: "
            "for some weeks it was published in the codec's place",
            hint="the codec's own file has 805 665 628 bytes; download it again",
        )


def _refuse_original(path: Path, names: Iterable[str]) -> None:
    if is_original(names):
        raise UnconvertedCodecError(f"{path} holds the original's tensor names", path)


def _compare(
    path: Path, expected: Mapping[str, tuple[int, ...]], stored: Mapping[str, StoredCodecTensor]
) -> None:
    """Everything that is missing, unexpected or of another shape, in one error."""
    misshapen = [
        f"{name} is {_spelled(stored[name].shape)}, not {_spelled(shape)}"
        for name, shape in expected.items()
        if name in stored and stored[name].shape != shape
    ]
    faults = {
        "missing": sorted(set(expected) - set(stored)),
        "unexpected": sorted(set(stored) - set(expected)),
        "misshapen": misshapen,
    }
    if any(faults.values()):
        listed = "; ".join(_listed(kind, names) for kind, names in faults.items() if names)
        raise CodecCheckpointError(f"{path} does not fit its config.json: {listed}")


def _listed(kind: str, names: list[str]) -> str:
    shown = ", ".join(names[:_SHOWN])
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{len(names)} {kind}: {shown}{more}"


def _spelled(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape)) or "a single number"
