"""A command that names `s3://…` reads there and writes there, from whatever machine."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from higgs_cli.app import main
from higgs_cli.files.mirror import Mirror
from higgs_cli.files.object_address import object_address
from higgs_cli.terminal import console
from tests.files.object_stores import BUCKET, KEYS, name_server, s3_server

obstore = pytest.importorskip("obstore", reason="obstore is not installed")

SCRIPT = "Elena: Who is there?\nHale: Nobody. Nobody at all.\n"
CAST = ["--cast", "Elena=juniper", "--cast", "Hale=grimsby"]
NIGHT = f"s3://{BUCKET}/night"


@pytest.fixture(scope="module")
def server_port() -> Iterator[int]:
    with s3_server() as port:
        yield port


@pytest.fixture
def bucket(server_port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A client of the bucket, which is empty again afterwards."""
    from obstore.store import S3Store

    name_server(monkeypatch, server_port)
    on_machine("one", tmp_path, monkeypatch)
    client = S3Store(
        BUCKET,
        endpoint=f"http://127.0.0.1:{server_port}",
        region="us-east-1",
        access_key_id="x",
        secret_access_key="y",
        client_options={"allow_http": True},
    )
    obstore.put(client, "night/lamp.txt", SCRIPT.encode())
    yield client
    obstore.delete(client, names_in(client))
    console.call_paths(str)


def on_machine(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another machine has another cache folder, and nothing else."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / name))


def names_in(client: Any) -> list[str]:
    return [each["path"] for batch in obstore.list(client) for each in batch]


def render(*more: str) -> int:
    return main(["render", f"{NIGHT}/lamp.txt", *CAST, "-o", f"{NIGHT}/lamp.wav", *more])


def test_a_render_is_resumed_from_another_machine(
    bucket: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert render() == 0
    first = capsys.readouterr()
    assert f"{NIGHT}/lamp.wav" in first.out
    assert str(tmp_path) not in first.out + first.err
    names = names_in(bucket)
    assert {"night/lamp.wav", "night/lamp.json", "night/lamp.higgs/store.json"} <= set(names)
    assert not [name for name in names if "sounds" in name or "lock" in name]
    sound = bytes(obstore.get(bucket, "night/lamp.wav").bytes())

    on_machine("two", tmp_path, monkeypatch)
    assert main(["plan", f"{NIGHT}/lamp.txt", *CAST, "-o", f"{NIGHT}/lamp.wav", "--json"]) == 0
    chunks = json.loads(capsys.readouterr().out)["chunks"]
    assert [chunk["is_stored"] for chunk in chunks] == [True, True]
    assert render() == 0
    assert "0 of them spoken now" in capsys.readouterr().err
    assert bytes(obstore.get(bucket, "night/lamp.wav").bytes()) == sound
    assert main(["verify", f"{NIGHT}/lamp.json"]) == 0


def test_a_store_is_listed_and_copied_between_a_disk_and_an_object_store(
    bucket: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert render() == 0
    assert main(["store", "copy", f"{NIGHT}/lamp.higgs", str(tmp_path / "near.higgs")]) == 0
    assert len(list((tmp_path / "near.higgs").rglob("*.take"))) >= 2
    assert main(["store", "copy", str(tmp_path / "near.higgs"), f"{NIGHT}/again.higgs"]) == 0
    capsys.readouterr()
    assert main(["store", "list", f"s3://{BUCKET}/", "--json"]) == 0
    listed = {each["store"]: each["takes"] for each in json.loads(capsys.readouterr().out)}
    assert listed == {f"{NIGHT}/again.higgs": 2, f"{NIGHT}/lamp.higgs": 2}
    assert main(["verify", f"{NIGHT}/again.higgs"]) == 0


def test_what_somebody_else_wrote_meanwhile_is_not_replaced(
    bucket: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirror = Mirror(object_address(NIGHT))
    mirror.fetch(lambda name: True)
    (mirror.folder / "new.txt").write_text("ours")
    obstore.put(bucket, "night/new.txt", b"theirs")
    with pytest.raises(Exception, match="written by somebody else meanwhile"):
        mirror.send(lambda name: True)
    assert bytes(obstore.get(bucket, "night/new.txt").bytes()) == b"theirs"


def test_large_files_are_sent_in_pieces_and_what_is_removed_here_is_removed_there(
    bucket: Any,
) -> None:
    mirror = Mirror(object_address(NIGHT))
    mirror.folder.mkdir(parents=True)
    data = bytes(range(256)) * (70 << 10)
    (mirror.folder / "long.wav").write_bytes(data)
    assert mirror.send(lambda name: True) == ["long.wav"]
    assert mirror.send(lambda name: True) == []
    assert bytes(obstore.get(bucket, "night/long.wav").bytes()) == data
    (mirror.folder / "long.wav").unlink()
    mirror.send(lambda name: True)
    assert "night/long.wav" not in names_in(bucket)
    assert "night/lamp.txt" in names_in(bucket)  # never carried: not ours to remove


def test_what_was_not_sent_by_a_killed_command_is_sent_by_the_next(bucket: Any) -> None:
    mirror = Mirror(object_address(NIGHT))
    mirror.fetch(lambda name: True)
    (mirror.folder / "lamp.wav").write_bytes(b"sound")
    assert main(["plan", f"{NIGHT}/lamp.txt", *CAST]) == 0
    assert "night/lamp.wav" in names_in(bucket)


def test_an_object_that_has_changed_is_fetched_again(bucket: Any) -> None:
    mirror = Mirror(object_address(NIGHT))
    mirror.fetch(lambda name: True)
    obstore.put(bucket, "night/lamp.txt", b"Elena: Something else.\n")
    mirror.fetch(lambda name: True)
    assert (mirror.folder / "lamp.txt").read_bytes() == b"Elena: Something else.\n"


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("s3://nobody/lamp.txt", "there is no such bucket"),
        ("s3://B/lamp.txt", "is no name of a bucket"),
        ("s3:///lamp.txt", "names no bucket"),
        (f"{NIGHT}/none.txt", f"{NIGHT}/none.txt"),
    ],
)
def test_what_is_not_there_is_one_line(
    bucket: Any, address: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", address]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert "Traceback" not in told
    assert KEYS["AWS_SECRET_ACCESS_KEY"] not in told


def test_hostile_names_in_a_bucket_stay_in_the_stand_in(bucket: Any, tmp_path: Path) -> None:
    obstore.put(bucket, "night/%2e%2e/%2e%2e/out.txt", b"x")
    mirror = Mirror(object_address(NIGHT))
    mirror.fetch(lambda name: True)
    files = [path for path in tmp_path.rglob("out.txt")]
    assert all(path.is_relative_to(mirror.folder) for path in files)
    shutil.rmtree(mirror.folder)
