"""What comes from outside is bounded, sniffed and refused in one form, whatever it is."""

from __future__ import annotations

import base64
import contextlib
import json
import random
import socket
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from higgs_cli.errors import FormatError, HiggsError, UsageError, VoiceError
from higgs_cli.server.auth import check_binding, is_loopback, read_tokens
from higgs_cli.server.body_limit import BodyLimit
from higgs_cli.server.presets import read_presets
from higgs_cli.server.refusals import refusal_of
from higgs_cli.server.run import address_of, listener_on
from higgs_cli.server.system_message import read_system_message
from higgs_cli.server.uploaded_sound import wav_of
from higgs_cli.server.voice_shelf import VoiceNotFoundError, VoiceShelf
from tests.fakes import FakeSynthesizer
from tests.helpers import ROOT, CommandLine
from tests.server.serving import HERE, LINE, fake_client, run

AMBROSE = (ROOT / "voices" / "ambrose.wav").read_bytes()
TOKEN = "0123456789abcdef-token"
ROUNDS = 400


# -- fuzzing ---------------------------------------------------------------------------------


def odd_text(chance: random.Random) -> str:
    pieces = [
        LINE, "", "\x00", "\ud83d", "[SPEAKER0] Hi.", "<|eot_id|>", "---\nscene: /etc/passwd\n---",
        "../../etc/passwd", "marigold", "smart", "profile:wren", "%00", "a" * 3000, "[laugh]",
        "\u202e", "$$$", "1e999", "data:audio/wav;base64,AAAA", "wav", "\ufeff", "١٢٣", "{}",
    ]  # fmt: skip
    return "".join(chance.choices(pieces, k=chance.randint(0, 3)))


def odd_value(chance: random.Random, depth: int = 0) -> Any:
    plain = [None, True, -1, 0, 1.5, 1e308, 2**70, float("nan"), odd_text(chance), [], {}]
    if depth > 3 or chance.random() < 0.7:
        return chance.choice(plain)
    if chance.random() < 0.5:
        return [odd_value(chance, depth + 1) for _ in range(chance.randint(0, 3))]
    names = [
        "type",
        "text",
        "role",
        "content",
        "input_audio",
        "data",
        "url",
        "voice",
        "id",
        "format",
    ]
    return {chance.choice(names): odd_value(chance, depth + 1) for _ in range(3)}


def bodies() -> dict[str, dict[str, Any]]:
    audio = base64.b64encode(AMBROSE[:4000]).decode()
    part = {"type": "input_audio", "input_audio": {"data": audio, "format": "wav"}}
    return {
        "/v1/audio/speech": {
            "model": "x", "input": LINE, "voice": "marigold", "response_format": "pcm",
            "speed": 1.0, "stream_format": "sse", "instructions": "a hall", "seed": 3,
            "temperature": 0.5, "checked": False, "language": "en",
        },
        "/v1/audio/speech/timestamps": {"input": LINE, "voice": "marigold", "top_k": 5},
        "/v1/chat/completions": {
            "messages": [
                {"role": "system", "content": "A hall.\nSPEAKER0: deep"},
                {"role": "assistant", "content": [part]},
                {"role": "user", "content": [{"type": "text", "text": LINE}]},
            ],
            "modalities": ["text", "audio"], "audio": {"format": "wav", "voice": "marigold"},
            "stream": True, "speed": 1, "force_audio_gen": True, "max_tokens": 50,
        },
    }  # fmt: skip


def mutated(chance: random.Random, value: Any) -> Any:
    """The same with something in it that is odd."""
    if isinstance(value, dict) and value and chance.random() < 0.8:
        name = chance.choice(list(value))
        if chance.random() < 0.15:
            return {key: each for key, each in value.items() if key != name}
        return {**value, name: mutated(chance, value[name])}
    if isinstance(value, list) and value and chance.random() < 0.7:
        at = chance.randrange(len(value))
        return [*value[:at], mutated(chance, value[at]), *value[at + 1 :]]
    return odd_value(chance)


def requests(chance: random.Random) -> Iterator[httpx.Request]:
    """One odd request after another, to every route there is."""
    known = bodies()
    while True:
        path = chance.choice(
            [*known, "/v1/audio/voices", "/v1/models", "/metrics", "/docs", "/nothing"]
        )
        method = chance.choice(["POST"] * 6 + ["GET", "DELETE", "PUT", "OPTIONS", "HEAD"])
        head = {
            "content-type": chance.choice(
                ["application/json"] * 5 + ["text/plain", "audio/wav", ""]
            )
        }
        if path in known:
            body = json.dumps(mutated(chance, known[path])).encode()
        else:
            body = AMBROSE[: chance.choice([0, 3, 44, 500])] or odd_text(chance).encode(
                "utf-8", "ignore"
            )
        if chance.random() < 0.2:
            at = chance.randrange(len(body) + 1)
            body = body[:at] + bytes(chance.choices(range(256), k=5)) + body[at + 3 :]
        if path == "/v1/audio/voices" and method == "DELETE":
            path += "/" + "".join(chance.choices(string.printable[:80] + "/.%", k=5)).replace(
                "#", ""
            )
        odd = [odd_text(chance).encode("utf-8", "ignore").decode() for _ in range(2)]
        query = {"name": odd[0][:80], "text": odd[1][:50]}
        yield httpx.Request(
            method, httpx.URL(f"{HERE}{path}", params=query), headers=head, content=body
        )


def test_whatever_is_sent_the_answer_is_one_of_the_api(tmp_path: Path) -> None:
    async def work() -> None:
        chance = random.Random(11)
        async with fake_client(added=tmp_path / "added") as client:
            for number, request in zip(range(ROUNDS), requests(chance), strict=False):
                answer = await client.send(request)
                told = f"{number}: {request.method} {request.url} {request.content[:300]!r}"
                assert answer.status_code != 500, told
                assert "Traceback" not in answer.text, told
                if answer.status_code >= 400 and request.method != "HEAD":
                    error = answer.json()["error"]
                    assert error["message"] and error["type"], told
            good = {"input": LINE, "voice": "marigold", "response_format": "wav"}
            answer = await client.post("/v1/audio/speech", json=good)
            assert answer.status_code == 200 and answer.content.startswith(b"RIFF")
        for path in tmp_path.rglob("*"):
            assert path.is_relative_to(tmp_path / "added")

    run(work)


# -- tokens and limits -------------------------------------------------------------------------


def test_a_token_is_asked_for_everywhere_but_where_it_is_looked_whether_it_runs() -> None:
    async def work() -> None:
        async with fake_client(tokens=(TOKEN, "another-token-of-ours")) as client:
            schema = (
                await client.get("/openapi.json", headers={"Authorization": f"Bearer {TOKEN}"})
            ).json()
            for path, methods in schema["paths"].items():
                for method in methods:
                    for given in (
                        {},
                        {"Authorization": f"Bearer {TOKEN}x"},
                        {"Authorization": TOKEN},
                    ):
                        answer = await client.request(method, path, headers=given)
                        is_open = path in ("/healthz", "/readyz")
                        assert (answer.status_code == 401) != is_open, path
            for token in (TOKEN, "another-token-of-ours"):
                answer = await client.get(
                    "/v1/models", headers={"authorization": f"bearer {token}"}
                )
                assert answer.status_code == 200
            refused = await client.get("/docs")
            assert refused.json()["error"]["type"] == "authentication_error"
            assert refused.headers["www-authenticate"] == "Bearer"

    run(work)


def test_tokens_come_from_a_file_or_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "tokens.txt"
    file.write_text(f"# ours\n{TOKEN}\n\n")
    assert read_tokens(file, {"HIGGS_SERVE_TOKENS": f"{'b' * 20}, {TOKEN}"}) == ("b" * 20, TOKEN)
    assert read_tokens(None, {}) == ()
    for text in ("", "short\n", "two words of a token\n", "ü" * 20):
        file.write_text(text)
        with pytest.raises(UsageError):
            read_tokens(file, {})
    with pytest.raises(UsageError, match="cannot be read"):
        read_tokens(tmp_path / "none", {})


def test_whoever_is_reached_from_elsewhere_needs_tokens() -> None:
    for host in ("127.0.0.1", "localhost", "::1", "[::1]", "127.8.9.1"):
        assert is_loopback(host)
        check_binding(host, ())
    for host in ("0.0.0.0", "::", "192.168.1.4", "example.org", ""):
        with pytest.raises(UsageError, match="token"):
            check_binding(host, ())
        check_binding(host, (TOKEN,))


def test_no_page_of_another_origin_may_ask() -> None:
    async def work() -> None:
        async with fake_client() as client:
            head = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
            for answer in (
                await client.options("/v1/audio/speech", headers=head),
                await client.get("/v1/models", headers=head),
            ):
                assert not [name for name in answer.headers if name.startswith("access-control")]

    run(work)


def test_a_page_of_another_origin_adds_no_voice_even_under_a_name_that_leads_here(
    tmp_path: Path,
) -> None:
    """Neither needs leave of the browser: a body as `text/plain`, and a name of the page's own."""
    name = {"name": "ann", "text": "What she says."}
    heads = (
        ({"Origin": "http://evil.example"}, "foreign_origin"),
        ({"Origin": "null"}, "foreign_origin"),
        ({"Host": "evil.example", "Origin": "http://evil.example"}, "foreign_host"),
        ({"Host": "evil.example"}, "foreign_host"),
    )

    async def work() -> None:
        async with fake_client(added=tmp_path / "added") as client:
            for head, code in heads:
                sent = {"Content-Type": "text/plain", **head}
                answer = await client.post(
                    "/v1/audio/voices", params=name, headers=sent, content=AMBROSE
                )
                assert answer.status_code == 403 and answer.json()["error"]["code"] == code
            for host in ("localhost:8080", "127.0.0.1:8080", "[::1]:8080"):
                head = {"Host": host, "Origin": f"http://{host}"}
                assert (await client.get("/v1/models", headers=head)).status_code == 200
        async with fake_client(tokens=(TOKEN,)) as client:
            head = {"Host": "speech.example", "Authorization": f"Bearer {TOKEN}"}
            assert (await client.get("/v1/models", headers=head)).status_code == 200

    run(work)
    assert not (tmp_path / "added").exists() or not list((tmp_path / "added").iterdir())


@pytest.mark.parametrize(
    ("kind", "body", "told"),
    [
        ("application/json", b'{"input": "x"', "the body is no JSON: "),
        ("application/json", b"[]", "the body is no JSON object"),
        ("application/x-www-form-urlencoded", b'{"input": "x"}', "Content-Type: application/json"),
    ],
)
def test_a_body_that_is_no_json_object_is_called_so(kind: str, body: bytes, told: str) -> None:
    async def work() -> None:
        async with fake_client() as client:
            answer = await client.post(
                "/v1/audio/speech", content=body, headers={"Content-Type": kind}
            )
            assert answer.status_code == 400
            error = answer.json()["error"]
            assert told in error["message"] and error["param"] is None

    run(work)


@pytest.mark.parametrize("text", ["", "..."])
def test_a_text_that_cannot_be_said_is_named_by_its_field(text: str) -> None:
    async def work() -> None:
        async with fake_client() as client:
            body = {"input": text, "voice": "marigold", "response_format": "wav"}
            answer = await client.post("/v1/audio/speech", json=body)
            error = answer.json()["error"]
            assert (answer.status_code, error["code"]) == (400, "invalid_text")
            assert error["param"] == "input"

    run(work)


def test_a_body_is_counted_as_it_comes() -> None:
    async def app(scope, receive, send) -> None:
        body = (await receive())["body"]
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": str(len(body)).encode()})

    async def work() -> None:
        transport = httpx.ASGITransport(BodyLimit(app, most_bytes=1000, seconds=0.3))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            assert (await client.post("/", content=b"x" * 1000)).text == "1000"
            too_large = await client.post("/", content=b"x" * 1001)
            assert too_large.status_code == 413
            assert too_large.json()["error"]["code"] == "request_too_large"

    run(work)


def test_a_full_queue_says_when_to_come_again() -> None:
    async def work() -> None:
        async with fake_client(open_requests=1) as client:
            body = {"input": LINE * 50, "voice": "marigold", "response_format": "pcm"}
            import asyncio

            answers = await asyncio.gather(
                *(client.post("/v1/audio/speech", json=body) for _ in range(6))
            )
            refused = [answer for answer in answers if answer.status_code == 429]
            assert refused and any(answer.status_code == 200 for answer in answers)
            assert int(refused[0].headers["retry-after"]) >= 1

    run(work)


def test_what_goes_wrong_on_the_way_is_the_last_event_and_before_it_a_status() -> None:
    async def work() -> None:
        body = {"input": LINE * 200, "voice": "marigold", "response_format": "pcm"}
        slow = FakeSynthesizer(lane_count=1, seconds_per_chunk=0.3)
        async with fake_client(synthesizer=slow, seconds=4.0) as client:
            events = await client.post("/v1/audio/speech", json={**body, "stream_format": "sse"})
            told = [json.loads(line[6:]) for line in events.text.split("\n\n") if line]
            assert told[0]["type"] == "speech.audio.delta"
            assert told[-1]["type"] == "error" and told[-1]["error"]["code"] == "timeout"
            whole = await client.post("/v1/audio/speech", json={**body, "checked": True})
            assert whole.status_code == 504 and whole.json()["error"]["code"] == "timeout"

    run(work)


def test_every_kind_of_error_has_a_status() -> None:
    kinds = [HiggsError]
    for kind in kinds:
        kinds += kind.__subclasses__()
    made = [kind("told") for kind in (HiggsError, UsageError, VoiceError, FormatError)]
    assert [refusal_of(error).status for error in made] == [503, 400, 400, 400]
    assert refusal_of(VoiceNotFoundError("no")).status == 404 and len(kinds) > 10


# -- voices ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        b"", b"RIFF", b"RIFF" + b"\xff" * 5000, b"fLaC" + b"\x00" * 100, b"OggS" * 50,
        b"ID3\x04" + bytes(200), b"#!/bin/sh\nrm -rf /", AMBROSE[:44], b"\x1aE\xdf\xa3",
    ],
)  # fmt: skip
def test_what_is_no_recording_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError):
        wav_of(data, "the recording")


def test_a_recording_becomes_one_of_ours(tmp_path: Path) -> None:
    import io

    import numpy as np
    import soundfile

    stereo = np.stack([np.sin(np.arange(44_100) / 20), np.zeros(44_100)], axis=1)
    for form in ("WAV", "FLAC", "OGG", "MP3"):
        file = io.BytesIO()
        soundfile.write(file, 0.5 * stereo, 44_100, format=form)
        samples, rate = soundfile.read(io.BytesIO(wav_of(file.getvalue(), "it")))
        assert rate == 24_000 and samples.ndim == 1 and abs(len(samples) - 24_000) < 1500


def test_names_are_looked_up_and_never_opened(tmp_path: Path) -> None:
    (tmp_path / "mine.wav").write_bytes(AMBROSE)
    with VoiceShelf(added=tmp_path / "added") as shelf:
        for name in (str(tmp_path / "mine.wav"), "mine.wav", "../mine.wav", "", "profile:none"):
            with pytest.raises(VoiceError):
                shelf.voice(name)
        for name in ("../x", "a/b", ".hidden", "smart", "x" * 80, "con", "marigold", "a\nb"):
            with pytest.raises(HiggsError):
                shelf.add(name, AMBROSE, None)
        assert not (tmp_path / "added").exists()
        shelf.add("ann", AMBROSE, "Words of hers.")
        assert shelf.voice("ANN").reference is not None
        with pytest.raises(VoiceError, match="already"):
            shelf.add("Ann", AMBROSE, None)
        clone = shelf.cloned(AMBROSE, "Words.")
        assert clone.reference is not None and shelf.cloned(AMBROSE, "Words.") is clone
        kept = clone.reference.audio
        shelf.delete("ann")
        with pytest.raises(VoiceNotFoundError):
            shelf.delete("ann")
        with pytest.raises(UsageError, match="of the server"):
            shelf.delete("wren")
    assert not kept.exists()


def test_presets_stay_in_their_folder(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(AMBROSE)
    folder = tmp_path / "presets"
    folder.mkdir()
    config = folder / "config.json"
    config.write_text(json.dumps({"a": {"transcript": "x", "audio_file": "../a.wav"}}))
    with pytest.raises(FormatError, match="outside"):
        read_presets(folder)
    for text in ("[]", "{", '{"a": 1}', '{"a": {"audio_file": "a.wav"}}'):
        config.write_text(text)
        with pytest.raises(HiggsError):
            read_presets(folder)
    with pytest.raises(VoiceError):
        read_presets(tmp_path)


def test_a_system_message_is_read_as_the_original_writes_it() -> None:
    read = read_system_message(
        "Generate audio following instruction.\n\n<|scene_desc_start|>\nA quiet room.\n\n"
        "SPEAKER0: feminine; warm\nSPEAKER1: masculine\n<|scene_desc_end|>"
    )
    assert read.scene == "A quiet room."
    assert read.descriptions == {0: "feminine; warm", 1: "masculine"}
    assert read_system_message("Generate audio following instruction.").scene is None
    assert read_system_message("In a hall.").scene == "In a hall."


# -- what is told before the model is opened -----------------------------------------------------


@pytest.fixture
def higgs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    return CommandLine(tmp_path, monkeypatch, capsys)


def test_a_place_for_added_voices_that_is_none_is_told_at_once(higgs: CommandLine) -> None:
    higgs.write("notes.txt", "no folder")
    (higgs.folder / "broken").mkdir()
    higgs.write("broken/profile.yaml", "profiles: [")
    higgs.write("broken/ann.wav", "")
    for named in ("notes.txt", "notes.txt/added", "broken"):
        ran = higgs("serve", "--port", "0", "--added-voices", named)
        assert ran.exit_code == 2 and named.partition("/")[0] in ran.stderr, ran.stderr
        assert ran.stderr.startswith("error: ") and "Traceback" not in ran.stderr
    with pytest.raises(UsageError):
        VoiceShelf(added=higgs.folder / "notes.txt")


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"input": "", "voice": "marigold"}, "input"),
        ({"input": " \n", "voice": "marigold"}, "input"),
        ({"input": "\x00", "voice": "marigold"}, "input"),
        ({"input": "a" * 60_000, "voice": "marigold"}, "input"),
        ({"voice": "marigold"}, "input"),
        ({"input": LINE, "voice": "nobody"}, "voice"),
        ({"input": LINE, "voice": "marigold", "instructions": "a" * 9999}, "instructions"),
        ({"input": LINE, "voice": "marigold", "speed": 9}, "speed"),
    ],
)
def test_a_refusal_names_the_field(body: dict[str, Any], param: str) -> None:
    async def work() -> None:
        async with fake_client() as client:
            answer = await client.post("/v1/audio/speech", json=body)
            error = answer.json()["error"]
            assert 400 <= answer.status_code < 500 and error["param"] == param, error
            chat = {"messages": [{"role": "user", "content": "[SPEAKER0] "}]}
            spoken = await client.post("/v1/chat/completions", json=chat)
            assert spoken.status_code == 400 and spoken.json()["error"]["param"] == "messages"

    run(work)


@pytest.mark.parametrize(
    ("bound", "told"), [("127.0.0.1", "http://127.0.0.1:"), ("::1", "http://[::1]:")]
)
def test_the_address_that_is_told_is_the_one_that_is_bound(bound: str, told: str) -> None:
    try:
        listener = listener_on(bound, 0)
    except UsageError:
        pytest.skip(f"this machine has no {bound}")
    with contextlib.closing(listener):
        assert address_of(listener).startswith(told)


def test_of_all_addresses_one_is_told_that_leads_here() -> None:
    with contextlib.closing(listener_on("0.0.0.0", 0)) as listener:
        listener.listen()
        address = httpx.URL(address_of(listener))
        assert address.host != "0.0.0.0"
        with socket.create_connection((address.host, address.port or 0), timeout=5):
            pass
