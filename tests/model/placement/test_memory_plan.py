"""Plans fit, warn when they are tight, and say what would help when nothing fits."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.checkpoint.random_model import random_model
from model.config.config import ModelConfig
from model.config.reader import read_config
from model.errors import MemoryPlanError, Remedy
from model.hardware.free_memory import DeviceMemory, host_memory
from model.hardware.quantized_rows import ROW_END_BYTES
from model.placement.plan import (
    REFUSAL_SHARE,
    WARNING_SHARE,
    MemoryPlan,
    MemoryQuestion,
    MemoryWish,
    Placement,
    plan_memory,
)
from model.placement.sizes import Precision, lane_bytes, text_feed_forward_weights, weight_bytes
from model.runs.engine_settings import MOST_READY_RUNS, READY_RUN_POSITIONS
from tests.model.tiny import tiny

CODEC_BYTES = 806_000_000
GIBIBYTE = 2**30
LENGTHS = (4608, 3072)
GPU_LADDER = (Precision.BFLOAT16, Precision.INT8_WEIGHTS)
CPU_LADDER = (Precision.FLOAT32, Precision.BFLOAT16)
ASSETS = Path(__file__).parents[2] / "assets" / "model"


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> ModelConfig:
    folder = tmp_path_factory.mktemp("public")
    shutil.copy(ASSETS / "lm.transformers.config.json", folder / "config.json")
    return read_config(folder)


def card(public: ModelConfig, gigabytes: float, **changes: object) -> MemoryQuestion:
    """A card as it reports itself: a little less than its name, half a gigabyte taken."""
    total = int(gigabytes * GIBIBYTE * 0.985)
    values: dict[str, object] = {
        "memory": DeviceMemory(total - 500_000_000, total, is_apart=True),
        "precisions": GPU_LADDER,
        "position_counts": LENGTHS,
        "placements": tuple(Placement),
        "codec_bytes": CODEC_BYTES,
    }
    return MemoryQuestion(public, **values | changes)  # type: ignore[arg-type]


def box(public: ModelConfig, gigabytes: float, **changes: object) -> MemoryQuestion:
    """A machine without a GPU, a seventh of its memory taken."""
    total = int(gigabytes * GIBIBYTE * 0.97)
    memory = DeviceMemory(int(total * 0.86), total)
    values: dict[str, object] = {
        "memory": memory,
        "precisions": CPU_LADDER,
        "position_counts": LENGTHS[:1],
        "codec_bytes": CODEC_BYTES,
        "most_lanes": 8,
    }
    return MemoryQuestion(public, **values | changes)  # type: ignore[arg-type]


def test_sizes_are_those_of_the_public_checkpoint(public: ModelConfig) -> None:
    with_text_head = 5_771_283_456
    text_head = public.vocab_size * public.hidden_size
    norms = (4 * public.layer_count + 1) * public.hidden_size
    known = weight_bytes(public, Precision.BFLOAT16, text_on_device=True) // 2
    assert known == with_text_head - text_head - norms
    assert text_feed_forward_weights(public) * 2 == 4_227_858_432
    assert lane_bytes(public, 1, 2) == 114_688


def test_sizes_are_those_of_a_network() -> None:
    config = tiny()
    network = random_model(config, with_text_head=False).network
    linear = sum(one.numel() for one in network.parameters() if one.dim() > 1)
    assert weight_bytes(config, Precision.FLOAT32, text_on_device=True) == 4 * linear


@pytest.mark.parametrize(
    ("gigabytes", "precision", "placement", "least", "most"),
    [
        (8, Precision.INT8_WEIGHTS, Placement.TEXT_ON_HOST, 1, 4),
        (12, Precision.BFLOAT16, Placement.TEXT_ON_HOST, 2, 6),
        (16, Precision.BFLOAT16, Placement.TEXT_ON_HOST, 8, 16),
        (24, Precision.BFLOAT16, Placement.DEVICE, 10, 20),
        (80, Precision.BFLOAT16, Placement.DEVICE, 90, 128),
        (141, Precision.BFLOAT16, Placement.DEVICE, 180, 256),
    ],
)
def test_the_public_model_on_cards(
    public: ModelConfig,
    gigabytes: int,
    precision: Precision,
    placement: Placement,
    least: int,
    most: int,
) -> None:
    plan = plan_memory(card(public, gigabytes))
    assert (plan.precision, plan.placement) == (precision, placement)
    assert least <= plan.lane_count <= most
    assert plan.share <= WARNING_SHARE and plan.warning is None


def test_a_full_host_takes_no_text_weights(public: ModelConfig) -> None:
    full = {"host_free_bytes": 3_000_000_000}
    plan = plan_memory(card(public, 16, **full))
    assert (plan.precision, plan.placement) == (Precision.BFLOAT16, Placement.DEVICE)
    assert 1 <= plan.lane_count < plan_memory(card(public, 16)).lane_count
    # The precision is that of a day with room: another would be another reading.
    with pytest.raises(MemoryPlanError, match=r"more free host memory, .*weights in int8"):
        plan_memory(card(public, 12, **full))
    roomy = card(public, 12, host_free_bytes=16_000_000_000)
    assert plan_memory(roomy).placement is Placement.TEXT_ON_HOST


def test_the_public_model_on_machines_without_a_gpu(public: ModelConfig) -> None:
    with pytest.raises(MemoryPlanError, match="a smaller model"):
        plan_memory(box(public, 8))
    tight = plan_memory(box(public, 16))
    assert (tight.precision, tight.lane_count) == (Precision.BFLOAT16, 1) and tight.warning
    plan = plan_memory(box(public, 64))
    assert (plan.precision, plan.lane_count) == (Precision.FLOAT32, 8)
    plan = plan_memory(box(public, 24))
    assert plan.precision is Precision.BFLOAT16 and 4 <= plan.lane_count <= 8


def test_a_small_model_speaks_in_float32_on_any_machine() -> None:
    small = tiny(hidden_size=256, intermediate_size=768, layer_count=5, head_count=4, head_dim=64)
    for gigabytes in (1, 8, 64):
        plan = plan_memory(box(small, gigabytes, codec_bytes=12_000_000))
        assert (plan.precision, plan.lane_count) == (Precision.FLOAT32, 8)


def test_the_precision_does_not_depend_on_what_is_free_now(public: ModelConfig) -> None:
    total = int(12 * GIBIBYTE)
    for free in (int(11.5e9), int(12.5e9)):
        memory = DeviceMemory(free, total, is_apart=True)
        assert plan_memory(card(public, 12, memory=memory)).precision is Precision.BFLOAT16
    busy = DeviceMemory(int(5e9), total, is_apart=True)
    with pytest.raises(MemoryPlanError, match=r"weights in int8.*closing other programs"):
        plan_memory(card(public, 12, memory=busy))


def test_low_takes_little_on_every_card(public: ModelConfig) -> None:
    for gigabytes in (12, 24, 80):
        low = plan_memory(card(public, gigabytes, wish=MemoryWish.LOW))
        auto = plan_memory(card(public, gigabytes))
        assert low.lane_count <= 4 and low.placement is Placement.TEXT_ON_HOST
        assert low.needed_bytes <= min(auto.needed_bytes, 11e9)


@given(gigabytes=st.floats(2, 200), lanes=st.none() | st.integers(1, 300))
def test_a_plan_never_needs_more_than_it_may(gigabytes: float, lanes: int | None) -> None:
    wide = tiny(hidden_size=3072, intermediate_size=8192, layer_count=28, head_dim=128)
    question = card(wide, gigabytes, lane_count=lanes)
    try:
        plan = plan_memory(question)
    except MemoryPlanError:
        return
    assert plan.share <= REFUSAL_SHARE
    assert (plan.warning is None) == (plan.share <= WARNING_SHARE)
    assert lanes in (None, plan.lane_count)


def test_more_memory_never_means_fewer_lanes_of_one_placement(public: ModelConfig) -> None:
    plans = [plan_memory(card(public, gigabytes)) for gigabytes in range(24, 200, 4)]
    lanes = [plan.lane_count for plan in plans]
    assert lanes == sorted(lanes) and lanes[0] < lanes[-1] <= 256


def test_lanes_asked_for_are_taken_with_a_warning_or_refused(public: ModelConfig) -> None:
    found: list[MemoryPlan] = []
    for lanes in range(90, 140):
        try:
            found.append(plan_memory(card(public, 80, lane_count=lanes, position_counts=(4608,))))
        except MemoryPlanError as error:
            assert error.remedies[0] is Remedy.FEWER_LANES
            break
    tight = found[-1]
    assert WARNING_SHARE < tight.share <= REFUSAL_SHARE
    assert "%" in (tight.warning or "") and tight.placement is Placement.TEXT_ON_HOST
    assert f"{tight.lane_count} lanes of 4608 positions" in tight.describe()


def test_a_container_counts_where_it_is_tighter(tmp_path: Path) -> None:
    machine, container = tmp_path / "meminfo", tmp_path / "cgroup"
    container.mkdir()
    machine.write_text("MemTotal: 64000000 kB\nMemFree: 1 kB\nMemAvailable: 60000000 kB\n")
    assert host_memory(machine, container) == DeviceMemory(61_440_000_000, 65_536_000_000)
    (container / "memory.max").write_text("max\n")
    (container / "memory.current").write_text("3000000000\n")
    assert host_memory(machine, container) == DeviceMemory(61_440_000_000, 65_536_000_000)
    (container / "memory.max").write_text("8000000000\n")
    (container / "memory.stat").write_text("anon 2\ninactive_file 1000000000\n")
    assert host_memory(machine, container) == DeviceMemory(6_000_000_000, 8_000_000_000)


def test_quantized_contexts_leave_room_for_three_quarters_more_lanes(public: ModelConfig) -> None:
    assert lane_bytes(public, 1, 2, quantized_keys=True) == 2 * 28 * 8 * (128 + ROW_END_BYTES)
    plain, quantized = (plan_memory(card(public, 80, quantized_keys=one)) for one in (False, True))
    assert 1.7 < quantized.lane_count / plain.lane_count < 2.0
    with pytest.raises(MemoryPlanError, match="keys and values in int8"):
        plan_memory(card(public, 24, lane_count=64))


def test_runs_are_prefilled_ahead_on_a_card_alone_and_what_they_take_is_counted(
    public: ModelConfig,
) -> None:
    plan = plan_memory(card(public, 80))
    assert plan.ready_runs == MOST_READY_RUNS < plan.lane_count
    few = plan_memory(card(public, 80, lane_count=3))
    assert few.ready_runs == 3
    row = lane_bytes(public, READY_RUN_POSITIONS, 2)
    one = plan_memory(card(public, 80, lane_count=2, position_counts=LENGTHS[:1]))
    two = plan_memory(card(public, 80, lane_count=3, position_counts=LENGTHS[:1]))
    assert two.needed_bytes - one.needed_bytes > row + lane_bytes(public, LENGTHS[0], 2)
    assert plan_memory(box(public, 64)).ready_runs == 0
