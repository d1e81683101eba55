"""A whole server over mini, as clients use it: OpenAI's own package, curl, a reader of events."""

from __future__ import annotations

import base64
import io
import json
import shlex
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import openai
import pytest
import soundfile

from higgs_cli.app import main
from higgs_cli.pipeline import open_higgs
from higgs_cli.server.examples_page import example
from higgs_cli.settings.views import ModelChoice
from higgs_cli.takes.store import TakeStore
from tests.helpers import ROOT
from tests.server.serving import LINE, Served, server_of_mini

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
RATE = 24_000
TEXT = (
    "The lamp was out. Nobody had come since noon, and nobody would. She waited by the window "
    "until the last of the light had gone, and then for a while longer. " * 3
)
AMBROSE = ROOT / "voices" / "ambrose.wav"


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with server_of_mini() as server:
        yield server


@pytest.fixture
def client(served: Served) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{served.address}/v1", api_key="none", max_retries=0) as client:
        yield client


def samples_of(data: bytes) -> np.ndarray:
    samples, rate = soundfile.read(io.BytesIO(data), dtype="int16")
    assert rate == RATE and samples.ndim == 1
    return samples


def whole(client: openai.OpenAI, text: str, seed: int = 0) -> np.ndarray:
    answer = client.audio.speech.create(
        model="mini",
        input=text,
        voice="marigold",
        response_format="wav",
        extra_body={"seed": seed},
    )
    return samples_of(answer.content)


def test_an_answer_is_the_takes_of_higgs_render_bit_for_bit(
    client: openai.OpenAI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "text.txt").write_text(TEXT)
    monkeypatch.chdir(tmp_path)
    asked = ["--model", "mini", "--seed", "7", "--as", "prose", "--cast", "NARRATOR=marigold"]
    assert main(["render", "text.txt", *asked, "-o", "text.wav"]) == 0
    manifest = json.loads((tmp_path / "text.json").read_text())
    store = TakeStore(tmp_path / "text.higgs")
    side = open_higgs(ModelChoice(model="mini", device="cpu")).side_decoder()
    sounds = []
    for chunk in manifest["chunks"]:
        key, attempt = chunk["take"]["key"], chunk["take"]["attempt"]
        take = store.take(key, attempt)
        assert take is not None
        sounds.append(side.decode(take.codes))
    joined = np.concatenate(sounds)
    assert np.array_equal(np.rint(joined.astype(np.float64) * 32767), whole(client, TEXT, seed=7))


@pytest.mark.parametrize("form", ["mp3", "opus", "aac", "flac", "wav", "pcm"])
def test_every_format_is_what_it_says(client: openai.OpenAI, form: str) -> None:
    answer = client.audio.speech.create(
        model="mini",
        input=LINE,
        voice="marigold",
        response_format=form,  # type: ignore[arg-type]
    )
    seconds = len(whole(client, LINE)) / RATE
    if form == "pcm":
        heard = len(answer.content) / 2 / RATE
    else:
        import av

        with av.open(io.BytesIO(answer.content)) as container:
            rate = container.streams.audio[0].rate
            heard = sum(frame.samples for frame in container.decode(audio=0)) / rate
    assert heard == pytest.approx(seconds, abs=0.15)


def test_a_stream_of_pcm_is_the_whole_to_the_last_bit_but_one(client: openai.OpenAI) -> None:
    with client.audio.speech.with_streaming_response.create(
        model="mini", input=TEXT, voice="marigold", response_format="pcm"
    ) as answer:
        parts = list(answer.iter_bytes(chunk_size=1 << 14))
    heard = np.frombuffer(b"".join(parts), "<i2").astype(int)
    expected = whole(client, TEXT)
    assert len(parts) > 3 and heard.shape == expected.shape
    assert np.abs(heard - expected).max() <= 4, "1e-4 of full scale"


def test_events_carry_the_same_sound_and_end_with_what_was_used(served: Served) -> None:
    body = {"model": "mini", "input": LINE, "voice": {"id": "marigold"}, "stream_format": "sse"}
    told = []
    with httpx.stream(
        "POST",
        f"{served.address}/v1/audio/speech",
        json={**body, "response_format": "pcm"},
        timeout=60,
    ) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        told = [json.loads(line[6:]) for line in answer.iter_lines() if line.startswith("data: ")]
    *deltas, done = told
    assert {each["type"] for each in deltas} == {"speech.audio.delta"}
    sound = b"".join(base64.b64decode(each["audio"]) for each in deltas)
    assert done["type"] == "speech.audio.done"
    assert done["usage"]["output_tokens"] == round(len(sound) / 2 / RATE * 25)
    assert done["usage"]["total_tokens"] == sum(list(done["usage"].values())[:2])


def test_speed_keeps_to_its_bounds(client: openai.OpenAI) -> None:
    usual = len(whole(client, LINE))
    quick = client.audio.speech.create(
        model="mini", input=LINE, voice="marigold", response_format="wav", speed=1.5
    )
    assert len(samples_of(quick.content)) == pytest.approx(usual / 1.5, abs=RATE / 50)
    with pytest.raises(openai.BadRequestError) as refused:
        client.audio.speech.create(model="mini", input=LINE, voice="marigold", speed=8)
    assert refused.value.param == "speed" and refused.value.code == "invalid_value"


def test_models_and_errors_have_the_form_of_the_api(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["mini"]
    assert client.models.retrieve("mini").object == "model"
    with pytest.raises(openai.NotFoundError) as unknown:
        client.audio.speech.create(model="mini", input=LINE, voice="marigol")
    assert unknown.value.code == "voice_not_found" and "marigold" in unknown.value.message
    with pytest.raises(openai.NotFoundError):
        client.audio.speech.create(model="mini", input=LINE, voice=str(AMBROSE))
    with pytest.raises(openai.BadRequestError):
        client.audio.speech.create(model="mini", input=" ", voice="marigold")


def messages_of_a_clone() -> list[dict[str, object]]:
    recording = base64.b64encode(AMBROSE.read_bytes()).decode()
    audio = {"type": "input_audio", "input_audio": {"data": recording, "format": "wav"}}
    return [
        {"role": "system", "content": "Generate audio following instruction."},
        {"role": "user", "content": AMBROSE.with_suffix(".txt").read_text()},
        {"role": "assistant", "content": [audio]},
        {"role": "user", "content": LINE},
    ]


SCENE = (
    "Generate audio following instruction.\n\n<|scene_desc_start|>\nAudio is recorded from a "
    "quiet room.\n\nSPEAKER0: feminine\nSPEAKER1: masculine\n<|scene_desc_end|>"
)
TASKS = {
    "smart voice": [{"role": "user", "content": LINE}],
    "voice clone": messages_of_a_clone(),
    "several speakers": [
        {"role": "system", "content": SCENE},
        {"role": "user", "content": f"[SPEAKER0] {LINE}\n[SPEAKER1] Is that so?"},
    ],
}


@pytest.mark.parametrize("task", TASKS)
def test_a_chat_is_answered_with_sound_whole_and_streamed(client: openai.OpenAI, task: str) -> None:
    asked = {"model": "mini", "modalities": ["text", "audio"], "messages": TASKS[task]}
    audio = {"format": "wav", "voice": "smart"}
    answer = client.chat.completions.create(**asked, audio=audio)  # type: ignore[call-overload]
    message = answer.choices[0].message
    assert LINE in message.audio.transcript and "SPEAKER" not in message.audio.transcript
    expected = samples_of(base64.b64decode(message.audio.data))
    assert len(expected) > RATE
    stream = client.chat.completions.create(  # type: ignore[call-overload]
        **asked, audio={"format": "pcm16", "voice": "smart"}, stream=True
    )
    chunks = list(stream)
    parts = [chunk.choices[0].delta.audio.data or "" for chunk in chunks]  # type: ignore
    heard = np.frombuffer(b"".join(map(base64.b64decode, parts)), "<i2").astype(int)
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert heard.shape == expected.shape and np.abs(heard - expected).max() <= 4


def test_words_have_their_times(served: Served) -> None:
    body = {"input": LINE, "voice": "marigold", "response_format": "wav"}
    answer = httpx.post(f"{served.address}/v1/audio/speech/timestamps", json=body, timeout=60)
    told = answer.json()
    assert " ".join(word["word"] for word in told["words"]) == LINE
    assert told["times"] == "plan and pauses", "nobody listens here"
    times = [time for word in told["words"] for time in (word["start"], word["end"])]
    assert times == sorted(times) and times[-1] <= told["duration"]
    assert len(samples_of(base64.b64decode(told["audio"]))) / RATE == pytest.approx(
        told["duration"], abs=1e-3
    )


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_every_line_of_the_page_works_as_it_is_typed(served: Served, tmp_path: Path) -> None:
    shutil.copy(AMBROSE, tmp_path / "ann.wav")
    schema = httpx.get(f"{served.address}/openapi.json").json()
    page = httpx.get(f"{served.address}/docs").text
    assert "<script" not in page and "//" not in page.replace("http://127.0.0.1", "")
    tried = 0
    for path, methods in schema["paths"].items():
        for method in methods:
            line = example(schema, path, method, served.address)
            words = shlex.split(line)
            done = subprocess.run(
                [words[0], "-sS", "--fail-with-body", *words[1:]],
                cwd=tmp_path,
                capture_output=True,
                timeout=120,
            )
            assert done.returncode == 0, (line, done.stdout, done.stderr)
            tried += 1
    assert tried >= 10 and (tmp_path / "speech.wav").stat().st_size > RATE


def test_a_client_that_is_killed_frees_its_lanes(served: Served, client: openai.OpenAI) -> None:
    host, port = served.address.removeprefix("http://").split(":")
    body = json.dumps({"input": TEXT * 8, "voice": "marigold", "response_format": "pcm"})
    request = (
        f"POST /v1/audio/speech HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    )
    for form in ("pcm", "wav"):
        with socket.create_connection((host, int(port))) as connection:
            asked = request.replace('"pcm"', f'"{form}"')
            connection.sendall(asked.encode())
            time.sleep(0.5)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        state = httpx.get(f"{served.address}/metrics").text
        if "higgs_lanes_in_use 0.0" in state and "higgs_requests_open 0.0" in state:
            break
        time.sleep(0.05)
    else:
        pytest.fail("lanes still speak for nobody")
    assert len(whole(client, LINE)) > RATE


def test_it_is_ready_and_says_so(served: Served) -> None:
    for path, status in (("/healthz", "ok"), ("/readyz", "ready")):
        assert httpx.get(f"{served.address}{path}").json() == {"status": status}
    assert httpx.get(f"{served.address}/health").status_code == 200
    assert httpx.get(f"{served.address}/version").json()["version"]
    told = httpx.get(f"{served.address}/metrics").text
    assert "higgs_audio_seconds_total" in told and 'route="/healthz"' in told


def test_tokens_presets_and_added_voices(tmp_path: Path) -> None:
    presets = tmp_path / "presets"
    presets.mkdir()
    shutil.copy(AMBROSE, presets / "a.wav")
    words = AMBROSE.with_suffix(".txt").read_text()
    voice = {"transcript": words, "audio_file": "a.wav"}
    described = {**voice, "system_prompt": SCENE}
    (presets / "config.json").write_text(json.dumps({"belinda": voice, "vex": described}))
    token = "a-token-of-some-length"
    (tmp_path / "tokens.txt").write_text(f"{token}\n")
    options = ("--tokens", f"{tmp_path}/tokens.txt", "--voice-presets-dir", str(presets))
    with server_of_mini(*options, "--added-voices", f"{tmp_path}/added") as served:
        url = f"{served.address}/v1"
        with (
            openai.OpenAI(base_url=url, api_key="another-token-than-that") as stranger,
            pytest.raises(openai.AuthenticationError),
        ):
            stranger.models.list()
        assert httpx.get(f"{served.address}/healthz").status_code == 200
        assert httpx.get(f"{served.address}/metrics").status_code == 401
        with openai.OpenAI(base_url=url, api_key=token) as client:
            for name in ("belinda", "vex"):
                answer = client.audio.speech.create(
                    model="mini", input=LINE, voice=name, response_format="wav"
                )
                assert len(samples_of(answer.content)) > RATE
        head = {"Authorization": f"Bearer {token}"}
        named = {"name": "ann", "text": words}
        for status in (201, 400):
            added = httpx.post(
                f"{url}/audio/voices",
                params=named,
                content=AMBROSE.read_bytes(),
                headers=head,
                timeout=120,
            )
            assert added.status_code == status, added.text
        kept = tmp_path / "added"
        assert sorted(path.name for path in kept.iterdir()) == ["ann.txt", "ann.wav"]
        voices = httpx.get(f"{url}/audio/voices", headers=head).json()["voices"]
        assert {"ann", "belinda", "vex", "marigold"} <= set(voices)
        gone = httpx.delete(f"{url}/audio/voices/ann", headers=head)
        assert gone.json()["deleted"] and not list(kept.iterdir())
        assert httpx.delete(f"{url}/audio/voices/marigold", headers=head).status_code == 400
