"""`higgs plan`, through the real entry point."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from higgs_cli.app import main
from higgs_cli.files.bundled import bundled_folder

TALK = "[SPEAKER0] Dr. Lee paid $5. [laugh]\n\n[SPEAKER1] Did he really? I would not.\n"
HEAVY = {"torch", "numpy", "transformers", "soundfile", "scipy", "librosa", "tokenizer"}


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    Path("talk.txt").write_text(TALK)


def test_it_shows_cast_reading_chunks_and_time(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "talk.txt", "--ref-audio", "marigold,tobias"]) == 0
    shown = capsys.readouterr().out
    for part in (
        "talk.txt: dialogue, UTF-8, English (high), 1 chapter",
        "each of 11 words is spoken",
        "SPEAKER1\ttobias\trecording\t--ref-audio\t1",
        "$5\tfive dollars\texpansion\t1",
        "Doctor Lee paid five dollars. <SE>[Laughter]</SE>",
        "2 chunks in 2 runs",
        "to be spoken: 2 (2 not rendered yet)",
    ):
        assert part in shown


def test_json_holds_everything(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "talk.txt", "--json", "--seed", "7"]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert plan["version"] == 2 and plan["totals"]["chunks"] == 2
    assert [chunk["line"] for chunk in plan["chunks"]] == [1, 3]
    assert all(not chunk["is_stored"] and chunk["why"] for chunk in plan["chunks"])
    assert plan["coverage"]["spoken_words"] == 11
    assert plan["totals"]["render_seconds"] is None


def test_a_measured_rate_gives_the_rendering_time(capsys: pytest.CaptureFixture[str]) -> None:
    from higgs_cli.planning.measured_rate import recall_rate, remember_rate

    remember_rate("some model", "cpu", 4.0)
    remember_rate("some model", "cpu", 2.0)
    assert recall_rate("some model", "cpu") == 3.0
    assert recall_rate("other", "cpu") is None


def test_stdin_is_a_script(capsys: pytest.CaptureFixture[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "higgs_cli", "plan", "-"],
        input="Hello there.",
        text=True,
        capture_output=True,
    )
    assert done.returncode == 0 and "<stdin>: prose" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "error", "hint"),
    [
        (["plan", "tlak.txt"], "error: tlak.txt: no such file", "hint:"),
        (
            ["plan", "talk.txt", "--cast", "SPEAKER0=marigolt", "--cast", "SPEAKER1=wren"],
            'error: --cast: no voice is called "marigolt"',
            "did you mean marigold",
        ),
        (
            ["plan", "talk.txt", "--cast", "SPEAKER0=marigold"],
            'error: talk.txt, line 3: no voice for "SPEAKER1"\n  3 | [SPEAKER1] Did he really? '
            "I would not.\n    | ^^^^^^^^^^",
            '--cast "SPEAKER1=',
        ),
        (["plan", "talk.txt", "--chunk", "sentnces"], "error: --chunk:", "`sentences`"),
        (["plan", "talk.txt", "--chunk-words", "0"], "error: --chunk-words: 0 is not between", ""),
        (["plan", "talk.txt", "--scene", "quiet_rom"], "error: no scene", "quiet_room"),
        (["plan", "talk.txt", "--lexicon", "none.yaml"], "error: none.yaml: cannot be read", ""),
        (["plan", "talk.txt", "--chunk-wrods", "3"], "--chunk-wrods", "--chunk-words"),
    ],
)
def test_mistakes_are_named_with_their_mend(
    capsys: pytest.CaptureFixture[str], arguments: list[str], error: str, hint: str
) -> None:
    assert main(arguments) == 2
    shown = capsys.readouterr()
    assert error in shown.err and hint in shown.err
    assert shown.out == "" and "Traceback" not in shown.err


def test_warnings_go_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    Path("talk.txt").write_text("Ann: Да, это так. Он ушёл домой вчера.\n\nAnn: Нет, не ушёл.\n")
    assert main(["plan", "talk.txt"]) == 0
    shown = capsys.readouterr().err
    assert (
        "Russian is not a language" in shown and "to make it a speaker, use --as dialogue" in shown
    )
    assert main(["plan", "talk.txt", "--strict-language"]) == 2


def test_no_model_and_no_numpy_is_loaded() -> None:
    code = (
        "import sys; from higgs_cli.app import main; code = main(['plan', 'talk.txt']); "
        "sys.stderr.write(' '.join(sorted({m.split('.')[0] for m in sys.modules}))); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0
    assert not HEAVY & set(done.stderr.split())


@pytest.mark.parametrize(
    "path", sorted(bundled_folder("transcripts").iterdir()), ids=lambda p: p.name
)
def test_every_bundled_transcript_can_be_planned(
    capsys: pytest.CaptureFixture[str], path: Path
) -> None:
    assert main(["plan", str(path), "--json"]) == 0
    warnings = json.loads(capsys.readouterr().out)["warnings"]
    assert all(warning.startswith("mini speaks English only") for warning in warnings)


def test_the_bundled_story_is_a_story() -> None:
    assert len((bundled_folder("transcripts") / "short_story.md").read_text().split()) >= 3000


def test_help_has_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    for verb in (["plan"], ["voices", "list"], ["voices", "show"], ["voices", "add"]):
        assert main([*verb, "--help"]) == 0
        assert f"higgs {' '.join(verb)}" in " ".join(
            capsys.readouterr().out.split("Example")[-1].split()
        )
    for verb in (["voices", "check"], ["scenes", "list"], ["scenes", "show"]):
        assert main([*verb, "--help"]) == 0
        assert "Example" in capsys.readouterr().out


def test_a_model_that_is_not_there_is_a_mistake_of_a_plan_too(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["plan", "talk.txt", "--model", "/nowhere"]) == 2
    assert "no such folder" in capsys.readouterr().err
    assert main(["plan", "talk.txt", "--model", "mini", "--revision", "main"]) == 2
    assert "mini has no revisions" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("清晨，海面上还有一层薄雾。", "mini speaks English only, and the script is in Chinese"),
        ("Der Wärter war nicht zu Hause, und die Tür ist auf.", "the script is in German"),
        (
            "The keeper read Правда aloud to her.",
            "letters of other alphabets (6 Cyrillic) are lost",
        ),
    ],
)
def test_a_model_that_does_not_speak_the_script_says_so_in_one_line(
    capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    Path("book.txt").write_text(text, encoding="utf-8")
    assert main(["plan", "book.txt", "--model", "mini"]) == 0
    told = " ".join(capsys.readouterr().err.split())
    assert told.count("mini speaks English only") == 1 and said in told
    assert main(["plan", "book.txt", "--model", "mini", "--strict-language"]) == (
        0 if "Cyrillic" in said else 2
    )


def test_sounds_that_the_model_leaves_out_take_no_time(capsys: pytest.CaptureFixture[str]) -> None:
    frames = []
    for text in ("He laughed at her. [laugh] [applause]", "He laughed at her."):
        Path("book.txt").write_text(text)
        assert main(["plan", "book.txt", "--model", "mini", "--json"]) == 0
        frames.append(json.loads(capsys.readouterr().out)["totals"]["frames"])
    assert frames[0] == frames[1]


def test_without_num2words_german_figures_stay_and_it_is_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("higgs_cli.wording.others.grammar._has_numbers", lambda: False)
    Path("book.txt").write_text("Der Mann war nicht zu Hause, und er hatte 5 Hunde.")
    assert main(["plan", "book.txt", "--model", "mini"]) == 0
    told = capsys.readouterr()
    assert "hatte 5 Hunde" in told.out and "num2words is not installed" in " ".join(
        told.err.split()
    )
