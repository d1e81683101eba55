"""`higgs render` as it is typed: exit code, stdout, stderr and files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import soundfile

from tests.fakes import FakeSynthesizer
from tests.helpers import CommandLine

TALK = """\
[SPEAKER0] Good evening, and welcome to the show about small machines.
[SPEAKER1] Thank you. I have brought three of them with me tonight.
[SPEAKER0] Shall we look at the first one, before the light is gone?
[SPEAKER1] It is a clock that has been running for two hundred years.
"""


@pytest.fixture
def higgs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    line = CommandLine(tmp_path, monkeypatch, capsys)
    line.write("talk.txt", TALK)
    return line


def test_a_script_becomes_audio_and_a_manifest(higgs: CommandLine) -> None:
    ran = higgs("render", "talk.txt", "-o", "talk.wav")
    assert ran.exit_code == 0
    assert ran.stdout.split() == ["talk.wav", "talk.json"]
    assert ran.stderr.splitlines()[0] == "fake on cpu, float32, 4 lanes"
    assert "4 chunks, 4 of them spoken now" in ran.stderr
    info = soundfile.info(higgs.folder / "talk.wav")
    assert (info.samplerate, info.channels, info.subtype) == (24000, 1, "PCM_16")
    manifest = json.loads((higgs.folder / "talk.json").read_text())
    assert manifest["summary"] == {"chunks": 4, "passed": 4, "inconclusive": 0, "failed": 0}
    assert manifest["audio"]["loudness_lufs"] == pytest.approx(-19.0, abs=0.2)


def test_the_output_is_named_after_the_script(higgs: CommandLine) -> None:
    assert higgs("render", "talk.txt").stdout.split()[0] == "talk.wav"


def test_a_second_render_speaks_nothing_and_writes_the_same_bytes(higgs: CommandLine) -> None:
    higgs("render", "talk.txt")
    first = {path.name: path.read_bytes() for path in higgs.folder.glob("talk.*") if path.is_file()}
    higgs.synthesizer = FakeSynthesizer()
    ran = higgs("render", "talk.txt")
    assert higgs.synthesizer.chunks_spoken == []
    assert "0 of them spoken now" in ran.stderr
    again = {path.name: path.read_bytes() for path in higgs.folder.glob("talk.*") if path.is_file()}
    assert again == first


def test_an_edited_line_is_all_that_is_spoken(higgs: CommandLine) -> None:
    higgs("render", "talk.txt")
    higgs.write("talk.txt", TALK.replace("a clock that", "an old clock which"))
    higgs.synthesizer = FakeSynthesizer()
    assert higgs("render", "talk.txt").exit_code == 0
    assert len(higgs.synthesizer.chunks_spoken) == 1


def test_flac_and_sample_formats(higgs: CommandLine) -> None:
    higgs("render", "talk.txt", "-o", "a.flac", "--sample-format", "24")
    assert soundfile.info(higgs.folder / "a.flac").subtype == "PCM_24"
    higgs("render", "talk.txt", "-o", "a.wav", "--sample-format", "float")
    assert soundfile.info(higgs.folder / "a.wav").subtype == "FLOAT"


def test_subtitles_lie_beside_the_audio_with_their_speakers(higgs: CommandLine) -> None:
    ran = higgs("render", "talk.txt", "--subtitles", "both")
    assert ran.stdout.split() == ["talk.wav", "talk.srt", "talk.vtt", "talk.json"]
    srt = (higgs.folder / "talk.srt").read_text()
    assert srt.startswith("1\n00:00:00,000 --> ")
    assert "SPEAKER1: Thank you." in srt
    assert "<v SPEAKER0>Good evening" in (higgs.folder / "talk.vtt").read_text()


def test_a_manifest_renders_the_same_audio(higgs: CommandLine) -> None:
    higgs("render", "talk.txt")
    higgs.synthesizer = FakeSynthesizer()
    ran = higgs("render", "--from", "talk.json", "-o", "again.wav")
    assert ran.exit_code == 0 and higgs.synthesizer.chunks_spoken == []
    assert (higgs.folder / "again.wav").read_bytes() == (higgs.folder / "talk.wav").read_bytes()


def test_a_manifest_without_its_takes_is_spoken_again_exactly(higgs: CommandLine) -> None:
    higgs("render", "talk.txt")
    higgs("render", "talk.txt", "--retake", "4")
    whole = (higgs.folder / "talk.wav").read_bytes()
    ran = higgs("render", "--from", "talk.json", "-o", "again.wav", "--store", "empty")
    assert "will be spoken again, exactly" in ran.stderr
    assert (higgs.folder / "again.wav").read_bytes() == whole


def test_what_a_manifest_cannot_make_again_is_listed_before_it_is_spoken(
    higgs: CommandLine,
) -> None:
    """The voice of SPEAKER1 was made of a take of line 2 that was replaced afterwards."""
    higgs("render", "talk.txt")
    higgs("render", "talk.txt", "--retake", "2")
    ran = higgs("render", "--from", "talk.json", "-o", "again.wav", "--store", "empty")
    said = ran.stderr.splitlines()
    lost = "are lost and will be replaced by new ones: line 2, line 4"
    model = next(at for at, line in enumerate(said) if line.startswith("fake on cpu"))
    assert lost in said[model + 2]
    assert "these takes differ from the manifest: line 2, line 4" in ran.stderr


def test_a_manifest_of_another_model_is_refused(higgs: CommandLine) -> None:
    higgs("render", "talk.txt")
    manifest = json.loads((higgs.folder / "talk.json").read_text())
    manifest["model"]["model_fingerprint"] = "other"
    higgs.write("talk.json", json.dumps(manifest))
    assert higgs("render", "--from", "talk.json", "-o", "again.wav").exit_code == 2


def test_a_manifest_does_not_choose_a_folder_outside_its_own(higgs: CommandLine) -> None:
    higgs("render", "talk.txt")
    manifest = json.loads((higgs.folder / "talk.json").read_text())
    (higgs.folder / "inner").mkdir()
    for store in ("../../elsewhere", "/tmp/elsewhere"):
        higgs.write("inner/talk.json", json.dumps({**manifest, "store": store}))
        ran = higgs("render", "--from", "inner/talk.json")
        assert ran.exit_code == 2 and "outside the folder of the manifest" in ran.stderr


def test_a_retake_speaks_its_line_and_is_heard(higgs: CommandLine) -> None:
    higgs("render", "talk.txt")
    before = (higgs.folder / "talk.wav").read_bytes()
    higgs.synthesizer = FakeSynthesizer()
    higgs("render", "talk.txt", "--retake", "2,4")
    assert len(higgs.synthesizer.chunks_spoken) == 2
    assert (higgs.folder / "talk.wav").read_bytes() != before


def test_a_locked_line_is_not_spoken_again(higgs: CommandLine) -> None:
    higgs("render", "talk.txt", "--lock", "2")
    ran = higgs("render", "talk.txt", "--retake", "2")
    assert ran.exit_code == 2 and "#2 on line 2 is locked" in ran.stderr
    assert higgs("render", "talk.txt", "--unlock", "2", "--retake", "2").exit_code == 0


def test_a_failed_chunk_is_silence_a_report_and_exit_code_one(higgs: CommandLine) -> None:
    higgs.synthesizer = FakeSynthesizer(
        mishap=lambda chunk, attempt: "endless" if "three of them" in chunk.text else None
    )
    ran = higgs("render", "talk.txt")
    assert ran.exit_code == 1
    assert "failed: #2  0:00:" in ran.stderr and "line 2: never-ending" in ran.stderr
    assert "silence stands in its place" in ran.stderr and "--retake=#2" in ran.stderr
    chunk = json.loads((higgs.folder / "talk.json").read_text())["chunks"][1]
    samples, rate = soundfile.read(higgs.folder / "talk.wav")
    start, end = chunk["start_seconds"], chunk["end_seconds"]
    assert not samples[round(start * rate) : round(end * rate)].any()
    assert end - start == pytest.approx(chunk["seconds"], abs=0.01)


def test_strict_writes_no_audio_when_a_chunk_failed(higgs: CommandLine) -> None:
    higgs.synthesizer = FakeSynthesizer(
        mishap=lambda chunk, attempt: "endless" if "three of them" in chunk.text else None
    )
    ran = higgs("render", "talk.txt", "--strict")
    assert ran.exit_code == 1
    assert not (higgs.folder / "talk.wav").exists()
    assert json.loads((higgs.folder / "talk.json").read_text())["audio"] is None


def test_json_says_every_event_on_a_line(higgs: CommandLine) -> None:
    ran = higgs("render", "talk.txt", "--json")
    events = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [event["event"] for event in events][:3] == ["stage", "stage", "begin"]
    assert events[-1]["event"] == "finished" and events[-1]["failed"] == 0
    spoken = [event for event in events if event["event"] == "spoken"]
    assert len(spoken) == 4 and spoken[-1]["done"] == 4


def test_quiet_says_nothing_but_the_files(higgs: CommandLine) -> None:
    ran = higgs("render", "talk.txt", "--quiet")
    assert ran.stderr == "" and ran.stdout.split() == ["talk.wav", "talk.json"]


def test_a_script_from_stdin_needs_a_name_for_its_audio(
    higgs: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = higgs("render", "-")
    assert ran.exit_code == 2 and "-o" in ran.stderr


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["nope.txt"], "nope.txt"),
        (["talk.txt", "-o", "talk.mp9"], "'.mp9'"),
        (["talk.txt", "-o", "no/folder.wav"], "no folder no"),
        (["talk.txt", "--retake", "99"], "line 99"),
        (["talk.txt", "--retake", "x"], "'x' is not a place"),
        (["talk.txt", "--cast", "SPEAKER0=nobody", "--cast", "SPEAKER1=smart"], "nobody"),
        (["talk.txt", "--temprature", "1"], "--temprature"),
        (["talk.txt", "--from", "talk.json"], "--from"),
        (["--from", "nope.json"], "no such file"),
        ([], "no script given"),
    ],
)
def test_a_mistake_is_one_clear_message_and_exit_code_two(
    higgs: CommandLine, argv: list[str], said: str
) -> None:
    ran = higgs("render", *argv)
    assert ran.exit_code == 2
    assert said in ran.stderr and "Traceback" not in ran.stderr
    assert not list(higgs.folder.glob("*.wav"))
    assert higgs.synthesizer.chunks_spoken == []


def test_dry_run_shows_the_plan_and_renders_nothing(higgs: CommandLine) -> None:
    ran = higgs("render", "talk.txt", "--dry-run")
    assert ran.exit_code == 0 and not list(higgs.folder.glob("*.wav"))


@pytest.mark.parametrize("damage", ["", "{", '{"format": "other"}', '{"format": "higgs-manifest"}'])
def test_a_damaged_manifest_is_refused_by_name(higgs: CommandLine, damage: str) -> None:
    higgs.write("bad.json", damage)
    ran = higgs("render", "--from", "bad.json")
    assert ran.exit_code == 2 and "bad.json" in ran.stderr


@pytest.mark.parametrize("verb", ["render", "clone"])
def test_help_has_an_example(higgs: CommandLine, verb: str) -> None:
    ran = higgs(verb, "--help")
    assert ran.exit_code == 0 and f"higgs {verb} " in ran.stdout
