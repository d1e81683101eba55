"""A take is judged by what is usual for its voice, and against the other voices of its cast."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from higgs_cli.checks.voice import (
    LEAST_TAKES,
    USUAL_VOICE,
    VoiceNorm,
    is_told_by_print,
    voice_finding,
    voice_norm,
)
from higgs_cli.listening.voice_print import VoicePrint
from higgs_cli.planning.plan import Chunk
from higgs_cli.takes.take import Verdict
from tests.plans import plan_of

WIDTH = 64
ANN, BEN = 0, 1
"""The direction in which a voice lies."""
LINE = "This is a line that is long enough to tell a voice by it, and then some more."


def prints(voice: int, count: int, apart: float = 0.25, seed: int = 0) -> list[VoicePrint]:
    """Takes of one voice, so far (an angle) from its middle, each in a direction of its own."""
    chance = np.random.default_rng(seed)
    return [
        out(voice, apart * math.exp(0.1 * chance.standard_normal()), chance) for _ in range(count)
    ]


def out(
    voice: int, angle: float, chance: np.random.Generator, towards: int | None = None
) -> VoicePrint:
    side = chance.standard_normal(WIDTH) if towards is None else np.eye(WIDTH)[towards]
    side[voice] = 0
    values = math.cos(angle) * np.eye(WIDTH)[voice] + math.sin(angle) * side / np.linalg.norm(side)
    return VoicePrint(tuple(map(float, values)))


def norm_of(first: Sequence[VoicePrint], reference: VoicePrint | None) -> VoiceNorm:
    return voice_norm([(chunk(), each) for each in first], reference)


def chunk(text: str = LINE) -> Chunk:
    return plan_of([("ANN", text)]).chunks[0]


def verdict(
    take: VoicePrint, norm: VoiceNorm, others: dict[str, VoicePrint] | None = None, text: str = LINE
) -> Verdict | None:
    found = voice_finding(chunk(text), take, norm, others)
    return found.verdict if found else None


def somewhere(angle: float) -> VoicePrint:
    return out(ANN, angle, np.random.default_rng(99))


@pytest.fixture
def norm() -> VoiceNorm:
    return norm_of(prints(ANN, 20), None)


def test_takes_of_the_voice_pass(norm: VoiceNorm) -> None:
    assert {verdict(each, norm) for each in prints(ANN, 200, seed=1)} == {None}


def test_what_lies_far_out_fails_and_what_lies_between_is_doubted(norm: VoiceNorm) -> None:
    assert verdict(somewhere(1.2), norm) is Verdict.FAIL
    assert verdict(somewhere(0.43), norm) is Verdict.INCONCLUSIVE


def test_no_likeness_is_right_for_all_voices() -> None:
    """The same take is usual for a voice whose takes vary, and a stranger's for an even one."""
    even, varied = (norm_of(prints(ANN, 20, apart), None) for apart in (0.12, 0.5))
    assert verdict(somewhere(0.5), varied) is None
    assert verdict(somewhere(0.5), even) is Verdict.FAIL


def test_foreign_takes_among_the_first_do_not_become_usual() -> None:
    first = prints(ANN, 20)
    first[3], first[9], first[15] = prints(BEN, 3, seed=7)
    norm = norm_of(first, None)
    assert verdict(first[3], norm) is Verdict.FAIL
    assert {verdict(each, norm) for each in prints(ANN, 100, seed=1)} == {None}


def test_a_take_of_another_voice_of_the_cast_is_named() -> None:
    norm = norm_of(prints(ANN, 20), out(ANN, 0.2, np.random.default_rng(5)))
    ben = out(BEN, 0.2, np.random.default_rng(6))
    found = voice_finding(chunk(), prints(BEN, 1)[0], norm, {"BEN": ben})
    assert found is not None and found.verdict is Verdict.FAIL
    assert "sounds more like BEN" in found.detail


def test_with_few_takes_only_another_recording_speaks_against_one() -> None:
    ann, ben = out(ANN, 0.2, np.random.default_rng(5)), out(BEN, 0.2, np.random.default_rng(6))
    norm = norm_of(prints(ANN, LEAST_TAKES - 1), ann)
    assert verdict(somewhere(1.2), norm) is None
    assert verdict(somewhere(1.2), norm, {"BEN": ben}) is None
    assert verdict(prints(BEN, 1)[0], norm, {"BEN": ben}) is Verdict.FAIL


def test_a_voice_that_is_another_from_the_start_is_listed_and_not_spoken_again() -> None:
    """All of its takes are alike; its recording alone tells."""
    ann, ben = out(ANN, 0.2, np.random.default_rng(5)), out(BEN, 0.2, np.random.default_rng(6))
    norm = norm_of(prints(BEN, 20), ann)
    take = prints(BEN, 1, seed=3)[0]
    assert verdict(take, norm, {"BEN": ben}) is Verdict.INCONCLUSIVE
    assert verdict(take, norm) is None


def test_nothing_is_said_of_single_words_nor_without_anything_to_go_by(norm: VoiceNorm) -> None:
    assert not is_told_by_print(chunk("No."))
    assert verdict(somewhere(1.2), norm, text="No.") is None
    assert verdict(somewhere(1.2), USUAL_VOICE) is None


def test_a_short_line_may_lie_farther_out_than_a_long_one(norm: VoiceNorm) -> None:
    """Its print is the mean of fewer moments: what is usual grows as it gets shorter."""
    line = "He came home."
    assert chunk(line).seconds < chunk().seconds / 3
    assert verdict(somewhere(0.5), norm) is Verdict.FAIL
    assert verdict(somewhere(0.5), norm, text=line) is None
    assert verdict(somewhere(1.2), norm, text=line) is Verdict.FAIL


def test_short_first_takes_tell_the_same_norm_as_long_ones(norm: VoiceNorm) -> None:
    line, long = chunk("He came home."), chunk()
    apart = 0.25 * math.sqrt(long.seconds / line.seconds)
    short = voice_norm([(line, each) for each in prints(ANN, 20, apart)], None)
    assert short.distance == pytest.approx(norm.distance, rel=0.15)


def test_what_few_takes_tell_is_less_sure() -> None:
    many, few = (norm_of(prints(ANN, count), None) for count in (20, LEAST_TAKES))
    assert many.spread < few.spread


def test_a_short_line_of_another_voice_of_the_cast_is_known_by_its_recording() -> None:
    ben = out(BEN, 0.2, np.random.default_rng(6))
    norm = norm_of(prints(ANN, 20), out(ANN, 0.2, np.random.default_rng(5)))
    line = "He came home."
    assert verdict(prints(BEN, 1)[0], norm, {"BEN": ben}, text=line) is Verdict.FAIL
    assert verdict(somewhere(0.6), norm, {"BEN": ben}, text=line) is None


def test_the_order_of_the_first_takes_says_nothing() -> None:
    def finding(first: Sequence[VoicePrint]) -> VoiceNorm:
        return norm_of(first, None)

    first = prints(ANN, 20)
    one, other = finding(first), finding(first[::-1])
    assert one.distance == pytest.approx(other.distance)
    assert one.spread == pytest.approx(other.spread)
