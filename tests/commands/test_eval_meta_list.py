"""`higgs eval --meta-list`: every item spoken once and heard once, however often it is stopped."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from higgs_cli.app import main
from higgs_cli.evaluation import judges
from tests.evaluation.cloning_list import LINES, Listener, write_list
from tests.helpers import CommandLine

EVAL = ["eval", "--meta-list", "meta.lst", "--model", "mini"]
OUT = [*EVAL, "--out", "scores.json"]


@pytest.fixture
def higgs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    write_list(tmp_path)
    return CommandLine(tmp_path, monkeypatch, capsys)


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch) -> Listener:
    ears = Listener()
    monkeypatch.setattr(judges, "open_recognizer", lambda name: ears)
    return ears


def scores() -> dict[str, object]:
    found = json.loads(Path("scores.json").read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def test_each_item_is_cloned_from_its_own_prompt_and_the_table_has_the_published_row(
    higgs: CommandLine, listener: Listener
) -> None:
    ran = higgs(*OUT)
    assert ran.exit_code == 0, ran.stderr
    rows = [line.split("\t") for line in ran.stdout.rstrip("\n").split("\n")]
    assert rows[0][:3] == ["", "items", "WER"] and len({len(row) for row in rows}) == 1
    assert rows[1][:2] == ["fake", "3"]
    assert rows[2][0] == "Higgs Audio V2, as published"
    assert rows[2][4] == "2.44%" and rows[2][6] == "67.70%"
    assert [item["text"] for item in scores()["items"]] == list(LINES)  # type: ignore[attr-defined]
    runs = higgs.synthesizer.runs_heard
    assert {run.references[0].transcript for run in runs} == {
        f"This is prompt {n}." for n in range(3)
    }
    assert all(run.references[0].codes is not None for run in runs)


def test_stopped_and_started_again_it_speaks_nothing_twice_and_hears_nothing_twice(
    higgs: CommandLine, listener: Listener
) -> None:
    whole = higgs(*OUT, "--json").stdout
    for path in (Path("scores.higgs"), Path("scores.heard")):
        path.rename(f"{path}.old")
    Path("scores.json").unlink()
    spoken, listener.count = len(higgs.synthesizer.chunks_spoken), 0
    for done in range(3):
        listener.stops_at = done + 1
        assert higgs(*OUT).exit_code == (130 if done < 2 else 0)
        assert not Path("scores.json").exists() or done == 2
    assert listener.count == 3
    assert len(higgs.synthesizer.chunks_spoken) - spoken <= 3 + 2 * higgs.synthesizer.lane_count
    assert json.loads(whole) == scores()


def test_done_it_is_written_anew_without_a_word_spoken_or_heard(
    higgs: CommandLine, listener: Listener
) -> None:
    assert higgs(*OUT).exit_code == 0
    before, spoken = Path("scores.json").read_bytes(), list(higgs.synthesizer.chunks_spoken)
    refused = higgs(*OUT)
    assert refused.exit_code == 2 and "scores.json is there already" in refused.stderr
    listener.stops_at = listener.count
    assert higgs(*OUT, "--overwrite").exit_code == 0
    assert Path("scores.json").read_bytes() == before
    assert higgs.synthesizer.chunks_spoken == spoken


def test_another_recogniser_hears_all_and_nothing_is_spoken(
    higgs: CommandLine, listener: Listener
) -> None:
    assert higgs(*OUT).exit_code == 0
    spoken, heard = list(higgs.synthesizer.chunks_spoken), listener.count
    assert higgs(*OUT, "--recognizer", "tiny.en", "--overwrite").exit_code == 0
    assert listener.count == 2 * heard and higgs.synthesizer.chunks_spoken == spoken


def test_a_changed_line_is_the_only_one_that_is_spoken_again(
    higgs: CommandLine, listener: Listener
) -> None:
    assert higgs(*OUT).exit_code == 0
    spoken = len(higgs.synthesizer.chunks_spoken)
    meta = Path("meta.lst")
    meta.write_text(meta.read_text().replace(LINES[1], "Go home at once."), encoding="utf-8")
    assert higgs(*OUT, "--overwrite").exit_code == 0
    assert len(higgs.synthesizer.chunks_spoken) == spoken + 1 and listener.count == 4


def test_damaged_takes_and_judgements_are_made_again(
    higgs: CommandLine, listener: Listener
) -> None:
    assert higgs(*OUT).exit_code == 0
    before = Path("scores.json").read_bytes()
    next(Path("scores.higgs/takes").glob("*/*.take")).write_bytes(b"nothing of the kind")
    next(Path("scores.heard").glob("*/*.json")).write_bytes(b'{"heard": 7}')
    ran = higgs(*OUT, "--overwrite")
    assert ran.exit_code == 0 and "spoken again" in ran.stderr
    assert Path("scores.json").read_bytes() == before
    assert listener.count == 4


def test_nothing_is_written_into_a_folder_of_somebody_else(
    higgs: CommandLine, listener: Listener
) -> None:
    higgs.write("scores.heard/mine.txt", "mine")
    ran = higgs(*OUT)
    assert ran.exit_code == 2 and "scores.heard is neither empty" in ran.stderr
    assert [path.name for path in Path("scores.heard").iterdir()] == ["mine.txt"]


def test_recordings_of_the_words_are_judged_beside(higgs: CommandLine, listener: Listener) -> None:
    write_list(Path(), with_truth=True)
    ran = higgs(*OUT)
    rows = [line.split("\t")[0] for line in ran.stdout.rstrip("\n").split("\n")]
    assert rows == ["", "fake", "the recordings", "Higgs Audio V2, as published"]
    assert listener.count == 6


def test_clips_are_named_as_the_benchmarks_own_scripts_want_them(
    higgs: CommandLine, listener: Listener
) -> None:
    assert higgs(*EVAL, "--audio", "clips").exit_code == 0
    assert sorted(path.name for path in Path("clips").iterdir()) == [
        f"item-{number}.wav" for number in range(3)
    ]
    assert not Path("scores.higgs").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--meta-list", "missing.lst"], "missing.lst: cannot be read"),
        (["--voice", "marigold"], "--meta-list says who speaks what"),
        (["--sentences", "meta.lst"], "--meta-list says who speaks what"),
        (["--out", "meta.lst", "--overwrite"], "is an input"),
        (["--speaker-print", "missing"], "missing: there is no such file"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_nothing_is_spoken(
    higgs: CommandLine, options: list[str], message: str
) -> None:
    ran = higgs(*EVAL, *options)
    assert ran.exit_code == 2 and message in ran.stderr and "Traceback" not in ran.stderr
    assert not higgs.synthesizer.chunks_spoken


def test_a_prompt_that_is_no_sound_is_one_line_before_anything_is_spoken(
    higgs: CommandLine, listener: Listener
) -> None:
    Path("prompt-wavs/2.wav").write_text("no sound")
    ran = higgs(*OUT)
    assert ran.exit_code == 2 and "meta.lst, line 3: the prompt: " in ran.stderr
    assert not higgs.synthesizer.chunks_spoken and not Path("scores.higgs").exists()


def _print_weights() -> str:
    """Any weights of the right shapes: nobody is told apart by them."""
    from safetensors.numpy import save_file

    from higgs_cli.listening.speaker_print import _shapes

    random = np.random.default_rng(1)
    table = {
        name: random.normal(0, 0.1, shape).astype(np.float32) for name, shape in _shapes().items()
    }
    save_file(table, "print.safetensors")
    return "print.safetensors"


def test_prints_are_compared_with_the_prompt(higgs: CommandLine, listener: Listener) -> None:
    assert higgs(*OUT, "--speaker-print", _print_weights()).exit_code == 0
    for item in scores()["items"]:  # type: ignore[attr-defined]
        assert -1.0 <= item["speech"]["print_similarity"] <= 1.0


@pytest.mark.slow
def test_the_bundled_mini_speaks_a_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_list(tmp_path)
    given = ["--recognizer", "none", "--device", "cpu", "--count", "2", "--out", "scores.json"]
    assert main([*EVAL, *given, "--audio", "clips"]) == 0
    first = Path("scores.json").read_bytes()
    assert all(soundfile.info(clip).duration > 0.3 for clip in Path("clips").iterdir())
    assert main([*EVAL, *given, "--overwrite"]) == 0
    assert Path("scores.json").read_bytes() == first
