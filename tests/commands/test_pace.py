"""The pace of a speaker is heard, and nothing is spoken again for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.fakes import FakeSynthesizer
from tests.helpers import CommandLine

TALK = """\
ANN: Good evening, and welcome to the show about small machines.
BEN: Thank you. I have brought three of them with me tonight.
ANN: Shall we look at the first one, before the light is gone?
"""
BOTH = "cast: {{ANN: {{voice: wren{}}}, BEN: tobias}}\n"


@pytest.fixture
def higgs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    line = CommandLine(tmp_path, monkeypatch, capsys)
    line.write("talk.txt", TALK)
    line.write("cast.yaml", BOTH.format(""))
    return line


def planned(higgs: CommandLine, *argv: str) -> Any:
    return json.loads(higgs("plan", "talk.txt", *argv, "--json").stdout)


def rendered(higgs: CommandLine, *argv: str) -> tuple[list[float], Any]:
    """How long each chunk is heard, and the manifest."""
    ran = higgs("render", *argv, "--subtitles", "srt", "-o", "talk.wav")
    assert ran.exit_code == 0, ran.stderr
    manifest = json.loads((higgs.folder / "talk.json").read_text())
    return [each["end_seconds"] - each["start_seconds"] for each in manifest["chunks"]], manifest


def test_takes_are_heard_faster_and_not_spoken_again(higgs: CommandLine) -> None:
    before, first = rendered(higgs, "talk.txt", "--cast", "cast.yaml")
    assert all("pace" not in member for member in first["cast"])
    subtitles = (higgs.folder / "talk.srt").read_text()
    higgs.write("cast.yaml", BOTH.format(", pace: 1.25"))
    higgs.synthesizer = FakeSynthesizer()
    after, second = rendered(higgs, "talk.txt", "--cast", "cast.yaml")
    assert higgs.synthesizer.chunks_spoken == []
    # The margins of silence that a take keeps at its ends are as long as they were.
    speech = [each - 0.18 for each in before]
    assert [each - 0.18 for each in after] == pytest.approx(
        [speech[0] / 1.25, speech[1], speech[2] / 1.25], abs=0.05
    )
    assert [each["take"] for each in second["chunks"]] == [each["take"] for each in first["chunks"]]
    assert (higgs.folder / "talk.srt").read_text() != subtitles


def test_a_manifest_keeps_the_pace(higgs: CommandLine) -> None:
    higgs.write("cast.yaml", BOTH.format(", pace: 0.8"))
    before, _ = rendered(higgs, "talk.txt", "--cast", "cast.yaml")
    after, again = rendered(higgs, "--from", "talk.json", "--loudness", "-23")
    assert after == pytest.approx(before)
    assert [member.get("pace") for member in again["cast"]] == [0.8, None]
    higgs.synthesizer = FakeSynthesizer()
    assert "nothing has changed" in higgs("render", "--from", "talk.json", "-o", "talk.wav").stderr


def test_the_plan_lasts_as_long_as_will_be_heard(higgs: CommandLine) -> None:
    before = planned(higgs, "--cast", "cast.yaml")
    higgs.write("cast.yaml", BOTH.format(", pace: 2"))
    after = planned(higgs, "--cast", "cast.yaml")
    ann, ben = before["cast"]
    assert [each["seconds"] for each in after["cast"]] == pytest.approx(
        [ann["seconds"] / 2, ben["seconds"]], abs=0.01
    )
    assert [each.get("pace") for each in after["cast"]] == [2, None]
    assert "(pace 2)" in higgs("plan", "talk.txt", "--cast", "cast.yaml").stdout
    saved = before["totals"]["audio_seconds"] - after["totals"]["audio_seconds"]
    assert saved == pytest.approx(ann["seconds"] / 2, abs=0.02)
    assert after["totals"]["frames"] == before["totals"]["frames"]
    assert [each["key"] for each in after["chunks"]] == [each["key"] for each in before["chunks"]]
    assert after["chapters"][0]["seconds"] == after["totals"]["audio_seconds"]


def test_the_sheet_counts_before_the_header_and_the_header_before_the_voice(
    higgs: CommandLine,
) -> None:
    seconds = {}
    profile = "profiles: {slow: {description: A calm voice, pace: 0.5}}\n"
    higgs.write("voices.yaml", profile)
    for name, entry in (("voice", ""), ("header", ", pace: 2, pause_scale: 2")):
        header = f"---\ncast:\n  ANN: {{voice: slow{entry}}}\n  BEN: tobias\n---\n"
        higgs.write("talk.txt", header + TALK)
        seconds[name] = planned(higgs, "--voices", "voices.yaml")["chunks"][2]
    higgs.write("cast.yaml", BOTH.format(", pace: 1").replace("wren", "slow"))
    both = ("--voices", "voices.yaml", "--cast", "cast.yaml")
    seconds["sheet"] = planned(higgs, *both)["chunks"][2]
    said = seconds["sheet"]["seconds"]
    assert seconds["voice"]["seconds"] == pytest.approx(2 * said, abs=0.02)
    assert seconds["header"]["seconds"] == pytest.approx(said / 2, abs=0.02)
    assert seconds["header"]["pause"]["seconds"] == seconds["sheet"]["pause"]["seconds"]


def test_a_header_may_set_the_pace_of_who_has_no_voice_of_its_own(higgs: CommandLine) -> None:
    seconds = []
    for entry in ("", "{pace: 2}"):
        higgs.write("talk.txt", f"---\ncast: {{ANN: {entry}, BEN: }}\n---\n" + TALK)
        seconds.append(planned(higgs)["chunks"][0]["seconds"])
    assert seconds[1] == pytest.approx(seconds[0] / 2, abs=0.01)


@pytest.mark.parametrize("pace", ["0.4", "2.5", "fast", "-1"])
def test_a_pace_that_nobody_could_hear_is_refused(higgs: CommandLine, pace: str) -> None:
    higgs.write("cast.yaml", BOTH.format(f", pace: {pace}"))
    ran = higgs("plan", "talk.txt", "--cast", "cast.yaml")
    assert ran.exit_code == 2
    assert "pace must be" in ran.stderr or "between 0.5 and 2" in ran.stderr


def test_a_sheet_that_is_made_again_keeps_the_pace(higgs: CommandLine) -> None:
    higgs.write("cast.yaml", BOTH.format(", pace: 0.9"))
    assert higgs("cast", "talk.txt", "-o", "cast.yaml").exit_code == 0
    assert "    pace: 0.9\n" in (higgs.folder / "cast.yaml").read_text()
