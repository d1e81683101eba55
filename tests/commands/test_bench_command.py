"""`higgs bench` as a person meets it, on a checkpoint of random weights."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from higgs_cli.app import main
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


@pytest.mark.parametrize("more", [[], ["--int8"]])
def test_figures_are_there_for_programs(
    checkpoint: Path, capsys: pytest.CaptureFixture[str], more: list[str]
) -> None:
    assert main(arguments(checkpoint, "--json", *more)) == 0
    report = json.loads(capsys.readouterr().out)
    assert [one["lanes"] for one in report["decoding"]] == [1, 3]
    assert all(one["times_real_time"] > 0 for one in report["decoding"])
    assert report["codec_times_real_time"] > 0 and report["book_minutes"] > 0


def test_what_cannot_run_in_int8_is_one_clear_line(
    checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments(checkpoint, "--int8", "--dtype", "bfloat16")) != 0
    assert "int8" in capsys.readouterr().err
