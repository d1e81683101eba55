"""Many prompts prefilled in one pass leave what each of them leaves alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from model.cache.lane_blocks import LaneBlocks
from model.cache.static import StaticCache
from model.checkpoint.language_model import LanguageModel
from model.checkpoint.random_model import random_model
from model.config.config import Adapter, ModelConfig
from model.network.layers import attend
from model.prefill.many_lanes import can_pack_prompts, packs, prefill_pack
from model.prefill.one_lane import LanePrompt, Prefiller
from model.runs.engine_settings import StepKind
from model.runs.events import ChunkFailed
from model.runs.prompt import Prompt
from tests.model.speaking import codes_by_chunk, engine, run, speak, takes
from tests.model.tiny import random_prompt, tiny

POSITIONS = 96
VARIANTS = {
    "dual": tiny(),
    "some layers dual": tiny(dual_ffn_layers=(0, 2)),
    "stack": tiny(adapter=Adapter.STACK, dual_ffn_layers=()),
    "mean of codebooks": tiny(average_codebooks=True),
    "no groups": tiny(kv_head_count=6),
    "biases": tiny(attention_bias=True, mlp_bias=True),
    "projector": tiny(embed_projector=True),
}


def prompt(config: ModelConfig, text: int, audio: int, seed: int) -> Prompt:
    ids, codes = random_prompt(config, text, audio, seed=seed)
    return Prompt(tuple(ids.tolist()), codes if audio else None)


def lane_prompts(config: ModelConfig, held: list[int]) -> list[LanePrompt]:
    """Prompts of differing length and kind, for the lanes in an order of their own."""
    kinds = [(7, 5), (1, 0), (12, 0), (3, 9), (20, 1), (2, 2)]
    return [
        LanePrompt(lane, held[lane], prompt(config, *kinds[lane], seed=50 + lane))
        for lane in (2, 0, 5, 1, 4, 3)
    ]


def one_by_one(lm: LanguageModel, cache: StaticCache, pack: list[LanePrompt]) -> None:
    prefiller = Prefiller(lm, cache)
    for one in pack:
        assert prefiller.prefill(one.lane, one.length, one.prompt) == one.end


def begun(lm: LanguageModel, held: list[int]) -> StaticCache:
    """Lanes that hold something of their own already, or nothing."""
    cache = StaticCache(lm.config, len(held), POSITIONS, lm.device, lm.dtype)
    prefiller = Prefiller(lm, cache)
    for lane, count in enumerate(held):
        if count:
            prefiller.prefill(lane, 0, prompt(lm.config, count, 0, seed=lane))
    return cache


def apart(one: StaticCache, other: StaticCache) -> float:
    keys = (one.keys - other.keys).abs().max() / other.keys.abs().max()
    values = (one.values - other.values).abs().max() / other.values.abs().max()
    return float(max(keys, values))


@pytest.mark.parametrize("config", VARIANTS.values(), ids=VARIANTS.keys())
@pytest.mark.parametrize("held", [[0] * 6, [9, 0, 3, 31, 0, 1]], ids=["empty", "begun"])
def test_a_pack_leaves_what_each_prompt_leaves_alone(config: ModelConfig, held: list[int]) -> None:
    lm = random_model(config, seed=3)
    expected, found = begun(lm, held), begun(lm, held)
    one_by_one(lm, expected, lane_prompts(config, held))
    prefill_pack(lm, found, lane_prompts(config, held))
    assert apart(found, expected) <= 1e-5


def test_a_pack_writes_nothing_but_its_own_positions() -> None:
    lm = random_model(tiny(), seed=4)
    cache = begun(lm, [5, 0, 0, 8])
    cache.keys[:, 1] = 7.0
    before = cache.keys.clone()
    prefill_pack(
        lm,
        cache,
        [
            LanePrompt(0, 5, prompt(lm.config, 4, 3, 1)),
            LanePrompt(3, 8, prompt(lm.config, 6, 0, 2)),
        ],
    )
    changed = (cache.keys != before).any(dim=-1).any(dim=2).any(dim=0)
    assert changed[0].nonzero().squeeze(1).tolist() == list(range(5, 12))
    assert changed[3].nonzero().squeeze(1).tolist() == list(range(8, 14))
    assert not changed[1].any() and not changed[2].any()


def test_a_loud_neighbour_changes_no_lane_beyond_rounding() -> None:
    lm = random_model(tiny(), seed=5)
    pack = lane_prompts(lm.config, [4] * 6)
    quiet, loud = begun(lm, [4] * 6), begun(lm, [4] * 6)
    loud.keys[:, 2] *= 100.0
    loud.values[:, 2] *= 100.0
    for cache in (quiet, loud):
        prefill_pack(lm, cache, pack)
    others = [0, 1, 3, 4, 5]
    assert torch.allclose(quiet.keys[:, others], loud.keys[:, others], atol=1e-5)
    assert not torch.allclose(quiet.keys[:, 2], loud.keys[:, 2], atol=1e-2)


class SharingCache(StaticCache):
    """Some lanes share a prefix that lies elsewhere; their own places begin behind it."""

    def __init__(self, prefixes: dict[int, StaticCache], *sizes: object) -> None:
        super().__init__(*sizes)  # type: ignore[arg-type]
        self._prefixes = prefixes

    def shared_prefix(self, lane: int) -> StaticCache | None:
        return self._prefixes.get(lane)


def test_lanes_hear_the_prefix_they_share_without_holding_it() -> None:
    lm = random_model(tiny(), seed=6)
    sizes = (lm.config, 6, POSITIONS, lm.device, lm.dtype)
    copied = StaticCache(*sizes)
    prefixes = {"a": prompt(lm.config, 6, 8, 91), "b": prompt(lm.config, 5, 0, 92)}
    stored = {}
    for name, words in prefixes.items():
        stored[name] = StaticCache(lm.config, 1, len(words.ids), lm.device, lm.dtype)
        Prefiller(lm, stored[name]).prefill(0, 0, words)
    prefix_names = {0: "a", 1: "b", 3: "a", 5: "a"}
    held = [0] * 6
    for lane, name in prefix_names.items():
        held[lane] = len(prefixes[name].ids)
        copied.begin_with_prefix(lane, stored[name])
    sharing = SharingCache({lane: stored[name] for lane, name in prefix_names.items()}, *sizes)
    pack = lane_prompts(lm.config, held)
    prefill_pack(lm, copied, pack)
    prefill_pack(lm, sharing, pack)
    for one in pack:
        own = slice(one.length, one.end)
        less = held[one.lane]
        moved = slice(one.length - less, one.end - less)
        for theirs, ours in ((copied.keys, sharing.keys), (copied.values, sharing.values)):
            assert torch.allclose(
                ours[:, one.lane, :, moved], theirs[:, one.lane, :, own], atol=1e-6
            )


def test_blocks_attend_as_each_lane_does_with_a_mask() -> None:
    generator = torch.Generator().manual_seed(0)
    counts, held = (3, 1, 6), (5, 1, 6)
    queries, keys, values = (
        torch.randn(1, heads, sum(sizes), 8, generator=generator)
        for heads, sizes in ((4, counts), (2, held), (2, held))
    )
    blocks = LaneBlocks.of(counts, held, torch.device("cpu"))
    lanes = torch.arange(3)
    query_lane = lanes.repeat_interleave(torch.tensor(counts))
    key_lane = lanes.repeat_interleave(torch.tensor(held))
    query_place = torch.cat([torch.arange(k - q, k) for q, k in zip(counts, held, strict=True)])
    key_place = torch.cat([torch.arange(k) for k in held])
    visible = (query_lane[:, None] == key_lane) & (key_place <= query_place[:, None])
    masked = attend(queries, keys, values, visible[None, None], False)
    assert torch.allclose(attend(queries, keys, values, blocks, False), masked, atol=1e-6)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_the_flash_kernel_attends_as_its_plain_twin() -> None:
    counts, held = (30, 1, 75, 8), (480, 451, 75, 9)
    queries, keys, values = (
        torch.randn(1, heads, sum(sizes), 128, device="cuda", dtype=torch.bfloat16)
        for heads, sizes in ((24, counts), (8, held), (8, held))
    )
    blocks = LaneBlocks.of(counts, held, queries.device)
    plain = blocks.attend_plainly(queries, keys, values)
    assert torch.allclose(blocks.attend(queries, keys, values), plain, atol=2e-2)


def test_packs_keep_order_and_size() -> None:
    sizes = [5, 5, 3, 20, 1, 1]
    prompts = [LanePrompt(lane, 0, Prompt((1,) * size)) for lane, size in enumerate(sizes)]
    split = [[one.lane for one in pack] for pack in packs(prompts, 10)]
    assert split == [[0, 1], [2], [3], [4, 5]]
    assert list(packs([])) == []


def test_models_that_tell_audio_keys_apart_are_prefilled_lane_by_lane() -> None:
    assert can_pack_prompts(tiny())
    assert not can_pack_prompts(tiny(audio_self_attention=True))
    assert not can_pack_prompts(tiny(adapter=Adapter.FAST_FORWARD, dual_ffn_layers=(0,)))


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    """The lanes of every pass that prefills several, as they happen."""
    seen: list[list[int]] = []

    def noting(lm: LanguageModel, cache: StaticCache, pack: list[LanePrompt]) -> None:
        seen.append([one.lane for one in pack])
        prefill_pack(lm, cache, pack)

    monkeypatch.setattr("model.prefill.lane_context.prefill_pack", noting)
    return seen


def test_fast_mode_lays_all_free_lanes_in_one_pass(passes: list[list[int]]) -> None:
    lm = random_model(tiny(), seed=7)
    speak(engine(lm, lanes=5, exact=False), [run(lm.config, seed) for seed in range(5)])
    assert passes[0] == [0, 1, 2, 3, 4]


def test_exact_mode_never_prefills_lanes_together(passes: list[list[int]]) -> None:
    lm = random_model(tiny(), seed=7)
    speak(engine(lm, lanes=5), [run(lm.config, seed) for seed in range(5)])
    assert passes == []


def test_packed_and_single_prefills_lead_to_the_same_codes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Carry-over, rebases and stored chunks included; rounding may part one run of eight."""
    lm = random_model(tiny(), seed=8)
    runs = [run(lm.config, seed, chunk_count=1 + seed % 5, context_chunks=1) for seed in range(8)]
    first = takes(speak(engine(lm, lanes=3, exact=False), runs))
    stored = replace(runs[4].chunks[0], stored_codes=first["run 4", "c0"].codes)
    runs[4] = replace(runs[4], chunks=(stored, *runs[4].chunks[1:]))
    packed = codes_by_chunk(speak(engine(lm, lanes=3, exact=False), runs))
    monkeypatch.setattr("model.prefill.lane_context.can_pack_prompts", lambda _: False)
    single = codes_by_chunk(speak(engine(lm, lanes=3, exact=False), runs))
    assert packed.keys() == single.keys()
    parted = {
        run_key for run_key, chunk in packed if packed[run_key, chunk] != single[run_key, chunk]
    }
    assert len(parted) <= 1


def test_packed_prompts_attend_to_prefixes_that_lanes_share() -> None:
    """The engine's own shared prefixes, against copies; rounding may part one run of six."""
    lm = random_model(tiny(), seed=10)
    runs = [run(lm.config, seed, chunk_count=1 + seed % 3) for seed in range(6)]
    kind = {"exact": False, "step": StepKind.TORCH}
    shared = codes_by_chunk(speak(engine(lm, lanes=4, shares_prefixes=True, **kind), runs))
    copied = codes_by_chunk(speak(engine(lm, lanes=4, shares_prefixes=False, **kind), runs))
    assert shared.keys() == copied.keys()
    assert len({key[0] for key in shared if shared[key] != copied[key]}) <= 1


def test_a_bad_prompt_fails_alone_among_those_prefilled_with_it() -> None:
    lm = random_model(tiny(), seed=9)
    runs = [run(lm.config, seed, chunk_count=1) for seed in range(3)]
    spoilt = replace(runs[1].chunks[0], prompt=Prompt((9999, lm.config.audio_out_bos_id)))
    runs[1] = replace(runs[1], chunks=(spoilt,))
    events = speak(engine(lm, lanes=3, exact=False), runs)
    failures = [one for one in events if isinstance(one, ChunkFailed)]
    assert [one.run_key for one in failures] == ["run 1"] and "9999" in failures[0].reason
    assert {key for key, _ in takes(events)} == {"run 0", "run 2"}
