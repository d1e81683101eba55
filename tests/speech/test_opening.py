"""Precisions and memory: what may be opened how, and what is refused in one clear line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from bench.shapes import PUBLIC
from higgs_cli.app import main
from higgs_cli.checkpoints.find import find_checkpoint, likely_precision
from higgs_cli.errors import MemoryExhaustedError, UsageError
from higgs_cli.settings.table import Settings
from higgs_cli.settings.views import ModelChoice, choices_of
from higgs_cli.speech.higgs import opening as higgs_opening
from higgs_cli.speech.higgs.opening import (
    open_checkpoint,
    position_counts,
    possible_precisions,
    quantized_keys_of,
)
from higgs_cli.speech.higgs.synthesizer import open_synthesizer
from higgs_cli.takes.store import TakeStore
from model.checkpoint.language_model import LanguageModel
from model.hardware.device import DeviceChoice, torch_threads
from model.hardware.free_memory import DeviceMemory
from model.hardware.quantized_rows import QuantizedFormat
from model.placement.plan import MemoryQuestion, plan_memory
from model.placement.sizes import Precision
from model.runs.engine_settings import StepKind
from tests.model.tiny import tiny
from tests.speech.test_higgs_synthesizer import render
from tests.tiny_checkpoint import write_checkpoint


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_checkpoint(tmp_path_factory.mktemp("checkpoint"))


@pytest.fixture
def settings(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelChoice:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return ModelChoice(model=str(folder), device="cpu", lanes=3, max_seconds=4)


def choice(device: str, dtype: torch.dtype) -> DeviceChoice:
    return DeviceChoice(torch.device(device), dtype, "for a test")


@pytest.mark.parametrize(
    ("dtype", "precision", "is_exact"),
    [
        ("auto", "float32", True),
        ("float32", "float32", True),
        ("int8", "int8", True),
        ("bfloat16", "bfloat16", False),
    ],
)
def test_what_is_asked_for_is_what_speaks_and_what_the_plan_expected(
    settings: ModelChoice, dtype: str, precision: str, is_exact: bool
) -> None:
    settings = replace(settings, dtype=dtype)
    description = open_synthesizer(find_checkpoint(settings), settings).description
    assert (description.precision, description.is_exact) == (precision, is_exact)
    assert likely_precision(settings) == precision


def test_takes_of_two_precisions_never_mix(settings: ModelChoice, tmp_path: Path) -> None:
    names: list[set[str]] = []
    for dtype in ("float32", "int8", "float32"):
        chosen = replace(settings, dtype=dtype)
        render(open_synthesizer(find_checkpoint(chosen), chosen), tmp_path / "store")
        stored = {record.name: record for record in TakeStore(tmp_path / "store").all_records()}
        names.append(set(stored))
    assert [len(each) for each in names] == [4, 8, 8]
    assert {record.recipe["precision"] for record in stored.values()} == {"float32", "int8"}


def test_int8_is_exact_after_a_kill(settings: ModelChoice, tmp_path: Path) -> None:
    from tests.speech.test_higgs_synthesizer import Stopped, takes

    chosen = replace(settings, dtype="int8")
    synthesizer = open_synthesizer(find_checkpoint(chosen), chosen)
    render(synthesizer, tmp_path / "whole")
    with pytest.raises(Stopped):
        render(synthesizer, tmp_path / "cut", stop_after=1)
    render(synthesizer, tmp_path / "cut")
    assert takes(tmp_path / "cut") == takes(tmp_path / "whole")


def test_a_card_that_fails_is_followed_by_the_cpu_in_the_same_precision(
    settings: ModelChoice,
) -> None:
    opened = open_checkpoint(find_checkpoint(settings), replace(settings, dtype="int8-weights"))
    assert opened.plan.precision is Precision.INT8_WEIGHTS
    assert opened.language_model.dtype is torch.bfloat16 and not opened.is_exact


def test_narrow_weights_speak(settings: ModelChoice, tmp_path: Path) -> None:
    chosen = replace(settings, dtype="fp8-weights", max_seconds=1)
    render(open_synthesizer(find_checkpoint(settings), chosen), tmp_path / "store")
    assert len(list(TakeStore(tmp_path / "store").all_records())) == 4


def test_plain_steps_compile_nothing_and_their_takes_stand_among_the_others(
    settings: ModelChoice, tmp_path: Path
) -> None:
    plain = replace(settings, plain_steps=True, max_seconds=1)
    opened = open_checkpoint(find_checkpoint(plain), plain)
    assert opened.step is StepKind.PLAIN and opened.is_exact
    synthesizer = open_synthesizer(find_checkpoint(plain), plain)
    assert synthesizer.remarks == opened.memory_remarks
    render(synthesizer, tmp_path / "store")
    usual = replace(plain, plain_steps=False)
    render(open_synthesizer(find_checkpoint(usual), usual), tmp_path / "store")
    assert len(list(TakeStore(tmp_path / "store").all_records())) == 4


def test_a_small_model_is_opened_on_one_core_and_leaves_the_threads_as_they_were(
    settings: ModelChoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = []
    read = higgs_opening.load_model

    def counted(*arguments: Any) -> LanguageModel:
        used.append(torch.get_num_threads())
        return read(*arguments)

    monkeypatch.setattr(higgs_opening, "load_model", counted)
    with torch_threads(2):
        for plain_steps in (False, True):
            chosen = replace(settings, plain_steps=plain_steps)
            synthesizer = open_synthesizer(find_checkpoint(chosen), chosen)
            synthesizer.prepare()
            assert synthesizer._opened.language_model.dtype is torch.float32
            assert torch.get_num_threads() == 2
    assert used == [1, 2]


@pytest.mark.parametrize("kv_dtype", ["int8", "fp8"])
def test_narrow_contexts_are_a_precision_of_their_own(
    settings: ModelChoice, tmp_path: Path, kv_dtype: str
) -> None:
    wide = replace(settings, dtype="bfloat16", max_seconds=1)
    narrow = replace(wide, kv_dtype=kv_dtype)
    for chosen, stored_count in ((wide, 4), (narrow, 8)):
        synthesizer = open_synthesizer(find_checkpoint(chosen), chosen)
        assert synthesizer.description.precision == likely_precision(chosen)
        assert not synthesizer.description.is_exact
        render(synthesizer, tmp_path / "store")
        assert len(list(TakeStore(tmp_path / "store").all_records())) == stored_count
    assert likely_precision(narrow) == f"bfloat16+{kv_dtype}-kv"


def test_exact_mode_keeps_contexts_as_they_are() -> None:
    cpu, mps = choice("cpu", torch.float32), choice("mps", torch.float32)
    for exact in (Precision.FLOAT32, Precision.INT8):
        with pytest.raises(UsageError, match="not work in exact mode") as refused:
            quantized_keys_of("fp8", cpu, (exact, Precision.BFLOAT16))
        assert "--dtype bfloat16" in str(refused.value.hint)
        assert quantized_keys_of("auto", cpu, (exact,)) is None
    with pytest.raises(UsageError, match="not work on mps"):
        quantized_keys_of("int8", mps, (Precision.FLOAT32,))
    cuda = choice("cuda", torch.bfloat16)
    assert quantized_keys_of("fp8", cuda, (Precision.FLOAT32,)) is QuantizedFormat.FP8
    assert quantized_keys_of("int8", cpu, (Precision.BFLOAT16,)) is QuantizedFormat.INT8


def test_each_device_has_its_precisions() -> None:
    small = tiny()
    cuda, cpu = choice("cuda", torch.bfloat16), choice("cpu", torch.float32)
    mps = choice("mps", torch.float32)
    assert possible_precisions("auto", cuda, small) == (Precision.BFLOAT16, Precision.INT8_WEIGHTS)
    assert possible_precisions("auto", cpu, small) == (Precision.FLOAT32, Precision.BFLOAT16)
    assert possible_precisions("auto", mps, small) == (Precision.FLOAT32,)
    assert possible_precisions("int8", cuda, small) == (Precision.INT8_WEIGHTS,)
    assert possible_precisions("fp8", cuda, small) == (Precision.FP8_WEIGHTS,)
    assert possible_precisions("int8", cpu, small) == (Precision.INT8,)
    large = tiny(hidden_size=3072, intermediate_size=8192, layer_count=28, head_dim=128)
    for dtype, where, config in (("int8", cpu, large), ("int8", mps, small), ("fp8", cpu, small)):
        with pytest.raises(UsageError, match=f"--dtype {dtype}"):
            possible_precisions(dtype, where, config)


def test_the_plan_expects_what_a_card_will_be_given() -> None:
    assert likely_precision(ModelChoice(device="cuda", dtype="int8")) == "int8-weights"
    assert likely_precision(ModelChoice(device="cuda:1", dtype="fp8")) == "fp8-weights"
    assert likely_precision(ModelChoice(device="cpu", dtype="int8")) == "int8"


def test_a_bad_combination_is_one_line(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = tmp_path / "line.txt"
    script.write_text("A line to say.\n")
    model = ["--model", str(folder), "--device", "cpu"]
    said = ["render", str(script), "-o", str(tmp_path / "line.wav")]
    assert main([*said, *model, "--dtype", "fp8"]) == 2
    error = capsys.readouterr().err
    assert "--dtype fp8 works on CUDA only" in error and "Traceback" not in error
    assert main([*said, *model, "--kv-dtype", "fp8"]) == 2
    error = capsys.readouterr().err
    assert "float32 on a CPU is exact" in error and "--dtype bfloat16" in error
    assert main([*said, *model, "--dtype", "int8", "--plain-steps"]) == 2
    assert "leave one of them out" in capsys.readouterr().err
    assert main([*said, *model, "--dtype", "int4"]) == 2
    assert "int8" in capsys.readouterr().err
    assert main([*said, *model, "--memory", "much"]) == 2
    assert not (tmp_path / "line.wav").exists()


def test_too_little_memory_is_refused_before_a_weight_is_read(
    settings: ModelChoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        higgs_opening, "device_memory", lambda device: DeviceMemory(1_000_000, 8_000_000_000)
    )
    monkeypatch.setattr(higgs_opening, "load_model", lambda *_: pytest.fail("it was read"))
    with pytest.raises(MemoryExhaustedError, match=r"too tight to begin$") as refused:
        open_synthesizer(find_checkpoint(settings), settings)
    assert str(refused.value.hint).startswith("what would help: fewer --lanes, ")


def test_the_default_context_leaves_room_for_some_250_lanes_on_a_card_of_141_gb() -> None:
    """Context and lanes are chosen together: of two chunks it would be below 200."""
    card = DeviceMemory(148_500_000_000, 150_700_000_000, is_apart=True)

    def lanes(asked: ModelChoice) -> tuple[int, int]:
        question = MemoryQuestion(
            PUBLIC, card, (Precision.BFLOAT16,), position_counts(asked), codec_bytes=800_000_000
        )
        plan = plan_memory(question)
        return plan.lane_count, plan.position_count

    default = choices_of(Settings()).model
    assert lanes(default) == (253, 3584)
    assert lanes(replace(default, context_chunks=2)) == (197, 4608)


def test_low_memory_says_what_it_chose(settings: ModelChoice) -> None:
    chosen = replace(settings, memory="low", lanes=None)
    synthesizer = open_synthesizer(find_checkpoint(chosen), chosen)
    assert synthesizer.description.lane_count <= 4
    assert synthesizer.remarks[0].startswith("memory: float32, ")
    assert "needs " in synthesizer.remarks[0] and "GB free" in synthesizer.remarks[0]
