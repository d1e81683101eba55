"""The same command again on a finished output masters nothing and writes nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from higgs_cli import pipeline
from higgs_cli.mastering import version
from tests.fakes import FakeSynthesizer
from tests.helpers import CommandLine

SCRIPT = "".join(
    f"[SPEAKER{number % 2}] This is line number {number} of the talk.\n\n" for number in range(6)
)
RENDER = ("render", "book.txt", "--subtitles", "srt")
SAID = "book.wav: finished already, nothing has changed"


@pytest.fixture
def higgs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    line = CommandLine(tmp_path, monkeypatch, capsys)
    line.write("book.txt", SCRIPT)
    ran = line(*RENDER)
    assert ran.exit_code == 0 and SAID not in ran.stderr
    return line


def written(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Content and file, which is another one when it was written again."""
    paths = [folder / f"book{suffix}" for suffix in (".wav", ".srt", ".json")]
    return {path.name: (path.read_bytes(), path.stat().st_ino) for path in paths}


def contents(folder: Path) -> list[bytes]:
    return [data for data, _ in written(folder).values()]


def test_nothing_is_mastered_or_written_again(
    higgs: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, first = written(higgs.folder), higgs(*RENDER, "--json").stdout
    higgs.synthesizer = FakeSynthesizer()
    monkeypatch.setattr(FakeSynthesizer, "decode", None)
    ran = higgs(*RENDER)
    assert ran.exit_code == 0 and SAID in ran.stderr and higgs.synthesizer.chunks_spoken == []
    assert written(higgs.folder) == before
    report = json.loads(first.splitlines()[-1])
    assert report["chunks"] == 6 and report["spoken"] == 0
    assert report["files"] == ["book.wav", "book.srt", "book.json"]
    assert report["duration_seconds"] > 5


def test_the_manifest_makes_nothing_again_either(higgs: CommandLine) -> None:
    before = written(higgs.folder)
    ran = higgs("render", "--from", "book.json")
    assert ran.exit_code == 0 and SAID in ran.stderr and written(higgs.folder) == before


def audio_edited(folder: Path) -> None:
    data = bytearray((folder / "book.wav").read_bytes())
    data[1000] ^= 1
    (folder / "book.wav").write_bytes(data)


def field_changed(*names: str | int) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        manifest = json.loads((folder / "book.json").read_text())
        at = manifest
        for name in names[:-1]:
            at = at[name]
        at[names[-1]] = at[names[-1]] + 1 if not isinstance(at[names[-1]], str) else "x"
        (folder / "book.json").write_text(json.dumps(manifest, ensure_ascii=False, indent=1) + "\n")

    return change


def version_lost(folder: Path) -> None:
    manifest = json.loads((folder / "book.json").read_text())
    del manifest["mastering_version"]
    (folder / "book.json").write_text(json.dumps(manifest, ensure_ascii=False, indent=1) + "\n")


CHANGES: dict[str, Callable[[Path], None]] = {
    "audio edited": audio_edited,
    "audio gone": lambda folder: (folder / "book.wav").unlink(),
    "subtitles edited": lambda folder: (folder / "book.srt").write_text("1\n"),
    "subtitles gone": lambda folder: (folder / "book.srt").unlink(),
    "manifest gone": lambda folder: (folder / "book.json").unlink(),
    "manifest of before": version_lost,
    "another way of mastering": field_changed("mastering_version"),
    "another pause": field_changed("chunks", 1, "pause", "seconds"),
    "other codes": field_changed("chunks", 1, "take", "codes_sha256"),
    "another place": field_changed("chunks", 1, "line_number"),
    "another release": field_changed("made_by"),
    "another model": field_changed("model", "name"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_is_not_as_it_was_is_made_again(higgs: CommandLine, change: str) -> None:
    good = contents(higgs.folder)
    CHANGES[change](higgs.folder)
    ran = higgs(*RENDER, "--overwrite")
    assert ran.exit_code == 0 and SAID not in ran.stderr, ran.stderr
    assert contents(higgs.folder) == good
    assert SAID in higgs(*RENDER).stderr


@pytest.mark.parametrize(
    "options",
    [
        ("--loudness", "-20"),
        ("--true-peak", "-3"),
        ("--pause-turn", "1"),
        ("--sample-format", "pcm24"),
        ("--subtitles", "both"),
        ("--retake", "3"),
        ("--seed", "3"),
    ],
)
def test_another_setting_is_heard(higgs: CommandLine, options: tuple[str, ...]) -> None:
    before = contents(higgs.folder)
    ran = higgs(*RENDER, *options)
    assert ran.exit_code == 0 and SAID not in ran.stderr
    assert contents(higgs.folder) != before


def test_another_way_of_mastering_is_used(
    higgs: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(version, "MASTERING_VERSION", version.MASTERING_VERSION + 1)
    assert SAID not in higgs(*RENDER).stderr
    assert SAID in higgs(*RENDER).stderr


def test_a_damaged_take_is_spoken_again_before_anything_is_finished(higgs: CommandLine) -> None:
    good = contents(higgs.folder)
    path = next((higgs.folder / "book.higgs" / "takes").rglob("*.take"))
    path.write_bytes(path.read_bytes()[:-1])
    higgs.synthesizer = FakeSynthesizer()
    ran = higgs(*RENDER)
    assert ran.exit_code == 0 and len(higgs.synthesizer.chunks_spoken) == 1
    assert contents(higgs.folder) == good


def test_what_failed_is_still_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    higgs = CommandLine(tmp_path, monkeypatch, capsys)
    higgs.write("book.txt", SCRIPT)
    higgs.synthesizer = FakeSynthesizer(
        mishap=lambda chunk, attempt: "clipping" if "number three" in chunk.text else None
    )
    assert higgs(*RENDER).exit_code == 1
    ran = higgs(*RENDER)
    assert ran.exit_code == 1 and SAID in ran.stderr and "full scale" in ran.stderr


def test_no_model_is_opened_for_what_is_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the real mini; a book that is not finished opens it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    opened = pipeline.open_higgs
    higgs = CommandLine(tmp_path, monkeypatch, capsys)
    monkeypatch.setattr(pipeline, "open_higgs", opened)
    higgs.write("book.txt", "Good evening to you all.\n")
    ran = ("render", "book.txt", "--model", "mini", "--device", "cpu")
    assert higgs(*ran).exit_code == 0
    before = written_without_subtitles(higgs.folder)
    monkeypatch.setattr(pipeline, "open_higgs", None)
    again = higgs(*ran)
    assert again.exit_code == 0 and SAID in again.stderr
    assert written_without_subtitles(higgs.folder) == before


def written_without_subtitles(folder: Path) -> list[bytes]:
    return [(folder / f"book{suffix}").read_bytes() for suffix in (".wav", ".json")]


def test_what_a_manifest_says_of_codes_throws_no_take_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the real mini: only a model that is here is asked whether a manifest is true."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    opened = pipeline.open_higgs
    higgs = CommandLine(tmp_path, monkeypatch, capsys)
    monkeypatch.setattr(pipeline, "open_higgs", opened)
    higgs.write("book.txt", "Good evening to you all.\n")
    ran = ("render", "book.txt", "--model", "mini", "--device", "cpu")
    assert higgs(*ran).exit_code == 0
    path, store = higgs.folder / "book.json", higgs.folder / "book.higgs"
    takes = sorted(store.rglob("*.take*"))
    manifest = json.loads(path.read_text())
    manifest["model"]["codebook_size"] = 2
    path.write_text(json.dumps(manifest))
    again = higgs(*ran)
    assert again.exit_code == 0 and "damaged" not in again.stderr, again.stderr
    assert "1 of them spoken now" not in again.stderr
    assert sorted(store.rglob("*.take*")) == takes
