"""Voices encoded the way of an earlier release are never taken for those of this one."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from safetensors.numpy import load_file, save_file

from higgs_cli.files.bundled import bundled_folder, package_folder
from higgs_cli.files.fingerprint import file_fingerprint
from higgs_cli.output.manifest.read import read_manifest
from higgs_cli.planning.keys import VOICE_CODES, digest, voice_parts
from higgs_cli.planning.replanning import replanned
from higgs_cli.speech.protocol import CodesForm
from higgs_cli.takes import take as take_file
from higgs_cli.takes.bundled_codes import bundled_codes
from higgs_cli.takes.voice_bank import voice_take
from tests.helpers import CommandLine
from tokenizer import load_codec

OLD = Path(__file__).parents[1] / "assets" / "manifests_v1"
VOICES = bundled_folder("voices")
FIRST_TAKES = {"book": 0, "talk": 0, "banter": 4}
"""How many chunks of each old render hear a recording."""


@pytest.fixture
def higgs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path.parent / "cache"))
    (tmp_path / "talk.txt").write_text("Anna: The tide was coming in, and nobody had seen her.\n")
    return CommandLine(tmp_path, monkeypatch, capsys)


def render(higgs: CommandLine, *more: str) -> None:
    done = higgs("render", "talk.txt", "--cast", "Anna=wren", "-o", "talk.wav", *more)
    assert done.exit_code == 0, done.stderr


def test_a_stored_voice_is_heard_again_but_not_one_of_another_way_of_encoding(
    higgs: CommandLine,
) -> None:
    render(higgs)
    render(higgs, "--seed", "5")
    assert len(higgs.synthesizer.voices_encoded) == 1
    recording = hashlib.sha256((VOICES / "wren.wav").read_bytes()).hexdigest()
    earlier = digest({"recording": recording, "codec": "fake-codec"})
    (stored,) = (higgs.folder / "talk.higgs" / "voices").iterdir()
    codes = take_file.from_bytes(stored.read_bytes(), stored.name).codes
    (stored.parent / f"{earlier}.take").write_bytes(
        take_file.to_bytes(voice_take(earlier, {"text": ""}, codes))
    )
    stored.unlink()
    render(higgs, "--seed", "6")
    assert len(higgs.synthesizer.voices_encoded) == 2


def test_bundled_codes_count_only_for_their_recording_codec_and_way_of_encoding(
    tmp_path: Path,
) -> None:
    made_of = {"recording": "a", "codec": "b", "voice_codes": VOICE_CODES}
    codes = np.ones((8, 5), np.int16)

    def found(**changes: str | None) -> bool:
        metadata = {k: v for k, v in {**made_of, **changes}.items() if v is not None}
        save_file({"codes": codes}, tmp_path / "x.codes.safetensors", metadata=metadata)
        return bundled_codes(tmp_path / "x.wav", "a", "b", CodesForm(8, 1024)) is not None

    assert found()
    assert not any(found(**{name: other}) for name in made_of for other in ("1", None))


@pytest.mark.parametrize("path", sorted(VOICES.glob("*.wav")), ids=lambda path: path.stem)
def test_bundled_codes_are_what_the_bundled_codec_makes_of_the_recording(path: Path) -> None:
    folder = package_folder("tokenizer") / "mini"
    recording = hashlib.sha256(path.read_bytes()).hexdigest()
    codec = load_codec(folder)
    form = CodesForm(codec.codebook_count, codec.codebook_size)
    codes = bundled_codes(path, recording, file_fingerprint(folder / "model.safetensors"), form)
    assert codes is not None
    samples, rate = soundfile.read(path, dtype="float32")
    made = codec.encode(samples, rate).numpy()
    assert made.shape == codes.shape
    # Nearly tied codes may fall otherwise on another processor.
    assert (made != codes).mean() < 0.003
    assert np.array_equal(load_file(path.with_suffix(".codes.safetensors"))["codes"], codes)


@pytest.mark.parametrize("name", FIRST_TAKES)
def test_takes_of_the_first_release_pass_as_ours_unless_they_heard_a_recording(name: str) -> None:
    recipes = [
        chunk["recipe"] for chunk in json.loads((OLD / f"{name}.json").read_text())["chunks"]
    ]
    now = [recipe | voice_parts(recipe["voice"]) for recipe in recipes]
    other = [digest(one) != digest(another) for one, another in zip(recipes, now, strict=True)]
    assert sum(other) == FIRST_TAKES[name]


def test_a_chunk_spoken_again_from_an_old_manifest_says_how_its_voice_is_encoded_now() -> None:
    earlier = read_manifest(OLD / "banter.json")
    before = earlier.planning
    again = replanned(earlier.plan, before, replace(before, seed=before.seed + 1))
    assert {chunk.recipe["voice_codes"] for chunk in again.chunks} == {VOICE_CODES}
    assert replanned(earlier.plan, before, before) == earlier.plan
