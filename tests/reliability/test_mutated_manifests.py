"""Manifests that may come from a stranger, mutated: planned from, rendered, or one clear line."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
from pathlib import Path

import pytest

from higgs_cli.jobs.book import planned
from higgs_cli.jobs.repeated_job import job_from_manifest
from higgs_cli.output.manifest.named_files import named_files
from higgs_cli.output.own_files import own_digests
from higgs_cli.output.verify import damage_of
from tests.helpers import ROOT, CommandLine
from tests.reliability.mutations import COUNTS, mutated_json, mutated_value, outlives


def files_of(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.mark.parametrize("count", COUNTS)
def test_a_mutated_manifest_is_refused_or_planned(higgs: CommandLine, count: int) -> None:
    path = higgs.folder / "talk.json"
    value = json.loads(path.read_bytes())

    def read(data: bytes) -> None:
        path.write_bytes(data)
        planned(job_from_manifest(path, None, {"pause_turn": 3.0, "run_chunks": 1}))

    refused = outlives(count, lambda chance: mutated_json(value, chance), read)
    assert refused > count / 3


@pytest.mark.parametrize("part", ["settings", "model", "cast", "chunks", "audio", "subtitles"])
@pytest.mark.parametrize("count", COUNTS)
def test_a_mutated_part_of_a_manifest_is_refused_or_planned_from_and_verified(
    higgs: CommandLine, part: str, count: int
) -> None:
    """Each by itself: in a whole manifest most mutations fall on the chunks."""
    path, audio = higgs.folder / "talk.json", higgs.folder / "talk.wav"
    audio.write_bytes(b"a small file")
    value = json.loads(path.read_bytes())
    value["audio"]["sha256"] = hashlib.sha256(audio.read_bytes()).hexdigest()

    def read(data: bytes) -> None:
        path.write_bytes(data)
        planned(job_from_manifest(path, None, {"pause_turn": 3.0}))
        damage_of(audio)
        paths = [audio, audio.with_suffix(".srt"), audio.with_suffix(".vtt")]
        own_digests(audio, named_files(audio), paths, ())

    def mutated(chance: random.Random) -> bytes:
        return json.dumps(value | {part: mutated_value(value[part], chance)}).encode()

    assert outlives(count, mutated, read) > count / 8


@pytest.mark.parametrize(
    "count", [25, pytest.param(1000, marks=[pytest.mark.slow, pytest.mark.timeout(3600)])]
)
def test_a_mutated_manifest_is_rendered_or_refused_in_one_line(
    higgs: CommandLine, tmp_path: Path, count: int
) -> None:
    """All the way: what is planned is mastered and written, and only beside the manifest."""
    path = higgs.folder / "talk.json"
    value, chance = json.loads(path.read_bytes()), random.Random(7)
    outside = files_of(tmp_path) - {f"talk/{name}" for name in files_of(higgs.folder)}
    for number in range(count):
        path.write_bytes(json.dumps(mutated_value(value, chance)).encode())
        ran = higgs("render", "--from", "talk.json", "-o", "again.wav")
        errors = [line for line in ran.stderr.splitlines() if line.startswith("error")]
        assert (ran.exit_code, len(errors)) in ((0, 0), (2, 1), (1, 0)), (number, ran)
        assert higgs("verify", "talk.wav").exit_code in (0, 1, 2)
        shutil.rmtree(higgs.folder / "again.higgs", ignore_errors=True)
    now = files_of(tmp_path) - {f"talk/{name}" for name in files_of(higgs.folder)}
    assert {name for name in now - outside if not name.startswith("cache")} == set()


def test_verify_names_a_manifest_that_is_damaged(higgs: CommandLine) -> None:
    path = higgs.folder / "talk.json"
    path.write_bytes(path.read_bytes()[:-40])
    ran = higgs("verify", "talk.wav")
    assert ran.exit_code == 1 and ran.stdout.split() == ["talk.json"]


@pytest.mark.parametrize("command", [["verify", "talk.wav"], ["render", "--from", "talk.json"]])
def test_a_manifest_leads_to_no_store_outside_unless_it_is_named(
    higgs: CommandLine, tmp_path: Path, command: list[str]
) -> None:
    path = higgs.folder / "talk.json"
    (higgs.folder / "talk.higgs").rename(tmp_path / "elsewhere")
    value = json.loads(path.read_bytes()) | {"store": "../elsewhere"}
    path.write_text(json.dumps(value))
    ran = higgs(*command)
    assert ran.exit_code == 2 and "outside the folder of the manifest" in ran.stderr
    assert higgs(*command, "--store", str(tmp_path / "elsewhere")).exit_code == 0


def test_a_recording_is_heard_only_if_it_is_the_one_that_was_planned_with(
    higgs: CommandLine, tmp_path: Path
) -> None:
    """A stranger's manifest names any file, but does not know the hash of a private one."""
    private = tmp_path / "private.wav"
    shutil.copy(ROOT / "voices" / "tobias.wav", private)
    path = higgs.folder / "talk.json"
    value = json.loads(path.read_bytes())
    member = next(each for each in value["cast"] if each["reference"])
    member["reference"]["audio"] = str(private)
    path.write_text(json.dumps(value))
    shutil.rmtree(higgs.folder / "talk.higgs")
    ran = higgs("render", "--from", "talk.json")
    assert ran.exit_code == 2 and "is not the recording that was planned with" in ran.stderr
    assert higgs.synthesizer.voices_encoded == []


def test_what_decides_a_sound_is_named_by_every_chunk(higgs: CommandLine) -> None:
    path = higgs.folder / "talk.json"
    value = json.loads(path.read_bytes())
    for part in ("text", "voice"):
        recipe = {name: each for name, each in value["chunks"][0]["recipe"].items() if name != part}
        chunks = [value["chunks"][0] | {"recipe": recipe}, *value["chunks"][1:]]
        path.write_text(json.dumps(value | {"chunks": chunks}))
        ran = higgs("render", "--from", "talk.json", "-o", "again.wav", "--loudness", "-30")
        assert ran.exit_code == 2 and f"its recipe has no {part}" in ran.stderr


def test_a_voice_is_generated_only_for_who_needs_one(higgs: CommandLine) -> None:
    path = higgs.folder / "talk.json"
    value = json.loads(path.read_bytes())
    member = next(each for each in value["cast"] if each["reference"])
    member["generated_from"] = f"{'0' * 64}.0"
    path.write_text(json.dumps(value))
    ran = higgs("render", "--from", "talk.json", "-o", "again.wav")
    assert ran.exit_code == 2 and "for somebody who needs none" in ran.stderr
