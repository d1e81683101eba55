from __future__ import annotations

import random
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from bench.gates.heard_set import packs
from bench.gates.judged_set import chunk_of
from bench.gates.judged_sound import Judged, tell_together
from bench.gates.labelled_take import (
    CHOOSING,
    REPORTING,
    WHOLE,
    MadeTake,
    Samples,
    by_voice,
    read_clip,
    read_set,
    write_set,
)
from bench.gates.mini import MOST_WORDS, read_texts
from bench.gates.sound_faults import FAULTS, joined
from bench.gates.tables import table_rows
from bench.gates.word_orders import ORDERS, told
from higgs_cli.takes.take import Finding, Verdict

RATE = 24_000


def speech(seconds: float = 3.0, seed: int = 0) -> Samples:
    """Loud and quiet in turn, as words and what is between them."""
    chance = np.random.default_rng(seed)
    noise = chance.standard_normal(round(seconds * RATE)) * 0.1
    swell = np.abs(np.sin(2 * np.pi * 2 * np.arange(len(noise)) / RATE))
    return (noise * swell).astype(np.float32)


@pytest.mark.parametrize("kind", ORDERS)
def test_an_order_of_words_has_its_fault_and_no_other(kind: str) -> None:
    for seed in range(50):
        order = ORDERS[kind](9, random.Random(seed))
        assert order is not None
        missing, more = 9 - len(set(order)), len(order) - len(set(order))
        turned = sum(one > other for one, other in pairwise(order))
        assert {
            "dropped-1": (missing, more, turned) == (1, 0, 0),
            "dropped-3": 3 <= missing <= 6 and not more and not turned,
            "doubled": (missing, more, turned) == (0, 1, 0),
            "swapped": (missing, more, turned) == (0, 0, 1),
        }[kind]


def test_what_differs_is_told_in_words() -> None:
    words = ["he", "went", "home"]
    assert told(words, [0, 2]) == "without: went"
    assert told(words, [0, 1, 1, 2]) == "there: went went home"
    assert told(words, [0, 2, 1]) == "there: he home went"


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_in_the_sound_is_the_same_for_the_same_seed(kind: str) -> None:
    one, other = (FAULTS[kind](speech(), RATE, random.Random(7)) for _ in range(2))
    assert one is not None and other is not None
    assert one[1] == other[1]
    assert np.array_equal(one[0], other[0])
    assert np.abs(one[0]).max() <= 1


def test_a_cut_end_is_shorter_and_a_loop_longer_and_a_silence_as_long() -> None:
    lengths = {}
    for kind in ("cut-end", "loop", "silence"):
        made = FAULTS[kind](speech(), RATE, random.Random(1))
        assert made is not None
        lengths[kind] = len(made[0]) / RATE
    assert lengths["cut-end"] < 2.7
    assert lengths["loop"] > 3.5
    assert lengths["silence"] == pytest.approx(3.0, abs=0.1)


def test_a_join_has_no_step() -> None:
    tone = np.full(RATE, 0.5, np.float32)
    assert np.abs(np.diff(joined([tone, -tone], RATE))).max() < 0.01


def made_set(folder: Path) -> None:
    kinds = [WHOLE] * 10 + ["dropped-1", "loop", "hum"] * 2
    made = [
        MadeTake(
            kind, voice, f"Here is line {number} of all of them.", speech(2.0, number), voice, ""
        )
        for voice in ("ann", "ben")
        for number, kind in enumerate(kinds)
    ]
    write_set(folder, made, RATE)


def test_a_set_is_read_as_it_was_written_with_faults_among_whole_takes(tmp_path: Path) -> None:
    made_set(tmp_path)
    takes = read_set(tmp_path)
    assert len(takes) == 32
    assert [list(by_voice(takes))] == [["ann", "ben"]]
    for own in by_voice(takes).values():
        faulty = [at for at, take in enumerate(own) if take.kind != WHOLE]
        assert min(faulty) < 4 and max(faulty) > 11
        halves = [take.half for take in own if take.kind == WHOLE]
        assert halves.count(CHOOSING) == halves.count(REPORTING)
    assert read_clip(tmp_path, takes[0]).duration_seconds == pytest.approx(2.0)


def test_takes_are_packed_by_voice_and_those_that_are_not_heard_left_out(tmp_path: Path) -> None:
    made_set(tmp_path)
    for pack in packs(read_set(tmp_path)):
        assert len({take.voice for take in pack}) == 1
        assert sum(take.seconds for take in pack) <= 20
        assert all(take.kind != "hum" for take in pack)


def test_a_table_counts_what_was_heard_otherwise(tmp_path: Path) -> None:
    made_set(tmp_path)
    lines = []
    for take in read_set(tmp_path):
        said = take.text.split()[:1] if take.kind == "loop" else take.text.split()
        words = ", ".join(
            f'{{"text": "{word}", "start_seconds": 0, "end_seconds": 1, "probability": 0.9}}'
            for word in said
        )
        lines.append(
            f'{{"take": "{take.name}", "words": [{words}], "no_speech": 0, "log_probability": 0}}'
        )
    (tmp_path / "heard-fake.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    rows = {row.kind: row for row in table_rows(tmp_path, read_set(tmp_path), "fake", {REPORTING})}
    assert (rows[WHOLE].count, rows[WHOLE].found) == (10, 0)
    assert (rows["loop"].found, rows["loop"].spoken_again, rows["loop"].precision) == (1, 1, 1)
    assert rows["dropped-1"].found == 0


def test_what_all_gates_say_of_whole_takes_is_counted_once_for_each_take(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made_set(tmp_path)
    takes = read_set(tmp_path)
    whole = [take for take in takes if take.kind == WHOLE and take.half == REPORTING]
    listed, failed = (
        Finding("voice", verdict, "") for verdict in (Verdict.INCONCLUSIVE, Verdict.FAIL)
    )
    judged = [
        Judged(take.name, WHOLE, take.half, True, found)
        for take, found in zip(whole, [(listed,), (failed, listed)], strict=False)
    ]
    spoilt = Judged(whole[2].name, "hum", REPORTING, True, (failed,))
    (tmp_path / "heard-fake.jsonl").write_text("", "utf-8")
    tell_together(tmp_path, takes, [*judged, judged[0], spoilt], "fake")
    assert f"half 1: 1 failed, 2 flagged of {len(whole)}" in capsys.readouterr().out


def test_a_take_of_the_set_is_planned_as_its_text() -> None:
    from bench.gates.labelled_take import LabelledTake

    take = LabelledTake("1", WHOLE, "ann", "He went home again.", "ann", "", "", 2.0, 0)
    assert chunk_of(take).seconds > 1


def test_texts_for_mini_have_one_to_25_words_and_come_once() -> None:
    texts = read_texts()
    counts = {len(text.split()) for text in texts}
    assert min(counts) == 1 and max(counts) == MOST_WORDS
    assert len(texts) == len(set(texts)) > 300
