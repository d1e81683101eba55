"""A blind page tells nobody which side is which, and its answers tell who won."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import soundfile

from higgs_cli.audio.clip import AudioClip
from higgs_cli.audio.loudness import measure
from higgs_cli.errors import HiggsError
from higgs_cli.evaluation.blind import page as blind_page_module
from higgs_cli.evaluation.blind.answers import read_answers
from higgs_cli.evaluation.blind.page import blind_page
from higgs_cli.evaluation.blind.trials import chosen_trials
from higgs_cli.evaluation.compared import ComparedLine, Pairing, Side, paired
from higgs_cli.evaluation.sound import Sound

RATE = 24_000


def clip(level: float, seconds: float, rate: int = RATE) -> Callable[[], AudioClip]:
    noise = np.random.default_rng(1).normal(0, level, round(seconds * rate))
    return lambda: AudioClip(noise.astype(np.float32), rate)


def side(name: str, level: float, *, count: int = 12, seconds: float = 2.0) -> Side:
    lines = tuple(
        ComparedLine(
            "ANN", f"Line <{n}>.", Sound(f"{name} {n}", clip(level, seconds)), None, seconds,
            f"secret {name} {n}",
        )
        for n in range(count)
    )  # fmt: skip
    return Side(name, lines)


@pytest.fixture
def pairing() -> Pairing:
    return paired(side("old", 0.05), side("new", 0.2))


def data_of(page: bytes) -> dict[str, object]:
    found = re.search(rb'id="data">(.*?)</script>', page, re.DOTALL)
    assert found
    data = json.loads(found[1])
    assert isinstance(data, dict)
    return data


def said_nothing(text: str) -> None:
    raise AssertionError(text)


def answered(path: Path, pairing: Pairing, choose: Callable[[bool], str], count: int = 12) -> Path:
    """`choose`: told whether the sides are swapped, as no listener is."""
    answers = [
        {"pair": trial.name, "choice": choose(trial.is_swapped)}
        for trial in chosen_trials(pairing.pairs, count, 0)
    ]
    document = {"format": "higgs-blind-answers", "version": 1, "answers": answers}
    path.write_text(json.dumps(document))
    return path


def test_each_side_comes_first_in_half_of_the_pairs_and_the_seed_decides_where(
    pairing: Pairing,
) -> None:
    trials = chosen_trials(pairing.pairs, 12, 0)
    assert sum(trial.is_swapped for trial in trials) == 6
    assert len({trial.pair.text for trial in trials}) == 12
    assert trials == chosen_trials(pairing.pairs, 12, 0) != chosen_trials(pairing.pairs, 12, 1)


def test_the_page_says_nowhere_which_side_is_which(pairing: Pairing) -> None:
    page = blind_page(chosen_trials(pairing.pairs, 12, 0), said_nothing)
    silent = rb"<style>.*?</style>|<script>.*?</script>|[\w+/]{1000,}=*"
    told = re.sub(silent, b"", page, flags=re.S)
    for word in (b"old", b"new", b"secret", b"swapped"):
        assert word not in told
    shown = data_of(page)["pairs"]
    assert isinstance(shown, list) and len(shown) == 12
    assert all(set(each) == {"pair", "text", "first", "second"} for each in shown)


def test_both_sides_are_equally_loud_and_coded_alike(pairing: Pairing) -> None:
    shown = data_of(blind_page(chosen_trials(pairing.pairs, 3, 0), said_nothing))["pairs"]
    assert isinstance(shown, list)
    for each in shown:
        heard = [soundfile.read(BytesIO(b64decode(each[name]))) for name in ("first", "second")]
        levels = [measure(AudioClip(s.astype(np.float32), r)).loudness_lufs for s, r in heard]
        assert levels[0] == pytest.approx(levels[1], abs=0.3)
        assert {rate for _, rate in heard} == {RATE}


def test_a_page_stays_small_and_says_what_it_left_out(
    pairing: Pairing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blind_page_module, "MOST_BYTES", 250_000)
    said: list[str] = []
    page = blind_page(chosen_trials(pairing.pairs, 12, 0), said.append)
    assert len(page) <= 250_000 and re.fullmatch(r"the page has room for \d of 12 pairs", said[0])


def test_equal_sounds_and_very_short_ones_are_not_asked(pairing: Pairing) -> None:
    same = side("old", 0.05)
    with pytest.raises(HiggsError, match="no pair to be heard"):
        chosen_trials(paired(same, same).pairs, 5, 0)
    short = paired(side("old", 0.05, seconds=0.5), side("new", 0.2, seconds=0.5))
    with pytest.raises(HiggsError, match="no pair to be heard"):
        chosen_trials(short.pairs, 5, 0)


def test_who_was_better_wins_wherever_it_was_heard(pairing: Pairing, tmp_path: Path) -> None:
    path = answered(tmp_path / "a.json", pairing, lambda swapped: "first" if swapped else "second")
    old, new = read_answers([path], pairing).rows
    assert (new.name, new.wins, new.losses, new.ties) == ("new", 12, 0, 0)
    assert (old.wins, old.losses) == (0, 12) and old.win_rate.value == 0.0
    assert new.win_rate.value == 1.0 and 0.7 < new.win_rate.low < 1.0


def test_who_always_takes_the_first_finds_no_winner(pairing: Pairing, tmp_path: Path) -> None:
    rows = read_answers([answered(tmp_path / "a.json", pairing, lambda _: "first")], pairing).rows
    assert [row.win_rate.value for row in rows] == [0.5, 0.5]


def test_ties_are_half_a_win_and_listeners_add_no_false_certainty(
    pairing: Pairing, tmp_path: Path
) -> None:
    one = answered(tmp_path / "a.json", pairing, lambda swapped: "first" if swapped else "second")
    two = answered(tmp_path / "b.json", pairing, lambda _: "same")
    both = read_answers([one, two], pairing)
    assert (both.listeners, both.pairs) == (2, 12)
    assert (both.rows[1].wins, both.rows[1].ties) == (12, 12)
    assert both.rows[1].win_rate.value == 0.75
    alone, thrice = read_answers([one], pairing), read_answers([one] * 3, pairing)
    assert alone.rows[1].win_rate == thrice.rows[1].win_rate


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("{", "a.json"),
        ('{"format": "other"}', "no answers of a blind page"),
        ('{"format": "higgs-blind-answers", "version": 9, "answers": []}', "a newer higgs"),
        ('{"format": "higgs-blind-answers", "version": 1, "answers": []}', "nothing is answered"),
        (
            '{"format": "higgs-blind-answers", "version": 1, "answers": '
            '[{"pair": "f00", "choice": "first"}]}',
            "answers of another page",
        ),
        (
            '{"format": "higgs-blind-answers", "version": 1, "answers": '
            '[{"pair": "f00", "choice": "both"}]}',
            "`choice` is not one of first, same, second",
        ),
    ],
)
def test_answers_that_are_none_are_one_line(
    pairing: Pairing, tmp_path: Path, data: str, message: str
) -> None:
    path = tmp_path / "a.json"
    path.write_text(data)
    with pytest.raises(HiggsError, match=message) as caught:
        read_answers([path], pairing)
    assert caught.value.exit_code == 2


def test_lines_are_paired_by_who_says_what_and_how_often() -> None:
    def line(speaker: str, text: str, made_of: str) -> ComparedLine:
        return ComparedLine(speaker, text, Sound(made_of, clip(0.1, 1.0)), None, 1.0, made_of)

    yes = ("ANN", "Yes.")
    first = Side("a", (line(*yes, "a0"), line("BEN", "Yes.", "a1"), line(*yes, "a2")))
    second = Side("a", (line(*yes, "b0"), line("ANN", "No.", "b1"), line(*yes, "b2")))
    found = paired(first, second)
    assert [(pair.first.made_of, pair.second.made_of) for pair in found.pairs] == [
        ("a0", "b0"), ("a2", "b2"),
    ]  # fmt: skip
    assert found.unpaired == (1, 1) and found.names == ("a (A)", "a (B)")
    with pytest.raises(HiggsError, match="no line in common"):
        paired(first, Side("b", (line("ANN", "Maybe.", "b"),)))
