"""Every record that may come from a stranger, mutated: one clear line or a take spoken again."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from higgs_cli import pipeline
from higgs_cli.checkpoints.defaults import checkpoint_defaults
from higgs_cli.checkpoints.find import find_checkpoint
from higgs_cli.errors import FormatError, HiggsError
from higgs_cli.jobs.repeated_job import job_from_manifest
from higgs_cli.output.verify import damage_of
from higgs_cli.pipeline import planned
from higgs_cli.settings.table import Settings
from higgs_cli.settings.views import choices_of
from higgs_cli.takes.store import TakeStore
from higgs_cli.takes.take import DIGEST_BYTES, MAGIC, from_bytes
from tests.fakes import FakeSynthesizer
from tests.helpers import ROOT, CommandLine
from tests.reliability.mutations import mutated_bytes, mutated_json, mutated_value, outlives

FAST, SLOW = 300, 10_000
COUNTS = [FAST, pytest.param(SLOW, marks=[pytest.mark.slow, pytest.mark.timeout(3600)])]
CAST = ("--cast", "SPEAKER1=marigold", "--cast", "SPEAKER0=smart")
SCRIPT = """# One

[SPEAKER0] The first line of it is here. [pause 2] And this is more of the very same.
[SPEAKER1] The second line comes from another one.

# Two

[SPEAKER0] The last words are said in a chapter of their own.
"""


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One render with a recording, a generated voice, a choice and subtitles."""
    folder = tmp_path_factory.mktemp("rendered")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        patch.setattr(pipeline, "open_higgs", lambda choice: FakeSynthesizer())
        patch.chdir(folder)
        (folder / "talk.txt").write_text(SCRIPT)
        from higgs_cli.app import main

        ways = ["render", "talk.txt", *CAST, "--subtitles", "both"]
        assert main([*ways, "--retake", "3"]) == 0
    yield folder


@pytest.fixture
def higgs(
    rendered: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> CommandLine:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    shutil.copytree(rendered, tmp_path / "talk")
    return CommandLine(tmp_path / "talk", monkeypatch, capsys)


def files_of(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


# -- the manifest ----------------------------------------------------------------------------


@pytest.mark.parametrize("count", COUNTS)
def test_a_mutated_manifest_is_refused_or_planned(higgs: CommandLine, count: int) -> None:
    path = higgs.folder / "talk.json"
    value = json.loads(path.read_bytes())

    def read(data: bytes) -> None:
        path.write_bytes(data)
        planned(job_from_manifest(path, None, {"pause_turn": 3.0, "run_chunks": 1}))

    refused = outlives(count, lambda chance: mutated_json(value, chance), read)
    assert refused > count / 3


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


# -- the store -------------------------------------------------------------------------------


def forged(header: bytes, payload: bytes) -> bytes:
    """With a right checksum: whoever forges a take can make one."""
    content = MAGIC + header + b"\n" + payload
    return content + hashlib.sha256(content).digest()


def parts_of(data: bytes) -> tuple[Any, bytes]:
    line, _, payload = data[len(MAGIC) : -DIGEST_BYTES].partition(b"\n")
    return json.loads(line), payload


@pytest.mark.parametrize("count", COUNTS)
def test_a_forged_take_is_read_or_named_as_damaged(higgs: CommandLine, count: int) -> None:
    take = sorted(higgs.folder.rglob("takes/*/*.take"))[0]
    header, payload = parts_of(take.read_bytes())

    def mutated(chance: random.Random) -> bytes:
        packed = payload if chance.randrange(3) else mutated_bytes(payload, chance)
        return forged(mutated_json(header, chance).replace(b"\n", b" "), packed)

    assert outlives(count, mutated, lambda data: from_bytes(data, take.name)) > count / 2


@pytest.mark.parametrize("count", COUNTS)
def test_a_store_with_a_forged_take_is_verified_and_read(higgs: CommandLine, count: int) -> None:
    """Whatever stands in it: nothing but a damaged name comes of it."""
    take = sorted(higgs.folder.rglob("takes/*/*.take"))[0]
    voice = sorted(higgs.folder.rglob("voices/*.take"))[0]
    whole = {path: path.read_bytes() for path in (take, voice)}
    form = FakeSynthesizer().description.codes_form

    def read(data: bytes) -> None:
        for path in whole:
            path.write_bytes(data)
        store = TakeStore(higgs.folder / "talk.higgs")
        store.expect(form)
        key, _, attempt = take.stem.rpartition(".")
        is_whole = store.take(key, int(attempt)) is not None
        assert is_whole or take.name in store.damaged
        store.voice(voice.stem)

    def mutated(chance: random.Random) -> bytes:
        header, payload = parts_of(whole[chance.choice([take, voice])])
        return forged(mutated_json(header, chance).replace(b"\n", b" "), payload)

    assert outlives(count, mutated, read) == 0


@pytest.mark.parametrize("count", COUNTS)
def test_mutated_choices_and_markers_are_read_or_count_as_none(
    higgs: CommandLine, count: int
) -> None:
    folder = higgs.folder / "talk.higgs"
    path = next(folder.rglob("choices/*/*.json"))
    noted = next((folder / "outputs").iterdir())
    choice = json.loads(path.read_bytes())

    def read(data: bytes) -> None:
        path.write_bytes(data)
        (folder / "store.json").write_bytes(data.replace(b"wanted", b"format"))
        noted.write_bytes(data.replace(b'"chosen"', b'"sha256"'))
        store = TakeStore(folder)
        assert isinstance(store.written.of(higgs.folder / "talk.wav"), tuple)
        assert store.choice(path.stem).wanted_attempt >= 0
        list(store.verify())
        store.refuse_foreign()

    outlives(count, lambda chance: mutated_json(choice, chance), read)


def set_codes(take: Path, change: Callable[[Any], Any]) -> None:
    import zlib

    import numpy as np

    header, payload = parts_of(take.read_bytes())
    codes = np.frombuffer(zlib.decompress(payload), "<i2").copy()
    take.write_bytes(
        forged(json.dumps(header).encode(), zlib.compress(change(codes).astype("<i2").tobytes()))
    )


@pytest.mark.parametrize("code", [-1, 1024, 30_000])
def test_codes_that_the_model_does_not_have_are_damage_and_spoken_again(
    higgs: CommandLine, code: int
) -> None:
    before = (higgs.folder / "talk.wav").read_bytes()
    take = next(
        path for path in sorted(higgs.folder.rglob("takes/*/*.take")) if path.stem.endswith(".0")
    )

    def change(codes: Any) -> Any:
        codes[5] = code
        return codes

    set_codes(take, change)
    assert higgs("verify", "talk.wav").stdout.split() == [take.name]
    ran = higgs("render", "talk.txt", *CAST, "--subtitles", "both")
    assert ran.exit_code == 0 and take.name in ran.stderr
    assert len(higgs.synthesizer.chunks_spoken) == 1
    assert (higgs.folder / "talk.wav").read_bytes() == before


def test_a_take_that_would_unpack_without_end_is_not_unpacked(higgs: CommandLine) -> None:
    import tracemalloc
    import zlib

    take = sorted(higgs.folder.rglob("takes/*/*.take"))[0]
    header, _ = parts_of(take.read_bytes())
    packing = zlib.compressobj(9)
    bomb = b"".join(packing.compress(bytes(1 << 20)) for _ in range(256)) + packing.flush()
    data = forged(json.dumps(header).encode(), bomb)
    tracemalloc.start()
    with pytest.raises(FormatError, match="its codes do not fit its record"):
        from_bytes(data, take.name)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 8 << 20


def test_a_generated_voice_without_its_words_is_made_again(higgs: CommandLine) -> None:
    for voice in higgs.folder.rglob("voices/*.take"):
        header, payload = parts_of(voice.read_bytes())
        voice.write_bytes(forged(json.dumps(header | {"recipe": {}}).encode(), payload))
    ran = higgs("render", "talk.txt", *CAST, "--subtitles", "both")
    assert ran.exit_code == 0, ran.stderr


# -- checkpoints -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["generation_config.json", "text_frontend.json"])
@pytest.mark.parametrize("count", COUNTS)
def test_a_mutated_file_of_a_model_folder_is_one_clear_line(
    tmp_path: Path, name: str, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "small"
    (folder / "codec").mkdir(parents=True)
    for file in ("config.json", "tokenizer.json", name):
        shutil.copy(ROOT / "model" / "mini" / file, folder / file)
    (folder / "codec" / "model.safetensors").write_bytes(b"x")
    choice = choices_of(Settings(model=str(folder))).model
    value = json.loads((folder / name).read_bytes())

    def read(data: bytes) -> None:
        (folder / name).write_bytes(data)
        checkpoint_defaults(choice)
        find_checkpoint(choice).model_fingerprint()

    assert outlives(count, lambda chance: mutated_json(value, chance), read) > count / 8


# -- what is no plain file -------------------------------------------------------------------


MODELS = ("--model", str(ROOT / "model/mini"), "--codec", str(ROOT / "tokenizer/mini"))
NAMED = {
    "script": ["plan", "IT"],
    "from": ["render", "--from", "IT"],
    "settings": ["plan", "talk.txt", "--settings", "IT"],
    "lexicon": ["plan", "talk.txt", "--lexicon", "IT"],
    "voices": ["plan", "talk.txt", "--voices", "IT"],
    "scene": ["plan", "talk.txt", "--scene", "IT"],
    "recording": ["clone", "IT", "Say this."],
    "lines": ["clone", str(ROOT / "voices" / "tobias.wav"), "--lines", "IT"],
    "codes": ["codec", "info", "IT"],
    "verify": ["verify", "IT"],
    "samples": ["train", "samples", "IT", "-o", "made", *MODELS],
    "sentences": ["eval", "--sentences", "IT"],
}


@pytest.mark.parametrize("kind", ["pipe", "device"])
@pytest.mark.parametrize("what", NAMED)
def test_pipes_and_devices_are_refused_and_not_waited_for(
    higgs: CommandLine, what: str, kind: str
) -> None:
    path = higgs.folder / "it.json"
    if kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero")
    ran = higgs(*(str(path) if word == "IT" else word for word in NAMED[what]))
    assert ran.exit_code == 2, ran
    assert "Traceback" not in ran.stderr and "it.json" in ran.stderr


def test_a_script_that_a_shell_hands_over_is_read(higgs: CommandLine) -> None:
    reader, writer = os.pipe()
    os.write(writer, b"It is said aloud.\n")
    os.close(writer)
    assert higgs("plan", f"/dev/fd/{reader}").exit_code == 0
    os.close(reader)


def test_damage_of_a_pipe_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.wav")
    with pytest.raises(HiggsError, match="is not a file"):
        damage_of(tmp_path / "a.wav")
