"""`higgs download` against a stand-in of the hub: pinned, checked, resumed, in clear words."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.helpers import ROOT

COMMIT = "d80c511612b3040ff2877ce3d408747df1739f11"
LM, CODEC = "bosonai/higgs-audio-v2-generation-3B-base", "bosonai/higgs-audio-v2-tokenizer"
WHISPER = "Systran/faster-whisper-tiny.en"

ENTRY = """
import sys
from dataclasses import replace
from huggingface_hub import constants
from higgs_cli.checkpoints import hub
constants.DOWNLOAD_CHUNK_SIZE = 1 << 16
def sized(repository, sizes):
    files = []
    for file in repository.files:
        size, sha = sizes.get(f"{repository.name}/{file.name}", (0, None))
        files.append(replace(file, byte_count=size if file.byte_count else 0,
                             sha256=sha if file.sha256 else None))
    return replace(repository, files=tuple(files))
sizes = SIZES
hub.LANGUAGE_MODEL = sized(hub.LANGUAGE_MODEL, sizes)
hub.CODEC = sized(hub.CODEC, sizes)
from higgs_cli.app import main
sys.exit(main(sys.argv[1:]))
"""
"""The pinned files are gigabytes: here the same repositories have small ones, in small pieces."""


def safetensors(*names: str, payload: int = 300_000) -> bytes:
    """A file with these tensors, as far as its header goes."""
    header = json.dumps(
        {name: {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]} for name in names}
    ).encode()
    return len(header).to_bytes(8, "little") + header + bytes(range(256)) * (payload // 256)


LM_WEIGHTS = safetensors("model.layers.0.mlp.up_proj.weight", payload=700_000)
CODEC_WEIGHTS = safetensors("acoustic_encoder.conv1.weight", "quantizer.0.weight")
FILES = {
    f"{LM}/model.safetensors": LM_WEIGHTS,
    f"{LM}/config.json": b"{}",
    f"{LM}/tokenizer.json": b"{}",
    f"{CODEC}/model.safetensors": CODEC_WEIGHTS,
    f"{CODEC}/config.json": b"{}",
    f"{WHISPER}/model.bin": b"whisper" * 10_000,
    f"{WHISPER}/config.json": b"{}",
    f"{WHISPER}/tokenizer.json": b"{}",
    f"{WHISPER}/vocabulary.txt": b"a\n",
}


@dataclass
class Hub:
    """Serves files as the hub does, with trouble on request."""

    files: dict[str, bytes] = field(default_factory=lambda: dict(FILES))
    cut_after: int | None = None
    """A body ends after so many bytes, once for each request, as a lost connection would."""
    token: str | None = None
    asked: list[tuple[str, str, str | None]] = field(default_factory=list)
    """Method, path and range."""
    address: str = ""

    @property
    def bodies(self) -> list[tuple[str, str | None]]:
        return [(path, wanted) for method, path, wanted in self.asked if method == "GET"]


def handler_of(hub: Hub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *arguments: object) -> None:
            pass

        def do_HEAD(self) -> None:
            self.answer(with_body=False)

        def do_GET(self) -> None:
            self.answer(with_body=True)

        def answer(self, with_body: bool) -> None:
            hub.asked.append((self.command, self.path, self.headers.get("Range")))
            repository, _, rest = self.path.lstrip("/").partition("/resolve/")
            revision, _, name = rest.partition("/")
            body = hub.files.get(f"{repository}/{name}")
            if hub.token and self.headers.get("Authorization") != f"Bearer {hub.token}":
                return self.refuse(401, "GatedRepo")
            if body is None:
                return self.refuse(404, "EntryNotFound")
            digest, start = hashlib.sha256(body).hexdigest(), 0
            self.send_response(206 if (ranged := self.headers.get("Range")) else 200)
            if ranged:
                start = int(ranged.removeprefix("bytes=").partition("-")[0])
                self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
            commit = COMMIT if revision == "main" else revision
            self.send_header("X-Repo-Commit", commit)
            self.send_header("Accept-Ranges", "bytes")
            etag = digest if len(body) > 1000 else digest[:40]  # large files by SHA-256
            self.send_header("ETag", f'"{etag}"')
            self.send_header("Content-Length", str(len(body) - start))
            self.end_headers()
            if not with_body:
                return None
            sent = body[start:][: hub.cut_after]
            self.close_connection = len(sent) < len(body) - start
            self.wfile.write(sent)
            return None

        def refuse(self, status: int, code: str) -> None:
            self.send_response(status)
            self.send_header("X-Error-Code", code)
            self.send_header("X-Error-Message", code)
            self.send_header("Content-Length", "0")
            self.end_headers()

    return Handler


@pytest.fixture
def hub() -> Iterator[Hub]:
    hub = Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(hub))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    hub.address = f"http://127.0.0.1:{server.server_address[1]}"
    yield hub
    server.shutdown()
    server.server_close()


def run(
    hub: Hub, folder: Path, *words: str, pins: dict[str, bytes] | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    pinned = FILES if pins is None else pins
    sizes = {name: (len(body), hashlib.sha256(body).hexdigest()) for name, body in pinned.items()}
    return subprocess.run(
        [sys.executable, "-c", ENTRY.replace("SIZES", repr(sizes)), "download", *words],
        env={
            **{k: v for k, v in os.environ.items() if not k.startswith(("HF_", "HTTP", "http"))},
            "PYTHONPATH": str(ROOT),
            "HF_HOME": str(folder / "hub"),
            "XDG_CACHE_HOME": str(folder / "cache"),
            "HF_ENDPOINT": hub.address,
            "HF_HUB_DISABLE_XET": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "NO_PROXY": "127.0.0.1",
            **environment,
        },
        capture_output=True,
        text=True,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        timeout=120,
    )


def test_both_repositories_are_fetched_at_their_pins_and_never_twice(
    hub: Hub, tmp_path: Path
) -> None:
    ran = run(hub, tmp_path, "--yes")
    assert ran.returncode == 0, ran.stderr
    assert "Boson Higgs Audio 2 Community License" in ran.stderr and "1.0 MB" in ran.stderr
    folders = [Path(line) for line in ran.stdout.splitlines()]
    assert [folder.name[:8] for folder in folders] == ["d80c5116", "403fbacf"]
    assert (folders[0] / "model.safetensors").read_bytes() == LM_WEIGHTS
    hub.asked.clear()
    again = run(hub, tmp_path, HF_HUB_OFFLINE="1")
    assert again.returncode == 0 and again.stdout == ran.stdout and not hub.asked


def test_the_licence_is_asked_for_once(hub: Hub, tmp_path: Path) -> None:
    refused = run(hub, tmp_path)
    assert refused.returncode == 2 and "--yes" in refused.stderr and not hub.bodies
    assert run(hub, tmp_path, "--yes").returncode == 0
    for blob in (tmp_path / "hub").rglob("*"):
        if blob.is_symlink() and blob.name == "tokenizer.json":
            blob.unlink()
    assert run(hub, tmp_path).returncode == 0


def test_a_download_that_was_cut_is_continued_where_it_ended(hub: Hub, tmp_path: Path) -> None:
    hub.cut_after = 200_000
    ran = run(hub, tmp_path, "--yes")
    hub.cut_after = None
    if ran.returncode != 0:
        assert "it continues" in ran.stderr and "Traceback" not in ran.stderr
        ran = run(hub, tmp_path, "--yes")
    assert ran.returncode == 0, ran.stderr
    starts = [wanted for path, wanted in hub.bodies if LM in path and "safetensors" in path]
    assert starts[0] is None and f"bytes={3 << 16}-" in starts
    folder = Path(ran.stdout.splitlines()[0])
    assert (folder / "model.safetensors").read_bytes() == LM_WEIGHTS


def test_a_file_with_other_bytes_than_the_pinned_ones_is_refused(hub: Hub, tmp_path: Path) -> None:
    changed = bytearray(LM_WEIGHTS)
    changed[-1] ^= 1
    hub.files[f"{LM}/model.safetensors"] = bytes(changed)
    ran = run(hub, tmp_path, "--yes")
    assert ran.returncode == 1 and "checksum" in ran.stderr and "Traceback" not in ran.stderr


def test_the_language_model_in_the_place_of_the_codec_is_known_before_it_is_fetched(
    hub: Hub, tmp_path: Path
) -> None:
    hub.files[f"{CODEC}/model.safetensors"] = LM_WEIGHTS
    ran = run(hub, tmp_path, "--yes")
    assert ran.returncode == 1 and "holds the language model and not the codec" in ran.stderr
    assert not [path for path, _ in hub.bodies if "safetensors" in path]


def test_an_unpinned_revision_is_known_by_its_tensors(hub: Hub, tmp_path: Path) -> None:
    hub.files["someone/model/model.safetensors"] = CODEC_WEIGHTS
    hub.files["someone/model/config.json"] = hub.files["someone/model/tokenizer.json"] = b"{}"
    ran = run(hub, tmp_path, "someone/model", "--revision", "a" * 40, "--yes")
    assert ran.returncode == 1 and "holds the codec and not the language model" in ran.stderr


def test_a_recogniser_is_checked_by_the_sum_that_the_hub_states(hub: Hub, tmp_path: Path) -> None:
    ran = run(hub, tmp_path, "--recognizer", "tiny.en", "--yes")
    assert ran.returncode == 0, ran.stderr
    assert "MIT" in ran.stderr
    model = Path(ran.stdout.strip()) / "model.bin"
    model.resolve().write_bytes(b"whispes" * 10_000)
    again = run(hub, tmp_path, "--recognizer", "tiny.en")
    assert again.returncode == 1 and "checksum" in again.stderr


def test_a_token_is_handed_on_and_its_want_is_told(hub: Hub, tmp_path: Path) -> None:
    hub.token = "hf_of_nobody"
    refused = run(hub, tmp_path, "--yes")
    assert refused.returncode == 1 and "HF_TOKEN" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert run(hub, tmp_path, "--yes", HF_TOKEN="hf_of_nobody").returncode == 0


def test_what_cannot_be_is_one_clear_line(hub: Hub, tmp_path: Path) -> None:
    offline = run(hub, tmp_path, "--yes", HF_HUB_OFFLINE="1")
    assert offline.returncode == 1 and "HF_HUB_OFFLINE is set" in offline.stderr
    nobody = run(hub, tmp_path, "--yes", HF_ENDPOINT="http://127.0.0.1:9")
    assert nobody.returncode == 1 and "127.0.0.1:9" in nobody.stderr
    del hub.files[f"{LM}/tokenizer.json"]
    lacking = run(hub, tmp_path, "--yes")
    assert lacking.returncode == 1 and "tokenizer.json: there is no such file" in lacking.stderr
    odd = run(hub, tmp_path, "--recognizer", "../../etc")
    assert odd.returncode == 2 and "no Whisper model" in odd.stderr
    for ran in (offline, nobody, lacking, odd):
        assert "Traceback" not in ran.stderr and not hub.bodies
