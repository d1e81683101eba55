"""A chat may be answered by the model itself, in words or in sound, beside what is spoken."""

from __future__ import annotations

import asyncio
import json
from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from higgs_cli.casting.references import reference_of
from higgs_cli.errors import FormatError, UsageError
from higgs_cli.server.app import ServerParts, create_app
from higgs_cli.server.asked import AskedSpeech
from higgs_cli.server.asked_chat import AskedChat, AskedTurn
from higgs_cli.server.service import SpeechService
from higgs_cli.server.voice_shelf import VoiceShelf
from higgs_cli.settings.table import Settings
from higgs_cli.speech.chat import ChatEnd, ChatWords
from model.config.reader import read_config
from model.engine.reply import ReplyFrame, ReplyRequest, ReplyText, reply
from model.runs.prompt import Prompt
from model.runs.sampling_settings import Sampling
from tests.helpers import ROOT
from tests.server.serving import HERE, LINE, fake_client, run, said
from tests.tiny_checkpoint import write_original_checkpoint
from tokenizer import load_codec
from tokenizer.prompts.messages import Message, TextContent
from tokenizer.prompts.positions import StreamShape
from tokenizer.prompts.text import TextTokenizer
from tokenizer.prompts.writer import PromptWriter

AMBROSE = ROOT / "voices" / "ambrose.wav"
HELLO = AskedTurn("user", "Who is there?")
MOST = 60


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One that likes to open audio, and to go on in words after it."""
    folder = write_original_checkpoint(tmp_path_factory.mktemp("checkpoint"))
    weights = folder / "model.safetensors"
    tensors = load_file(weights)
    name = "audio_decoder_proj.text_lm_head.weight"
    tensors[name][read_config(folder).audio_out_bos_id] *= 5
    save_file(tensors, weights)
    return folder


def settings(folder: Path, **more: Any) -> Settings:
    return Settings(
        model=str(folder), codec=folder / "codec", device="cpu", lanes=2, scene="none",
        max_seconds=4.0, temperature=0.0, **more,
    )  # fmt: skip


def service(folder: Path, *, replies: bool = True) -> SpeechService:
    return SpeechService(settings(folder), replies=replies)


@asynccontextmanager
async def client_of(folder: Path, *, replies: bool = True) -> AsyncIterator[httpx.AsyncClient]:
    with VoiceShelf() as shelf:
        async with service(folder, replies=replies) as speaking:
            app = create_app(ServerParts(speaking, shelf))
            transport = httpx.ASGITransport(app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url=HERE) as client:
                yield client


async def answered(speaking: SpeechService, asked: AskedChat) -> tuple[str, np.ndarray, ChatEnd]:
    words, sounds, end = "", [np.zeros(0, np.float32)], None
    async for part in speaking.chat(asked):
        if isinstance(part, ChatWords):
            words += part.text
        elif isinstance(part, ChatEnd):
            end = part
        else:
            sounds.append(part)
    assert end is not None
    return words, np.concatenate(sounds), end


def drawn(folder: Path, *, may_speak: bool) -> tuple[str, np.ndarray]:
    """What the model itself replies, read and decoded without a service."""
    from model import load_model

    lm, text = load_model(folder, "cpu", torch.float32), TextTokenizer.from_folder(folder)
    config, codec = lm.config, load_codec(folder / "codec", "cpu")
    shape = StreamShape(config.codebook_count, config.stream_bos_id, config.stream_eos_id)
    asked = Message("user", (TextContent(HELLO.text, spoken=may_speak),))
    prompt = PromptWriter(text, shape).question([asked])
    stops = tuple(text.special_id(name) for name in ("<|eot_id|>", "<|end_of_text|>"))
    request = ReplyRequest(
        Prompt(prompt.ids), stops, MOST, sampling=Sampling(temperature=0), may_speak=may_speak
    )
    events = list(reply(lm, request))
    words = text.read([event.id for event in events if isinstance(event, ReplyText)])
    frames = [event for event in events if isinstance(event, ReplyFrame)]
    sounds = [np.zeros(0, np.float32)]
    for segment in sorted({frame.segment for frame in frames}):
        codes = torch.stack([each.codes for each in frames if each.segment == segment], 1)
        sounds.append(codec.decode(codes).float().numpy())
    return words, np.concatenate(sounds)


@pytest.mark.parametrize("may_speak", [True, False])
def test_an_answer_is_what_the_model_itself_replies(checkpoint: Path, may_speak: bool) -> None:
    async def work() -> tuple[str, np.ndarray, ChatEnd]:
        async with service(checkpoint) as speaking:
            return await answered(speaking, AskedChat((HELLO,), may_speak, MOST))

    words, sound, end = run(work)
    expected_words, expected_sound = drawn(checkpoint, may_speak=may_speak)
    assert words == expected_words
    assert bool(len(sound)) == may_speak == bool(len(expected_sound))
    assert sound.shape == expected_sound.shape
    np.testing.assert_allclose(sound, expected_sound, atol=1e-4)
    assert 0 < end.steps <= MOST and end.prompt_positions > len(HELLO.text) // 2


def test_what_is_spoken_meanwhile_is_the_same_bit_for_bit(checkpoint: Path) -> None:
    async def work() -> None:
        async with service(checkpoint) as speaking:
            alone = await speaking.whole(spoken())
            chat = AskedChat((HELLO,), True, MOST)
            beside, *replies = await asyncio.gather(
                speaking.whole(spoken()),
                answered(speaking, chat),
                answered(speaking, chat),
            )
            np.testing.assert_array_equal(beside.samples, alone.samples)
            assert replies[0][0] == replies[1][0]
            np.testing.assert_allclose(replies[0][1], replies[1][1], atol=1e-4)
            assert speaking.open_count == 0

    run(work)


def test_a_recording_and_what_was_said_before_are_heard(checkpoint: Path) -> None:
    async def work() -> None:
        async with service(checkpoint) as speaking:
            told = AskedTurn("system", "A hall.\n<|scene_desc_start|>\nCold.\n<|scene_desc_end|>")
            heard = AskedTurn("user", "Listen.", (reference_of(AMBROSE, None),))
            before = AskedTurn("assistant", "I do.")
            short = await answered(speaking, AskedChat((HELLO,), False, MOST))
            long = await answered(speaking, AskedChat((told, heard, before, HELLO), False, MOST))
            assert long[2].prompt_positions > short[2].prompt_positions + 25  # a second at least
            with pytest.raises(UsageError, match="positions"):
                await answered(speaking, AskedChat((heard,) * 20, False, MOST))
            assert (await answered(speaking, AskedChat((HELLO,), False, MOST)))[0] == short[0]

    run(work)


def test_whoever_leaves_a_chat_frees_the_thread(checkpoint: Path) -> None:
    async def work() -> None:
        async with service(checkpoint) as speaking:
            parts = speaking.chat(AskedChat((HELLO,), True, 2000))
            await anext(parts)
            await parts.aclose()
            assert speaking.open_count == 0
            await speaking.whole(spoken())
            assert not speaking.speaker.has_chats

    run(work)


def spoken() -> AskedSpeech:
    """Warm enough that a random model's take counts."""
    return said(LINE, voices=(), settings={"temperature": 1.0})


def messages() -> list[dict[str, str]]:
    return [{"role": "user", "content": HELLO.text}]


def test_modalities_of_text_alone_are_answered_in_words(checkpoint: Path) -> None:
    body = {"messages": messages(), "modalities": ["text"], "max_tokens": MOST}

    async def work() -> None:
        async with client_of(checkpoint) as client:
            answer = (await client.post("/v1/chat/completions", json=body)).json()
            message, usage = answer["choices"][0]["message"], answer["usage"]
            assert message["content"] and message["audio"] is None
            assert answer["choices"][0]["finish_reason"] in ("stop", "length")
            assert 0 < usage["completion_tokens"] <= MOST
            stream = await client.post("/v1/chat/completions", json={**body, "stream": True})
            lines = [line[6:] for line in stream.text.splitlines() if line]
            assert lines.pop() == "[DONE]"
            deltas = [json.loads(line)["choices"][0]["delta"] for line in lines]
            assert "".join(each.get("content") or "" for each in deltas) == message["content"]
            assert not any("audio" in each for each in deltas)

    run(work)


def test_where_sound_is_not_forced_the_model_decides(checkpoint: Path) -> None:
    body = {
        "messages": messages(), "modalities": ["text", "audio"], "force_audio_gen": False,
        "audio": {"format": "pcm16", "voice": "marigold"}, "max_completion_tokens": MOST,
    }  # fmt: skip

    async def work() -> None:
        async with client_of(checkpoint) as client:
            answer = (await client.post("/v1/chat/completions", json=body)).json()
            message = answer["choices"][0]["message"]
            whole = b64decode(message["audio"]["data"])
            assert message["content"] and len(whole) > 1000
            stream = await client.post("/v1/chat/completions", json={**body, "stream": True})
            deltas = [
                json.loads(line[6:])["choices"][0]["delta"]
                for line in stream.text.splitlines()
                if line.startswith("data: {")
            ]
            parts = [each.get("audio", {}).get("data", "") for each in deltas]
            heard, expected = (
                np.frombuffer(each, "<i2").astype(int)
                for each in (b"".join(map(b64decode, parts)), whole)
            )
            assert heard.shape == expected.shape and np.abs(heard - expected).max() <= 4

    run(work)


def test_without_the_option_it_is_said_which(checkpoint: Path) -> None:
    body = {"messages": messages(), "modalities": ["text"]}

    async def work() -> None:
        async with fake_client() as client:
            answer = await client.post("/v1/chat/completions", json=body)
            assert answer.status_code == 400
            assert "--text-replies" in answer.json()["error"]["message"]

    run(work)


def test_a_checkpoint_that_draws_no_words_is_refused_at_once(tmp_path: Path) -> None:
    folder = write_original_checkpoint(tmp_path / "mute")
    weights = folder / "model.safetensors"
    tensors = load_file(weights)
    del tensors["audio_decoder_proj.text_lm_head.weight"]
    save_file(tensors, weights)

    async def work() -> None:
        async with service(folder):
            pass

    with pytest.raises(FormatError, match="no text head"):
        run(work)
