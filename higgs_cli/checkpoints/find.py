"""Which model is to speak: `mini`, a folder, or a name on the hub; found without opening it.

nothing said, a CUDA device, weights downloaded  ─► the public model
nothing said otherwise                           ─► mini, and how to get the other
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from higgs_cli.checkpoints.abilities import FRONT_END_FILE, Abilities, abilities_of
from higgs_cli.checkpoints.hub import (
    CODEC,
    LANGUAGE_MODEL,
    cached_folder,
    check_repository,
    language_model_at,
)
from higgs_cli.checkpoints.identity import ModelIdentity
from higgs_cli.errors import FormatError, ModelLoadError, UsageError
from higgs_cli.files.bundled import package_folder
from higgs_cli.files.fingerprint import file_fingerprint, files_fingerprint
from higgs_cli.files.installation import check_mini
from higgs_cli.files.plain_file import read_plain
from higgs_cli.files.strict_json import MOST_BYTES, Record, read_record
from higgs_cli.settings.views import ModelChoice

MINI = "mini"
NVIDIA_DEVICE = Path("/dev/nvidiactl")
LONGEST_NAME = 255
MODEL_MEND = "copy the model folder again, or name another with --model"
MODEL_FILES = ("config.json", "tokenizer.json", FRONT_END_FILE)


@dataclass(frozen=True)
class Checkpoint:
    """A language model and its codec, on the disk."""

    name: str
    model_folder: Path
    codec_folder: Path
    is_public: bool = False
    """Is it from the hub, and not mini or a folder of the user's?"""
    bundled: tuple[str, ...] = ()
    """Which of its folders came with the package."""

    def abilities(self) -> Abilities:
        """What it declares that it speaks."""
        return abilities_of(self.name, self.model_folder)

    def check_bundled(self) -> None:
        """What came with the package is what was put into it."""
        for kind in self.bundled:
            check_mini(kind)

    def identity(self, asked: ModelChoice) -> ModelIdentity:
        """What of it decides how a take sounds, without opening it."""
        return ModelIdentity(
            model_fingerprint=self.model_fingerprint(),
            codec_fingerprint=self.codec_fingerprint(),
            precision=likely_precision(asked),
        )

    def model_fingerprint(self) -> str:
        return files_fingerprint(_model_files(self.model_folder))

    def codec_fingerprint(self) -> str:
        return file_fingerprint(self.codec_folder / "model.safetensors")


def find_checkpoint(asked: ModelChoice) -> Checkpoint:
    """The checkpoint that the settings ask for, or the best that is here."""
    checkpoint = _found(asked)
    if asked.revision is not None and not checkpoint.is_public:
        raise UsageError(
            f"--revision {asked.revision}: {checkpoint.name} has no revisions",
            hint="it is for models on the hub",
        )
    return checkpoint


def _found(asked: ModelChoice) -> Checkpoint:
    wanted = asked.model
    if wanted is None:
        return _default(asked)
    if wanted == MINI:
        return _mini(asked)
    if is_folder_name(wanted):
        return _folder(Path(wanted).expanduser(), asked)
    return _from_hub(wanted, asked)


def is_folder_name(model: str) -> bool:
    """Whether a model of this name is looked for on the disk, and not on the hub."""
    if model == MINI:
        return False
    try:
        return model.startswith((".", "/", "~")) or Path(model).exists()
    except (OSError, ValueError):  # too long for a name, or none
        return False


def _mini(asked: ModelChoice) -> Checkpoint:
    """The small model that is shipped inside the package, with its own codec if none is named."""
    model, codec = package_folder("model") / MINI, package_folder("tokenizer") / MINI
    for folder in (model, codec):
        if not (folder / "model.safetensors").is_file():
            raise ModelLoadError(
                f"the mini model is not in this installation ({folder})",
                hint="install higgs again, or name a model with --model",
            )
    named = _named_codec(asked)
    bundled = ("model/mini",) if named else ("model/mini", "tokenizer/mini")
    return Checkpoint(MINI, model, named or codec, bundled=bundled)


def precision_name(of_weights: str, kv_dtype: str) -> str:
    """As takes are keyed by it."""
    return of_weights if kv_dtype == "auto" else f"{of_weights}+{kv_dtype}-kv"


def likely_precision(asked: ModelChoice) -> str:
    """The precision that the device will be given.

    A guess only where nothing is asked for and the device may be unusable or too small.
    """
    return precision_name(_likely_weights(asked), asked.kv_dtype)


def _likely_weights(asked: ModelChoice) -> str:
    is_cuda = asked.device.startswith("cuda") or (asked.device == "auto" and NVIDIA_DEVICE.exists())
    if asked.dtype in ("int8", "fp8") and is_cuda:
        return f"{asked.dtype}-weights"
    if asked.dtype != "auto":
        return asked.dtype
    return "bfloat16" if is_cuda else "float32"


def _default(asked: ModelChoice) -> Checkpoint:
    has_gpu = asked.device.startswith("cuda") or (asked.device == "auto" and NVIDIA_DEVICE.exists())
    if has_gpu and cached_folder(LANGUAGE_MODEL) and cached_folder(CODEC):
        return _from_hub(LANGUAGE_MODEL.name, asked)
    return _mini(asked)


def _folder(folder: Path, asked: ModelChoice) -> Checkpoint:
    if not folder.is_dir():
        raise UsageError(f"--model {folder}: no such folder", hint="mini, a folder, or a hub name")
    missing = [name for name in ("config.json", "tokenizer.json") if not (folder / name).is_file()]
    if missing:
        raise FormatError(
            f"{folder}: no {' and no '.join(missing)}",
            hint="a model folder holds config.json, model.safetensors and tokenizer.json",
        )
    return Checkpoint(folder.resolve().name, folder, _codec_of(folder, asked))


def _codec_of(folder: Path, asked: ModelChoice) -> Path:
    """The codec of a model folder: the one that is named, the one inside, or the public one."""
    if (named := _named_codec(asked)) is not None:
        return named
    if (folder / "codec" / "model.safetensors").is_file():
        return folder / "codec"
    public = cached_folder(CODEC)
    if public is None:
        raise ModelLoadError(
            f"{folder}: no codec to go with it",
            hint="--codec FOLDER, or put it into the folder as codec/, or run: higgs download",
        )
    return public


def _named_codec(asked: ModelChoice) -> Path | None:
    if asked.codec is not None and not (asked.codec / "model.safetensors").is_file():
        raise UsageError(
            f"--codec {asked.codec}: no model.safetensors in it",
            hint="name the folder of a codec, or leave --codec out",
        )
    return asked.codec


def _from_hub(name: str, asked: ModelChoice) -> Checkpoint:
    repository = language_model_at(name, asked.revision)
    model, codec = cached_folder(repository), _named_codec(asked) or cached_folder(CODEC)
    if model is None or codec is None:
        raise ModelLoadError(
            f"{name} has not been downloaded",
            hint=f"higgs download {name}    (or --model mini, which is here)",
        )
    check_repository(model, repository)
    if asked.codec is None:
        check_repository(codec, CODEC)
    return Checkpoint(name.rpartition("/")[2], model, codec, is_public=True)


def _is_file_name(name: str) -> bool:
    return name != "" and Path(name).name == name and len(name.encode()) <= LONGEST_NAME


@contextmanager
def record_in(path: Path) -> Iterator[Record]:
    """The JSON of a checkpoint; what is refused of it, as it is read or used, is told with what
    to do."""
    try:
        yield read_record(read_plain(path, MOST_BYTES), str(path))
    except OSError as error:
        reason = f"{path}: cannot be read ({error.strerror})"
        raise FormatError(reason, hint=MODEL_MEND) from None
    except UsageError as error:
        raise FormatError(error.message, hint=error.hint or MODEL_MEND) from None


def _model_files(folder: Path) -> list[Path]:
    """Everything of a folder that decides what the model says."""
    named = [folder / name for name in MODEL_FILES if (folder / name).is_file()]
    front_end = folder / FRONT_END_FILE
    if front_end.is_file():
        with record_in(front_end) as declared:
            names = declared.own_texts()
        files = [folder / name for name in names if _is_file_name(name)]
        named += [file for file in files if file.is_file()]
    whole = folder / "model.safetensors"
    return named + ([whole] if whole.is_file() else sorted(folder.glob("*.safetensors")))
