"""Many are served by one model, each as if alone; what is asked for is bounded, in turn."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from higgs_cli.errors import DeviceError, GenerationTimeoutError, HiggsError, UsageError
from higgs_cli.server.admission import BusyError, TooLongError
from higgs_cli.server.fair_queue import FairQueue
from higgs_cli.server.planned_text import TextPlanner
from higgs_cli.server.service import SpeechService
from higgs_cli.server.voice_codes import VoiceCodes
from higgs_cli.server.voice_shelf import VoiceShelf
from higgs_cli.settings.table import Settings
from higgs_cli.speech.protocol import SpeechChunk
from higgs_cli.takes.take import Verdict
from higgs_cli.takes.voice_bank import voice_take
from tests.fakes import FakeSpeech, FakeSynthesizer
from tests.helpers import ROOT
from tests.server.serving import LINE, fake_service, run, said, streamed
from tests.speaking import speak

LONG = " ".join(
    f"Sentence number {number} is somewhat longer than the others." for number in range(80)
)


def rendered(
    text: str, folder: Path, synthesizer: FakeSynthesizer, retries: int = 3, **more: object
) -> np.ndarray:
    """The takes that a render's own functions choose, joined."""
    settings = Settings(scene="none", retries=retries)
    plan, choices = TextPlanner(settings).planned(said(text, **more), is_checked=True)
    spoken = speak(plan, folder, synthesizer, choices.takes, sampling=choices.sampling)
    store = spoken.ledger.store
    takes = [
        store.take(chunk.key, chunk.take.attempt)
        for chapter in spoken.chapters
        for chunk in chapter.chunks
        if chunk.take is not None and chunk.is_used
    ]
    return np.concatenate([synthesizer.decode(take.codes) for take in takes if take])


def fails_at_first(chunk: SpeechChunk, attempt: int) -> str | None:
    return "half" if attempt == 0 and "lamp" in chunk.text else None


@pytest.mark.parametrize("text", [LINE, LONG])
def test_whole_speech_is_the_takes_of_a_render_bit_for_bit(text: str, tmp_path) -> None:
    async def work() -> None:
        async with fake_service(FakeSynthesizer(mishap=fails_at_first)) as service:
            spoken = await service.whole(said(text, settings={"seed": 5}))
            expected = rendered(
                text, tmp_path, FakeSynthesizer(mishap=fails_at_first), settings={"seed": 5}
            )
            assert np.array_equal(spoken.samples, expected)
            assert not spoken.has_failed

    run(work)


def test_streamed_speech_is_a_render_without_retries(tmp_path: Path) -> None:
    def clips_at_first(chunk: SpeechChunk, attempt: int) -> str | None:
        return "clipping" if attempt == 0 else None

    async def work() -> None:
        async with fake_service(FakeSynthesizer(mishap=clips_at_first)) as service:
            heard = await streamed(service, said())
            first = FakeSynthesizer(mishap=clips_at_first)
            assert np.allclose(heard, rendered(LINE, tmp_path, first, retries=0), atol=1e-4)
            assert not np.allclose(heard, (await service.whole(said())).samples, atol=1e-2)

    run(work)


@pytest.mark.parametrize("text", [LINE, LONG])
def test_streamed_speech_is_the_whole_speech(text: str) -> None:
    async def work() -> None:
        async with fake_service() as service:
            whole = await service.whole(said(text))
            assert np.allclose(await streamed(service, said(text)), whole.samples, atol=1e-4)

    run(work)


def test_a_stream_begins_before_all_is_spoken() -> None:
    async def work() -> None:
        async with fake_service(FakeSynthesizer(lane_count=1, seconds_per_chunk=0.2)) as service:
            began, first = time.monotonic(), 0.0
            async for _ in service.stream(said(LONG)):
                first = first or time.monotonic() - began
            assert first < (time.monotonic() - began) / 2

    run(work)


def test_many_at_once_are_each_answered_as_if_alone() -> None:
    async def work() -> None:
        async with fake_service(FakeSynthesizer(lane_count=3)) as service:
            asked = [
                said(f"Line {n} of many. " * (1 + n % 3), client=str(n % 4)) for n in range(12)
            ]
            alone = [(await service.whole(one)).samples for one in asked]
            together = await asyncio.gather(*map(service.whole, asked))
            streams = await asyncio.gather(*(streamed(service, one) for one in asked))
            for one, whole, stream in zip(alone, together, streams, strict=True):
                assert np.array_equal(one, whole.samples)
                assert np.allclose(one, stream, atol=1e-4)

    run(work)


def test_speed_changes_the_length_and_the_stream_is_the_whole() -> None:
    async def work() -> None:
        async with fake_service() as service:
            usual = await service.whole(said())
            quick = await service.whole(said(speed=2.0))
            assert abs(quick.seconds - usual.seconds / 2) < 0.05
            assert quick.chunks[-1].end_seconds == pytest.approx(quick.seconds, abs=0.05)
            heard = await streamed(service, said(speed=2.0))
            assert np.allclose(heard, quick.samples, atol=1e-4)

    run(work)


def test_a_voice_that_the_model_chooses_stays_through_a_text() -> None:
    async def work() -> None:
        synthesizer = FakeSynthesizer()
        async with fake_service(synthesizer) as service:
            await service.whole(said(LONG, voices=()))
        first, *rest = synthesizer.runs_heard
        assert first.references == ()
        heard = [run.references[0].codes for run in rest]
        assert heard and all(codes is not None for codes in heard)

    run(work)


def test_speakers_of_a_dialogue_have_the_voices_of_their_numbers() -> None:
    async def work() -> None:
        synthesizer = FakeSynthesizer()
        text = "[SPEAKER1] Who is there?\n[SPEAKER0] Nobody at all.\n[SPEAKER1] I see."
        async with fake_service(synthesizer) as service:
            await service.whole(said(text, is_dialogue=True))
        by_text = {chunk.text: run for run in synthesizer.runs_heard for chunk in run.chunks}
        assert by_text["Nobody at all."].references[0].transcript is not None
        assert "marigold" not in str(by_text["Who is there?"].references)

    run(work)


def test_whoever_leaves_frees_the_lane_within_two_bursts() -> None:
    async def work() -> None:
        synthesizer = FakeSynthesizer(lane_count=1, seconds_per_chunk=0.02)
        async with fake_service(synthesizer) as service:
            leaving = service.stream(said(LONG))
            await anext(leaving)
            before = service.speaker.state.burst_count
            await leaving.aclose()
            while service.speaker.state.lanes_in_use:
                await asyncio.sleep(0.001)
            assert service.speaker.state.burst_count - before <= 4, "a chunk is two events here"
            spoken = len(synthesizer.chunks_spoken)
            await service.whole(said())
            assert synthesizer.chunks_spoken[spoken:] == [LINE] and service.open_count == 0

    run(work)


def test_a_cancelled_request_is_given_up() -> None:
    async def work() -> None:
        async with fake_service(FakeSynthesizer(lane_count=1, seconds_per_chunk=0.05)) as service:
            task = asyncio.ensure_future(service.whole(said(LONG)))
            await asyncio.sleep(0.2)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            began = time.monotonic()
            await service.whole(said())
            assert time.monotonic() - began < 2 and service.open_count == 0

    run(work)


def test_a_new_recording_is_encoded_once_and_only_who_brings_it_waits(tmp_path: Path) -> None:
    may_encode = threading.Event()

    class Slow(FakeSynthesizer):
        def encode_voice(self, recording: Path) -> np.ndarray:
            assert recording.name == "marigold.wav" or may_encode.wait(30)
            return super().encode_voice(recording)

    async def work() -> None:
        synthesizer = Slow()
        with VoiceShelf() as shelf:
            new = shelf.cloned((ROOT / "voices" / "ambrose.wav").read_bytes(), "What he says.")
            async with fake_service(synthesizer) as service:
                await service.whole(said())
                first = asyncio.ensure_future(service.whole(said(voices=(new,))))
                await asyncio.sleep(0.05)
                await service.whole(said())
                assert not first.done()
                may_encode.set()
                again = await service.whole(said(voices=(new,)))
                assert np.array_equal(again.samples, (await first).samples)
        assert len(synthesizer.voices_encoded) == 2

    run(work)


def test_codes_of_voices_are_kept_as_long_as_they_are_asked_for() -> None:
    codes = VoiceCodes(FakeSynthesizer(), most=2)
    takes = {key: voice_take(key, {}, np.zeros((8, 3), np.int16)) for key in "abc"}
    for key in "ab":
        codes.add_voice(key, takes[key])
    assert codes.voice("a") is takes["a"]
    codes.add_voice("c", takes["c"])
    assert codes.voice("b") is None and codes.voice("a") is takes["a"]


def test_lanes_go_round_among_clients() -> None:
    queue: FairQueue[str] = FairQueue()
    left = {"a1": 2, "a2": 1, "b1": 3}
    for name in left:
        queue.add(name[0], name)

    def ask(name: str) -> str | None:
        left[name] -= 1
        return name if left[name] >= 0 else None

    given = [queue.next(ask) for _ in range(7)]
    assert given == ["a1", "b1", "a2", "b1", "a1", "b1", None]
    for name in ("a1", "a2", "b1", "c9"):
        queue.remove(name[0], name)
    assert queue.next(ask) is None


def test_requests_that_come_together_all_have_a_lane_before_one_has_two() -> None:
    async def work() -> None:
        synthesizer = FakeSynthesizer(lane_count=4, seconds_per_chunk=0.02)
        async with fake_service(synthesizer) as service:
            await asyncio.gather(*(service.whole(said(f"{n}. {LONG}")) for n in range(4)))
        firsts = [run.key for run in synthesizer.runs_heard[:4]]
        assert len({key.partition(":")[0] for key in firsts}) == 4
        assert len(synthesizer.runs_heard) >= 8

    run(work)


def test_a_client_with_much_to_say_does_not_keep_another_waiting() -> None:
    async def work() -> None:
        synthesizer = FakeSynthesizer(lane_count=1, seconds_per_chunk=0.01)
        async with fake_service(synthesizer) as service:
            much = [
                asyncio.ensure_future(service.whole(said(f"{n} {LONG}", client="much")))
                for n in range(6)
            ]
            await asyncio.sleep(0.1)
            await service.whole(said(client="little"))
            assert not any(task.done() for task in much[2:])
            for task in much:
                task.cancel()
            await asyncio.gather(*much, return_exceptions=True)

    run(work)


def test_the_queue_is_bounded_and_a_client_has_half_of_it_at_most() -> None:
    async def work() -> None:
        slow = FakeSynthesizer(lane_count=1, seconds_per_chunk=0.2)
        async with fake_service(slow, open_requests=4) as service:
            tasks = [asyncio.ensure_future(service.whole(said(client="a"))) for _ in range(2)]
            await asyncio.sleep(0)
            with pytest.raises(BusyError) as full:
                await service.whole(said(client="a"))
            assert 1 <= full.value.retry_after_seconds <= 60
            tasks += [asyncio.ensure_future(service.whole(said(client=n))) for n in "bc"]
            await asyncio.sleep(0)
            with pytest.raises(BusyError):
                await service.whole(said(client="d"))
            await asyncio.gather(*tasks)
            await service.whole(said(client="d"))

    run(work)


def test_a_request_has_so_much_time() -> None:
    async def work() -> None:
        slow = FakeSynthesizer(lane_count=1, seconds_per_chunk=0.1)
        async with fake_service(slow, seconds=0.3) as service:
            with pytest.raises(GenerationTimeoutError):
                await service.whole(said(LONG))
            with pytest.raises(GenerationTimeoutError):
                await streamed(service, said(LONG))

    run(work)


@pytest.mark.parametrize(
    ("asked", "kind"),
    [
        (said("x" * 60_000), TooLongError),
        (said("  \n "), UsageError),
        (said("a\x00b"), UsageError),
        (said("\ud800"), UsageError),
        (said("..."), HiggsError),
        (said(settings={"model": "other"}), UsageError),
        (said(settings={"temperature": 9.0}), UsageError),
        (said(scene="x" * 5000), UsageError),
    ],
)
def test_what_cannot_be_said_is_refused_and_others_go_on(asked, kind: type[HiggsError]) -> None:
    async def work(service: SpeechService) -> None:
        with pytest.raises(kind):
            await service.whole(asked)
        with pytest.raises(kind):
            await streamed(service, asked)

    async def all_of_it() -> None:
        async with fake_service() as service:
            await work(service)
            assert (await service.whole(said())).seconds > 0 and service.open_count == 0

    run(all_of_it)


def test_a_header_opens_no_file(tmp_path) -> None:
    async def work() -> None:
        (tmp_path / "secret.txt").write_text("This is a secret.")
        synthesizer = FakeSynthesizer()
        text = f"---\nscene: {tmp_path}/secret.txt\ncast: {{NARRATOR: /etc/passwd}}\n---\n{LINE}"
        async with fake_service(synthesizer) as service:
            await service.whole(said(text))
        assert "secret" not in str(synthesizer.runs_heard)
        assert synthesizer.chunks_spoken == [LINE]

    run(work)


def test_what_fails_all_its_attempts_is_told_and_what_raises_ends_one_request_alone() -> None:
    def mishap(chunk: SpeechChunk, attempt: int) -> str | None:
        return "raise" if "raise" in chunk.text else "nothing" if "nothing" in chunk.text else None

    async def work() -> None:
        async with fake_service(FakeSynthesizer(mishap=mishap)) as service:
            for text in ("Please raise this.", "This is nothing."):
                with pytest.raises(HiggsError):
                    await service.whole(said(text))
            with pytest.raises(HiggsError):
                await streamed(service, said("Please raise this."))
            spoken = await service.whole(said("This is nothing at all. " * 12 + LINE))
            assert spoken.seconds > 0 or spoken.has_failed

    run(work)


def test_too_little_memory_halves_the_lanes() -> None:
    async def work() -> None:
        small = FakeSynthesizer(lane_count=4, memory_for_lanes=2)
        async with fake_service(small) as service:
            with pytest.raises(HiggsError):
                await service.whole(said())
            assert (await service.whole(said())).chunks[0].settled.take.verdict is Verdict.PASS
            assert service.speaker.state.lane_count == 2

    run(work)


class BrokenSynthesizer(FakeSynthesizer):
    """Its device is gone as soon as it is to speak."""

    def speak(self, *given: object, **named: object) -> FakeSpeech:
        raise DeviceError("the device is gone")


def test_a_model_that_has_failed_refuses_at_once_whoever_comes_later() -> None:
    async def work() -> None:
        async with fake_service(BrokenSynthesizer()) as service:
            while service.speaker.state.trouble is None:
                await asyncio.sleep(0.01)
            for _ in range(3):
                with pytest.raises(DeviceError):
                    await asyncio.wait_for(service.whole(said()), 5)
            assert service.open_count == 0

    run(work)


@pytest.mark.parametrize("more", [{"workers": 2}, {"cluster": "auto"}, {"device": "cuda:0,cuda:1"}])
def test_what_is_shared_out_among_workers_is_not_served(more: dict[str, Any]) -> None:
    async def work() -> None:
        async with SpeechService(Settings(**more)):
            pass

    with pytest.raises(UsageError, match="one device"):
        run(work)
