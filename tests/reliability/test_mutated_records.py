"""Every record that may come from a stranger, mutated: one clear line or a take spoken again."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from higgs_cli.checkpoints.defaults import checkpoint_defaults
from higgs_cli.checkpoints.find import find_checkpoint
from higgs_cli.errors import FormatError, HiggsError
from higgs_cli.files.place import LocalPlace
from higgs_cli.output.manifest.named_files import named_files
from higgs_cli.output.own_files import own_digests
from higgs_cli.output.verify import damage_of
from higgs_cli.settings.table import Settings
from higgs_cli.settings.views import choices_of
from higgs_cli.takes.store import TakeStore
from higgs_cli.takes.take import DIGEST_BYTES, MAGIC, from_bytes
from higgs_cli.takes.written_files import WrittenFiles
from tests.fakes import FakeSynthesizer
from tests.helpers import ROOT, CommandLine
from tests.reliability.mutations import CAST, COUNTS, mutated_bytes, mutated_json, outlives

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
    choice = json.loads(path.read_bytes())

    def read(data: bytes) -> None:
        path.write_bytes(data)
        (folder / "store.json").write_bytes(data.replace(b"wanted", b"format"))
        store = TakeStore(folder)
        assert store.choice(path.stem).wanted_attempt >= 0
        list(store.verify())
        store.refuse_foreign()

    outlives(count, lambda chance: mutated_json(choice, chance), read)


@pytest.mark.parametrize("count", COUNTS)
def test_a_mutated_record_of_written_files_is_read_or_counts_as_none(
    higgs: CommandLine, count: int
) -> None:
    """What it does not name is foreign, whatever else stands in it."""
    folder, audio = higgs.folder / "talk.higgs", higgs.folder / "talk.wav"
    (higgs.folder / "talk.json").unlink()
    audio.write_bytes(b"a small file")
    digest = hashlib.sha256(audio.read_bytes()).hexdigest()
    path = next((folder / "outputs").iterdir())
    value = {"sha256": [*json.loads(path.read_bytes())["sha256"], digest]}

    def read(data: bytes) -> None:
        path.write_bytes(data)
        paths = [audio, audio.with_suffix(".srt"), audio.with_suffix(".vtt")]
        noted = TakeStore(folder).written.of(audio)
        assert isinstance(noted, tuple) and all(isinstance(each, str) for each in noted)
        own_digests(audio, named_files(audio), paths, noted)

    refused = outlives(count, lambda chance: mutated_json(value, chance), read)
    assert count / 3 < refused < count
    WrittenFiles(LocalPlace(folder)).note(audio, [digest])
    assert digest in TakeStore(folder).written.of(audio)


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
