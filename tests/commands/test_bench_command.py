"""`higgs bench` as a person meets it, on a checkpoint of random weights."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from higgs_cli.app import main
from higgs_cli.tools.benchmarks import book_minutes
from tests.tiny_checkpoint import write_checkpoint


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_checkpoint(tmp_path_factory.mktemp("bench"))


def arguments(checkpoint: Path, *more: str) -> list[str]:
    codec = str(checkpoint / "codec")
    given = ["--model", str(checkpoint), "--codec", codec, "--device", "cpu"]
    return ["bench", *given, "--seconds", "0.4", "--lanes", "3", *more]


def test_it_says_how_fast_and_how_long_a_book_takes(
    checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments(checkpoint)) == 0
    said = capsys.readouterr().out
    assert "x real time" in said and "codec alone" in said and "a book of 10 hours" in said
    assert "made of, at 1: step: compiled, numbers: float32" in said


@pytest.mark.parametrize(
    "more",
    [
        [],
        ["--dtype", "int8"],
        ["--memory", "low"],
        ["--dtype", "bfloat16", "--kv-dtype", "int8"],
    ],
)
def test_figures_are_there_for_programs(
    checkpoint: Path, capsys: pytest.CaptureFixture[str], more: list[str]
) -> None:
    assert main(arguments(checkpoint, "--json", *more)) == 0
    report = json.loads(capsys.readouterr().out)
    assert [one["lanes"] for one in report["decoding"]] == [1, 3]
    assert all(one["times_real_time"] > 0 for one in report["decoding"])
    assert all(one["step"].startswith("step: ") for one in report["decoding"])
    assert all(one["left_out"] == [] for one in report["decoding"])
    assert report["codec_times_real_time"] > 0 and report["book_minutes"] > 0


def test_it_shows_how_the_model_lies_in_memory(
    checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments(checkpoint, "--json", "--dtype", "int8")) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["precision"] == "int8" and report["memory"]["lanes"] == 3
    assert 0 < report["memory"]["share_of_free"] < 1
    assert all(one["share_of_roofline"] > 0 for one in report["decoding"])


def test_a_book_takes_the_slower_of_two_cores_and_is_decoded_again() -> None:
    assert book_minutes(60.0, 1e9) == pytest.approx(10.0)
    assert book_minutes(600.0, 60.0) == pytest.approx(20.0)


def test_what_cannot_run_is_one_clear_line(
    checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments(checkpoint, "--dtype", "fp8")) == 2
    assert "--dtype fp8 works on CUDA only" in capsys.readouterr().err
