"""`higgs render --from`: every flag applies, or is refused by name."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import soundfile

from higgs_cli.jobs.repeated_job import job_from_manifest
from higgs_cli.settings.sources import range_of
from higgs_cli.settings.table import Settings, flag_name
from tests.helpers import CommandLine

SCRIPT = """# One

[SPEAKER0] The first line of it is here. And this is more of the very same.

[SPEAKER1] The second line comes from another one.

# Two

[SPEAKER0] The last words are said in a chapter of their own.
"""

VALUES = {
    "model": "mini",
    "revision": "main",
    "codec": "somewhere",
    "device": "cpu",
    "dtype": "bfloat16",
    "codec_dtype": "float32",
    "kv_dtype": "int8",
    "lanes": "2",
    "memory": "low",
    "plain_steps": None,
    "cpu_fallback": None,
    "preset": "high_quality",
    "temperature": "1.5",
    "top_p": "0.5",
    "top_k": "5",
    "repeat_window": "3",
    "repeat_limit": "9",
    "retry_temperature": "1.9",
    "max_seconds": "20",
    "seed": "7",
    "read_as": "prose",
    "encoding": "cp1252",
    "language": "de",
    "strict_language": None,
    "expand": None,
    "headings": "spoken",
    "brackets": "text",
    "notes": "end",
    "directions": "narrator",
    "keep": "index",
    "chapters": "1",
    "lexicon": "words.yaml",
    "voices": "voices",
    "cast": "SPEAKER0=marigold",
    "ref_audio": "marigold,tobias",
    "scene": "none",
    "allow_outside": None,
    "chunk": "words",
    "chunk_words": "5",
    "chunk_turns": "2",
    "chunk_seconds": "5",
    "run_chunks": "1",
    "context_chunks": "0",
    "ensemble": None,
    "pause_sentence": "0.9",
    "pause_paragraph": "0.9",
    "pause_turn": "2.9",
    "pause_scene": "0.9",
    "pause_chapter": "4.5",
    "takes": "2",
    "retries": "9",
    "gates": "none",
    "recognizer": "tiny.en",
    "speaker_print": "print.safetensors",
    "gate_workers": "3",
    "retry_budget": "50",
    "strict_context": None,
    "store": "elsewhere.higgs",
    "keep_sound": "0.5",
    "loudness": "-25",
    "true_peak": "-6",
    "sample_format": "float",
    "subtitles": "srt",
    "subtitles_by": "word",
    "strict": None,
    "head": "0.5",
    "tail": "1.5",
    "room_tone": "-66",
    "delivery": "podcast",
    "per_chapter": None,
    "chapters_json": None,
    "sample": None,
    "stems": None,
    "book": "about.yaml",
    "cluster": "auto",
    "workers": "2",
}
"""Of each setting something else than its default; None for a flag without a value."""

SPOKEN_AGAIN = {
    "preset", "temperature", "top_p", "top_k", "repeat_window", "repeat_limit",
    "retry_temperature", "seed", "ensemble", "takes", "strict_context",
}  # fmt: skip
"""What a fake model, which has one precision and one length of context, speaks again for."""


@pytest.fixture
def higgs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    command = CommandLine(tmp_path, monkeypatch, capsys)
    command.write("talk.txt", SCRIPT)
    command.write("about.yaml", "title: The talk\n")
    assert command("render", "talk.txt").exit_code == 0
    command.synthesizer.chunks_spoken.clear()
    return command


def settings(again: str) -> list[str]:
    return [each.name for each in fields(Settings) if range_of(each).again == again]


NOBODY_LISTENS = ["--gates", "none"]
"""With these, which name who would listen."""


def flag(name: str) -> list[str]:
    setting = next(each for each in fields(Settings) if each.name == name)
    value = VALUES[name]
    option = f"--{flag_name(name, range_of(setting))}"
    more = NOBODY_LISTENS if name in ("recognizer", "speaker_print") else []
    return [option, *more] if value is None else [option, value, *more]


def recorded(path: Path) -> dict[str, Any]:
    groups = json.loads(path.read_text())["settings"]
    flat = {name: value for group in groups.values() for name, value in group.items()}
    pauses = {f"pause_{name}": value for name, value in groups["pauses"].items()}
    return flat | pauses | {"read_as": groups["reading"]["as"]}


def test_this_file_knows_every_setting() -> None:
    assert VALUES.keys() == {each.name for each in fields(Settings)}


@pytest.mark.parametrize("name", settings("refuse"))
def test_what_needs_the_script_is_refused_by_name(higgs: CommandLine, name: str) -> None:
    before = {path: path.read_bytes() for path in higgs.folder.glob("talk.*") if path.is_file()}
    done = higgs("render", "--from", "talk.json", *flag(name))
    assert done.exit_code == 2
    assert f"{flag(name)[0]} does not go with --from" in done.stderr
    assert before == {path: path.read_bytes() for path in before}


OF_ONE_COMMAND = {"cluster", "workers"}
"""How many speak: another machine may do it otherwise, and a manifest says nothing of it."""


@pytest.mark.parametrize("name", settings("apply"))
def test_what_applies_speaks_nothing_again_and_is_recorded(higgs: CommandLine, name: str) -> None:
    store = ["--store", "talk.higgs"] if name != "store" else []
    done = higgs("render", "--from", "talk.json", "-o", "new.wav", *store, *flag(name))
    assert done.exit_code == 0, done.stderr
    spoken = higgs.synthesizer.chunks_spoken
    assert spoken == [] or name == "store"
    if name in OF_ONE_COMMAND:
        assert name not in recorded(higgs.folder / "new.json")
        return
    value = recorded(higgs.folder / "new.json")[name]
    assert str(value) in (VALUES[name], f"{VALUES[name]}.0") or value is True


@pytest.mark.parametrize("name", settings("speak"))
def test_what_changes_the_takes_speaks_them_again_and_says_so(
    higgs: CommandLine, name: str
) -> None:
    done = higgs("render", "--from", "talk.json", "-o", "new.wav", *flag(name))
    assert done.exit_code == 0, done.stderr
    shown = flag(name)[0].removeprefix("--")
    told = [line for line in done.stderr.splitlines() if "changed from the manifest" in line]
    assert told and shown in told[0]
    assert bool(higgs.synthesizer.chunks_spoken) == (name in SPOKEN_AGAIN)
    assert ("nothing is spoken again" in told[0]) == (name not in SPOKEN_AGAIN)


def test_a_book_is_mastered_anew_at_another_loudness(higgs: CommandLine) -> None:
    import numpy as np

    options = ("--loudness", "-30", "--sample-format", "float", "--pause-chapter", "6")
    before, rate = soundfile.read(higgs.folder / "talk.wav")
    assert higgs("render", "--from", "talk.json", "-o", "soft.wav", *options).exit_code == 0
    after, _ = soundfile.read(higgs.folder / "soft.wav")
    assert soundfile.info(higgs.folder / "soft.wav").subtype == "FLOAT"
    assert len(after) - len(before) == round(3.5 * rate)
    assert np.abs(after).max() < 0.5 * np.abs(before).max()
    assert higgs.synthesizer.chunks_spoken == []


def test_the_longest_silence_that_a_script_may_hold_is_rendered_again(higgs: CommandLine) -> None:
    pauses = "[pause 60]\n" * 10
    higgs.write("quiet.txt", f"{pauses}[SPEAKER0] Now then.\n{pauses}[SPEAKER0] And now.\n")
    assert higgs("render", "quiet.txt", "--cast", "SPEAKER0=marigold").exit_code == 0
    again = higgs("render", "--from", "quiet.json")
    assert again.exit_code == 0, again.stderr


@pytest.mark.parametrize("name", ["model", "codec"])
def test_a_folder_that_a_manifest_names_is_opened_only_if_the_person_names_it_too(
    higgs: CommandLine, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    stranger = higgs.folder / "their folder"
    stranger.mkdir()
    manifest = json.loads((higgs.folder / "talk.json").read_bytes())
    manifest["settings"]["model"][name] = str(stranger)
    higgs.write("talk.json", json.dumps(manifest))
    opened: list[object] = []

    def open_higgs(asked: object) -> object:
        opened.append(asked)
        return higgs.synthesizer

    monkeypatch.setattr("higgs_cli.pipeline.open_higgs", open_higgs)
    refused = higgs("render", "--from", "talk.json")
    assert refused.exit_code == 2 and not opened
    assert f"talk.json: its {name} is a folder that you have not named" in refused.stderr
    assert f"add --{name} '{stranger}'" in refused.stderr
    before = (higgs.folder / "talk.wav").read_bytes()
    assert higgs("render", "--from", "talk.json", f"--{name}", str(stranger)).exit_code == 0
    higgs.write("higgs.toml", f'{name} = "{stranger}"\n')
    assert higgs("render", "--from", "talk.json").exit_code == 0
    assert (higgs.folder / "talk.wav").read_bytes() == before
    assert len(opened) == 2 and higgs.synthesizer.chunks_spoken == []


def test_environment_and_folder_do_not_speak_into_it(
    higgs: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HIGGS_LOUDNESS", "-30")
    monkeypatch.setenv("HIGGS_TEMPERATURE", "1.5")
    higgs.write("higgs.toml", 'voices = "nowhere"\nseed = 5\n')
    before = (higgs.folder / "talk.wav").read_bytes()
    assert higgs("render", "--from", "talk.json").exit_code == 0
    assert (higgs.folder / "talk.wav").read_bytes() == before


def test_a_settings_file_that_is_named_speaks_like_flags(higgs: CommandLine) -> None:
    higgs.write("soft.toml", "loudness = -30\n")
    higgs.write("other.toml", 'voices = "nowhere"\n')
    done = higgs("render", "--from", "talk.json", "-o", "soft.wav", "--settings", "soft.toml")
    assert done.exit_code == 0
    assert recorded(higgs.folder / "soft.json")["loudness"] == -30
    refused = higgs("render", "--from", "talk.json", "--settings", "other.toml")
    assert refused.exit_code == 2 and "--voices does not go with --from" in refused.stderr


def test_a_retake_of_a_line_speaks_it_and_nothing_else(higgs: CommandLine) -> None:
    assert higgs("render", "--from", "talk.json", "--retake", "5").exit_code == 0
    assert higgs.synthesizer.chunks_spoken == ["The second line comes from another one."]


@pytest.fixture
def with_store(higgs: CommandLine, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """A plan looks takes up by what a checkpoint says of itself: here as the fake model does."""
    fake = SimpleNamespace(name="fake", identity=lambda _: higgs.synthesizer.description.identity)
    monkeypatch.setattr("higgs_cli.checkpoints.find.find_checkpoint", lambda _: fake)
    return higgs


@pytest.mark.parametrize(("flags", "missing"), [((), 0), (("--temperature", "1.5"), 3)])
def test_a_dry_run_says_what_would_be_spoken_again(
    with_store: CommandLine, flags: tuple[str, ...], missing: int
) -> None:
    done = with_store("render", "--from", "talk.json", *flags, "--dry-run", "--json")
    shown = json.loads(done.stdout)
    assert done.exit_code == 0 and shown["coverage"] is None
    assert shown["totals"]["missing_chunks"] == missing
    assert [line for line in shown["warnings"] if "changed from the manifest" in line] == (
        ["changed from the manifest: temperature; 3 chunks are spoken again"] if flags else []
    )
    assert "coverage" not in with_store("render", "--from", "talk.json", "--dry-run").stdout


def test_a_lock_holds_a_take_and_is_undone(higgs: CommandLine) -> None:
    assert higgs("render", "--from", "talk.json", "--lock", "5").exit_code == 0
    refused = higgs("render", "--from", "talk.json", "--retake", "5")
    assert refused.exit_code == 2 and "locked" in refused.stderr
    both = higgs("render", "--from", "talk.json", "--unlock", "5", "--retake", "5")
    assert both.exit_code == 0 and len(higgs.synthesizer.chunks_spoken) == 1


def test_the_precision_of_the_takes_is_kept_on_any_device(higgs: CommandLine) -> None:
    job = job_from_manifest(higgs.folder / "talk.json", None, {"device": "cuda"})
    assert (job.choices.model.device, job.choices.model.dtype) == ("cuda", "float32")
    assert job.overridden == ()


def test_the_script_and_a_manifest_are_not_given_together(higgs: CommandLine) -> None:
    done = higgs("render", "talk.txt", "--from", "talk.json")
    assert done.exit_code == 2 and "not both" in done.stderr
