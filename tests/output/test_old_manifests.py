"""Manifests of earlier releases are read, and give the bytes that they name."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from higgs_cli.output.manifest.read import read_manifest
from higgs_cli.planning.keys import digest
from tests.helpers import ROOT, CommandLine

ASSETS = Path(__file__).parents[1] / "assets" / "manifests_v1"
NAMES = ("book", "talk", "banter")


@pytest.fixture
def higgs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    shutil.copytree(ASSETS, tmp_path / "old")
    return CommandLine(tmp_path / "old", monkeypatch, capsys)


def manifest(name: str) -> Any:
    return json.loads((ASSETS / f"{name}.json").read_text())


@pytest.mark.parametrize("name", ["book", "banter"])
def test_a_manifest_of_the_first_release_gives_the_same_bytes(
    higgs: CommandLine, name: str
) -> None:
    done = higgs("render", "--from", f"{name}.json")
    assert done.exit_code == 0, done.stderr
    audio = manifest(name)["audio"]
    written = (higgs.folder / audio["path"]).read_bytes()
    assert hashlib.sha256(written).hexdigest() == audio["sha256"]
    assert higgs.synthesizer.chunks_spoken == []


def test_at_24_bits_it_gives_the_same_takes_at_the_same_loudness(higgs: CommandLine) -> None:
    """Loudness is summed otherwise since: the gain may differ by 1e-9, and so the last bit."""
    assert higgs("render", "--from", "talk.json").exit_code == 0
    before, after = manifest("talk"), json.loads((higgs.folder / "talk.json").read_text())
    for key in ("sample_count", "sample_format", "loudness_lufs"):
        assert after["audio"][key] == before["audio"][key]
    codes_after, codes_before = (
        [chunk["take"]["codes_sha256"] for chunk in each["chunks"]] for each in (after, before)
    )
    assert codes_after == codes_before
    gains = [round(chapter["gain_db"], 3) for chapter in after["chapters"]]
    assert set(gains) == {before["audio"]["gain_db"]}


def test_subtitles_of_the_first_release_are_written_anew_with_the_same_words(
    higgs: CommandLine,
) -> None:
    before = (higgs.folder / "book.srt").read_text()
    assert higgs("render", "--from", "book.json").exit_code == 0
    after = (higgs.folder / "book.srt").read_text()
    assert words_of(after) == words_of(before)


def words_of(srt: str) -> list[str]:
    """All words that are shown, without numbers and times."""
    text = re.sub(r"^(\d+|[\d:,]+ --> [\d:,]+)$", "", srt, flags=re.MULTILINE)
    return re.findall(r"\w+", text)


@pytest.mark.parametrize("name", NAMES)
def test_what_was_made_again_is_described_in_the_present_version(
    higgs: CommandLine, name: str
) -> None:
    assert higgs("render", "--from", f"{name}.json", "-o", "again.wav").exit_code == 0
    again = read_manifest(higgs.folder / "again.json")
    assert again.version == 2
    assert again.planning == read_manifest(ASSETS / f"{name}.json").planning


def test_a_render_whose_step_has_changed_since_says_so(higgs: CommandLine) -> None:
    """The first release levelled a book as a whole; a book of one chapter is no other."""
    assert "as in version 1" in higgs("render", "--from", "book.json").stderr
    assert "as in version 1" not in higgs("render", "--from", "talk.json").stderr


def test_a_manifest_of_a_later_version_is_refused_by_name(higgs: CommandLine) -> None:
    value = manifest("talk") | {"version": 3}
    (higgs.folder / "talk.json").write_text(json.dumps(value))
    done = higgs("render", "--from", "talk.json")
    assert done.exit_code == 2 and "newer higgs" in done.stderr


def test_a_book_made_again_twice_is_still_levelled_as_it_was(higgs: CommandLine) -> None:
    for _ in range(2):
        assert higgs("render", "--from", "book.json").exit_code == 0
    written = (higgs.folder / "book.wav").read_bytes()
    assert hashlib.sha256(written).hexdigest() == manifest("book")["audio"]["sha256"]


def chunks_of(higgs: CommandLine, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((higgs.folder / name).read_bytes())["chunks"]
    return found


def test_a_line_spoken_again_has_the_key_of_the_voice_that_it_hears_now(
    higgs: CommandLine,
) -> None:
    """The codes of a recording are others than in the first release, and so is what is spoken."""
    shutil.copytree(ROOT / "voices", higgs.folder / "voices")
    before = chunks_of(higgs, "banter.json")
    done = higgs("render", "--from", "banter.json", "--retake", "3", "-o", "new.wav")
    assert done.exit_code == 0, done.stderr
    assert "lost" not in done.stderr and "missing" not in done.stderr
    assert all(text.endswith(before[3]["text"]) for text in higgs.synthesizer.chunks_spoken)
    after = chunks_of(higgs, "new.json")
    assert [chunk["take"] for chunk in after[:3]] == [chunk["take"] for chunk in before[:3]]
    assert after[3]["recipe"] == {**before[3]["recipe"], "voice_codes": "2"}
    assert after[3]["take"]["key"] != before[3]["take"]["key"]
    assert after[3]["key"] == digest(after[3]["recipe"])
    higgs.synthesizer.chunks_spoken.clear()
    assert higgs("render", "--from", "new.json", "-o", "newer.wav").exit_code == 0
    assert higgs.synthesizer.chunks_spoken == []
    assert (higgs.folder / "new.wav").read_bytes() == (higgs.folder / "newer.wav").read_bytes()


def test_a_lost_take_of_the_first_release_is_told_and_replaced_by_one_of_its_own_key(
    higgs: CommandLine,
) -> None:
    shutil.copytree(ROOT / "voices", higgs.folder / "voices")
    old = chunks_of(higgs, "banter.json")[0]
    for take in (higgs.folder / "banter.higgs/takes").rglob(f"{old['take']['key']}*"):
        take.unlink()
    done = higgs("render", "--from", "banter.json", "-o", "new.wav")
    assert done.exit_code == 0
    assert "these takes are lost and will be replaced by new ones: line 1" in done.stderr
    new = chunks_of(higgs, "new.json")[0]
    assert new["recipe"]["voice_codes"] == "2" and new["take"]["key"] != old["take"]["key"]


def test_a_locked_line_of_the_first_release_is_not_spoken_again(higgs: CommandLine) -> None:
    assert higgs("render", "--from", "banter.json", "--lock", "3", "-o", "new.wav").exit_code == 0
    done = higgs("render", "--from", "banter.json", "--retake", "3", "--store", "banter.higgs")
    assert done.exit_code == 2 and "line 3 is locked" in done.stderr
    assert higgs.synthesizer.chunks_spoken == []
