"""`higgs compare`: two renders line by line, a page to listen blind, and who won."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from higgs_cli import pipeline
from higgs_cli.app import main
from higgs_cli.evaluation import judges
from higgs_cli.files.bundled import package_folder
from higgs_cli.speech.protocol import SynthesizerDescription
from tests.evaluation.cloning_list import Listener
from tests.fakes import FakeSynthesizer
from tests.helpers import CommandLine

SCRIPT = "".join(f"This is what line number {line} says, and it says so.\n\n" for line in range(6))
PLAIN = ["--recognizer", "none"]


@pytest.fixture
def higgs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    higgs = CommandLine(tmp_path, monkeypatch, capsys)
    higgs.write("story.md", f"# One\n\n{SCRIPT}# Two\n\n{SCRIPT}And the end of it.\n")
    return higgs


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch) -> Listener:
    ears = Listener("this is what line number says and it says so")
    monkeypatch.setattr(judges, "open_recognizer", lambda name: ears)
    return ears


def render(higgs: CommandLine, output: str, *options: str) -> None:
    given = ["--cast", "NARRATOR=marigold", "-o", output, *options]
    ran = higgs("render", "story.md", *given)
    assert ran.exit_code == 0, ran.stderr


def test_two_renders_are_measured_line_by_line(higgs: CommandLine, listener: Listener) -> None:
    render(higgs, "a.wav")
    render(higgs, "b.flac", "--seed", "7")
    ran = higgs("compare", "a.wav", "b.json", "--out", "c.json")
    assert ran.exit_code == 0, ran.stderr
    rows = [line.split("\t") for line in ran.stdout.rstrip("\n").split("\n")]
    assert rows[0] == ["", "a.wav", "b.json", "difference", "pairs", "better"]
    assert [row[0] for row in rows[1:]] == ["word errors", "loudness LUFS", "words a minute"]
    found = json.loads(Path("c.json").read_text())
    assert len(found["pairs"]) == listener.count / 2 == 14
    assert found["unpaired"] == [0, 0]
    for each in found["measures"]:
        for figure in each["intervals"].values():
            assert figure["low"] <= figure["value"] <= figure["high"]


def test_a_render_beside_itself_is_no_different(higgs: CommandLine, listener: Listener) -> None:
    render(higgs, "a.wav")
    ran = higgs("compare", "a.wav", "a.wav", "--json")
    assert all(
        each["intervals"]["difference"]["value"] == 0.0 and each["better"] is None
        for each in json.loads(ran.stdout)["measures"]
    )


def test_nothing_is_listened_to_twice(higgs: CommandLine, listener: Listener) -> None:
    render(higgs, "a.wav")
    render(higgs, "b.wav", "--seed", "7")
    listener.stops_at = 9
    assert higgs("compare", "a.wav", "b.wav", "--out", "c.json").exit_code == 130
    assert not Path("c.json").exists()
    listener.stops_at = None
    assert higgs("compare", "a.wav", "b.wav", "--out", "c.json").exit_code == 0
    assert listener.count == 28


def test_files_of_chapters_are_cut_where_their_lines_are(
    higgs: CommandLine, listener: Listener
) -> None:
    render(higgs, "a.wav")
    render(higgs, "b.wav", "--per-chapter")
    assert not Path("b.wav").exists()
    ran = higgs("compare", "a.wav", "b.json", "--json")
    assert ran.exit_code == 0, ran.stderr
    for pair in json.loads(ran.stdout)["pairs"]:
        assert pair["first"]["seconds"] == pytest.approx(pair["second"]["seconds"], abs=0.01)
        assert pair["first"]["loudness_lufs"] == pytest.approx(
            pair["second"]["loudness_lufs"], abs=0.3
        )


def test_a_sample_is_judged_where_that_is_asked(higgs: CommandLine, listener: Listener) -> None:
    render(higgs, "a.wav")
    render(higgs, "b.wav", "--seed", "7")
    ran = higgs("compare", "a.wav", "b.wav", "--count", "4", "--json")
    assert len(json.loads(ran.stdout)["pairs"]) == 4 and listener.count == 8


def test_answers_of_the_page_become_a_table_of_wins(higgs: CommandLine) -> None:
    render(higgs, "a.wav")
    render(higgs, "b.wav", "--seed", "7")
    ran = higgs("compare", "a.wav", "b.wav", *PLAIN, "--page", "which.html", "--page-pairs", "6")
    assert ran.exit_code == 0, ran.stderr
    found = re.search(r'id="data">(.*?)</script>', Path("which.html").read_text(), re.DOTALL)
    assert found
    answers = [{"pair": each["pair"], "choice": "same"} for each in json.loads(found[1])["pairs"]]
    document = {"format": "higgs-blind-answers", "version": 1, "answers": answers}
    higgs.write("answers.json", json.dumps(document))
    won = higgs("compare", "a.wav", "b.wav", "--answers", "answers.json")
    assert won.exit_code == 0, won.stderr
    rows = [line.split("\t") for line in won.stdout.rstrip("\n").split("\n")]
    assert rows[0] == ["", "wins", "losses", "ties", "win rate"]
    assert [row[:4] for row in rows[1:]] == [[n, "0", "0", "6"] for n in ("a.wav", "b.wav")]
    other = higgs("compare", "b.wav", "a.wav", "--answers", "answers.json")
    assert other.exit_code == 2 and "answers of another page" in other.stderr


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["a.wav", "missing.wav"], "missing.wav: no such file"),
        (["a.wav", "story.md"], "no manifest of higgs describes it"),
        (["a.wav", "mini"], "a render and a model cannot be compared"),
        (["mini", "no_model/"], "no_model"),
        (["a.wav", "a.wav", "--out", "a.json", "--overwrite"], "is an input"),
        (["a.wav", "a.wav", "--page", "a.wav", "--overwrite"], "is an input"),
        (["a.wav", "a.wav", "--page", "x", "--answers", "story.md"], "leave --answers out"),
        (["a.wav", "a.wav", "--answers", "missing.json"], "missing.json: cannot be read"),
        (["a.wav", "a.wav", "--page", "no/x.html"], "there is no folder no"),
        (["a.wav", "a.wav", "--page", "x.html"], "no pair to be heard"),
        (["a.wav", "a.wav", "--recognizer", "echo"], "no recogniser is called 'echo'"),
    ],
)
def test_what_cannot_be_compared_is_one_line(
    higgs: CommandLine, argv: list[str], message: str
) -> None:
    render(higgs, "a.wav")
    if "--recognizer" not in argv:
        argv = [*argv, *PLAIN]
    before = Path("a.wav").read_bytes()
    ran = higgs("compare", *argv)
    assert ran.exit_code in (1, 2) and message in ran.stderr and "Traceback" not in ran.stderr
    assert Path("a.wav").read_bytes() == before and not Path("x.html").exists()


def test_audio_that_is_not_what_the_manifest_says_is_refused(higgs: CommandLine) -> None:
    render(higgs, "a.wav")
    data = Path("a.wav").read_bytes()
    Path("a.wav").write_bytes(data[:-2] + b"\x01\x02")
    ran = higgs("compare", "a.wav", "a.json", *PLAIN)
    assert ran.exit_code == 2 and "is not the audio that its manifest describes" in ran.stderr


def test_two_models_say_the_same_and_takes_are_kept(higgs: CommandLine, listener: Listener) -> None:
    higgs.write("lines.txt", "It rains.\nGo home now.\nWho is there?\n")
    given = ["--sentences", "lines.txt", "--voice", "wren", "--voice", "fergus", "--out", "c.json"]
    ran = higgs("compare", "mini", "mini", *given)
    assert ran.exit_code == 0, ran.stderr
    found = json.loads(Path("c.json").read_text())
    assert [pair["speaker"] for pair in found["pairs"]] == ["wren", "fergus", "wren"]
    spoken = len(higgs.synthesizer.chunks_spoken)
    assert spoken == 3  # the second of two equal models finds all that the first one said
    assert higgs("compare", "mini", "mini", *given, "--overwrite").exit_code == 0
    assert len(higgs.synthesizer.chunks_spoken) == spoken


@dataclass
class Other(FakeSynthesizer):
    """Another model: it says the same in other sounds."""

    fingerprint: str = "fake-other"

    @property
    def description(self) -> SynthesizerDescription:
        return replace(super().description, name="other", model_fingerprint=self.fingerprint)


def other_model(folder: Path) -> None:
    """Mini under another name, by a blank in its configuration."""
    shutil.copytree(package_folder("model") / "mini", folder)
    shutil.copytree(package_folder("tokenizer") / "mini", folder / "codec")
    config = folder / "config.json"
    config.write_text(config.read_text(encoding="utf-8") + " ", encoding="utf-8")


def test_answers_about_models_are_told_without_a_word_spoken(
    higgs: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    other_model(Path("mine"))
    models = {"mini": higgs.synthesizer, "mine": Other()}
    monkeypatch.setattr(pipeline, "open_higgs", lambda choice: models[choice.model])
    higgs.write("lines.txt", "It rains all day.\nGo home now, please.\nWho is there?\n")
    asked = ["compare", "mini", "mine", "--sentences", "lines.txt", *PLAIN]
    ran = higgs(*asked, "--page", "which.html", "--json")
    assert ran.exit_code == 0, ran.stderr
    found = json.loads(ran.stdout)
    assert (found["first"], found["second"], len(found["pairs"])) == ("mini", "mine", 3)
    shown = re.search(r'id="data">(.*?)</script>', Path("which.html").read_text(), re.DOTALL)
    assert shown
    answers = [{"pair": each["pair"], "choice": "same"} for each in json.loads(shown[1])["pairs"]]
    document = {"format": "higgs-blind-answers", "version": 1, "answers": answers}
    higgs.write("answers.json", json.dumps(document))
    spoken = list(higgs.synthesizer.chunks_spoken)
    won = higgs(*asked, "--answers", "answers.json", "--json")
    assert won.exit_code == 0, won.stderr
    assert [row["ties"] for row in json.loads(won.stdout)["win_rates"]] == [len(answers)] * 2
    assert higgs.synthesizer.chunks_spoken == spoken


@pytest.mark.slow
def test_the_bundled_mini_is_no_better_than_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    argv = ["compare", "mini", "mini", "--count", "2", "--device", "cpu", *PLAIN, "--json"]
    assert main(argv) == 0
    found = json.loads(capsys.readouterr().out)
    assert {each["better"] for each in found["measures"]} == {None}
