"""Threads that wait share batches, and take turns with the lanes of the same device."""

from __future__ import annotations

import copy
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import torch

from tests.tokenizer.codec_fixtures import randomize, small_config
from tokenizer.codec.codec import Codec
from tokenizer.codec.fast import shared_batches, window_decoder
from tokenizer.codec.fast.cut_clip import CutWindow
from tokenizer.codec.fast.shared_batches import SharedBatches
from tokenizer.codec.fast.threaded_decoder import ThreadedDecoder
from tokenizer.codec.fast.window_decoder import Arrival, WindowDecoder, WindowSettings
from tokenizer.codec.network import CodecNetwork

SETTINGS = WindowSettings(window_frames=48, batch_size=4)


@pytest.fixture(scope="module")
def network() -> CodecNetwork:
    made = CodecNetwork(small_config()).eval()
    randomize(made)
    return made


def some_codes(frames: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(frames)
    return torch.randint(0, 256, (8, frames), generator=generator)


def in_one_shot(network: CodecNetwork, codes: torch.Tensor) -> torch.Tensor:
    with torch.inference_mode():
        return network.decode_latent(network.dequantize(codes[None]))[0, 0]


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many windows were in each batch."""
    sizes: list[int] = []

    class Counting(WindowDecoder):
        def begin(self, windows: Sequence[CutWindow]) -> Arrival:
            sizes.append(len(windows))
            return super().begin(windows)

    monkeypatch.setattr(shared_batches, "WindowDecoder", Counting)
    return sizes


def test_takes_that_end_together_fill_batches_together(
    network: CodecNetwork, batches: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Eight clips of one to five windows, and not a place of any batch is empty."""
    monkeypatch.setattr(shared_batches, "_COMPANY_SECONDS", 5.0)
    clips = [some_codes(20 + 19 * number) for number in range(8)]
    shared, together = SharedBatches(network, SETTINGS), threading.Barrier(8)
    window_count = sum(len(list(shared.prepare().cut(codes))) for codes in clips)
    assert window_count % SETTINGS.batch_size == 0, "else the last would wait for company"

    def decoded(codes: torch.Tensor) -> torch.Tensor:
        together.wait(5)
        return shared.decode(codes)

    with ThreadPoolExecutor(8) as threads:
        sounds = list(threads.map(decoded, clips))
    for sound, codes in zip(sounds, clips, strict=True):
        expected = in_one_shot(network, codes)
        assert float((sound - expected).abs().max() / expected.abs().max()) <= 1e-5
    assert batches == [SETTINGS.batch_size] * (window_count // SETTINGS.batch_size)


def test_who_has_no_company_does_not_wait_for_it(network: CodecNetwork, batches: list[int]) -> None:
    assert len(SharedBatches(network, SETTINGS).decode(some_codes(20))) == 20 * 960
    assert batches == [1]


def test_a_long_clip_goes_part_by_part(
    network: CodecNetwork, batches: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_batches, "_MOST_WINDOWS", 4)
    codes = some_codes(300)
    sound, expected = SharedBatches(network, SETTINGS).decode(codes), in_one_shot(network, codes)
    assert float((sound - expected).abs().max() / expected.abs().max()) <= 1e-5
    assert len(batches) > 1 and max(batches) <= 4


def test_a_clip_without_frames_is_no_sound(network: CodecNetwork, batches: list[int]) -> None:
    assert not len(SharedBatches(network, SETTINGS).decode(some_codes(0))) and not batches


def test_what_goes_wrong_reaches_everybody_who_waits(
    network: CodecNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(WindowDecoder):
        def begin(self, windows: Sequence[CutWindow]) -> Arrival:
            raise RuntimeError("the device is lost")

    monkeypatch.setattr(shared_batches, "WindowDecoder", Broken)
    shared = SharedBatches(network, SETTINGS)
    with ThreadPoolExecutor(3) as threads:
        waiting = [threads.submit(shared.decode, some_codes(30)) for _ in range(3)]
    for one in waiting:
        with pytest.raises(RuntimeError, match="lost"):
            one.result()


def test_what_is_prepared_is_not_made_again_beside_the_lanes(
    network: CodecNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    codec = Codec(network)
    side, codes = ThreadedDecoder(codec, SETTINGS), some_codes(60)
    side.prepare()
    ThreadedDecoder(codec).prepare()  # nothing to make where clips are decoded one by one

    def made_again(*_: object) -> None:
        raise AssertionError("a recording beside another one breaks both")

    monkeypatch.setattr(shared_batches, "WindowDecoder", made_again)
    side.prepare()
    assert len(side.decode(codes)) == 60 * 960


class Stream:
    """Of a device that is not there: it notes what waits for what."""

    def __init__(self, name: str, noted: list[tuple[str, str]]) -> None:
        self.name, self.noted = name, noted
        self.device = torch.device("cpu")

    def wait_stream(self, other: Stream) -> None:
        self.noted.append((self.name, other.name))


@pytest.fixture
def turns(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """(who, waits for whom), as it is asked for."""
    noted: list[tuple[str, str]] = []
    names = iter(("work", "away"))
    lanes = Stream("lanes", noted)
    monkeypatch.setattr(torch.cuda, "Stream", lambda *_, **__: Stream(next(names), noted))
    monkeypatch.setattr(torch.cuda, "current_stream", lambda *_: lanes)
    return noted


def test_windows_come_behind_the_burst_under_way_and_before_the_next(
    turns: list[tuple[str, str]],
) -> None:
    streams = window_decoder._Streams(torch.device("cpu"))
    turns.clear()
    streams.stand_behind_the_lanes()
    assert not turns, "there are no lanes yet"
    for _ in range(2):
        streams.let_the_lanes_in()  # a burst is about to be begun
        streams.stand_behind_the_lanes()  # a batch is about to be begun
    assert turns == 2 * [("lanes", "work"), ("work", "lanes")]


def test_turns_are_taken_only_if_they_are_wanted_and_only_on_a_card(
    network: CodecNetwork, turns: list[tuple[str, str]]
) -> None:
    decoder = WindowDecoder(network, SETTINGS)
    decoder.before_burst()
    assert not turns, "a CPU has no streams"
    for takes_turns in (True, False):
        beside = WindowDecoder(network, replace(SETTINGS, takes_turns=takes_turns))
        beside._streams = window_decoder._Streams.__new__(window_decoder._Streams)
        beside._streams.work = Stream("work", turns)  # type: ignore[assignment]
        beside.before_burst()
        assert turns == ([("lanes", "work")] if takes_turns else [])
        turns.clear()


def test_taking_turns_is_no_part_of_what_decides_the_sound() -> None:
    assert repr(WindowSettings(takes_turns=False)) == repr(WindowSettings())


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_takes_decoded_between_bursts_are_the_takes_decoded_alone(network: CodecNetwork) -> None:
    """Lanes that keep the device busy, threads that decode meanwhile, on a card."""
    codec = Codec(copy.deepcopy(network), torch.device("cuda"))
    side = ThreadedDecoder(codec, replace(SETTINGS, captures=True))
    side.prepare()
    clips = [some_codes(20 + 19 * number) for number in range(8)]
    alone = [side.decode(codes) for codes in clips]
    busy = torch.randn(2048, 2048, device="cuda")
    with ThreadPoolExecutor(8) as threads:
        waiting = [threads.submit(side.decode, codes) for codes in clips * 4]
        while not all(one.done() for one in waiting):
            side.before_burst()
            for _ in range(16):
                busy = (busy @ busy).tanh()
            torch.cuda.current_stream().synchronize()
    assert bool(busy.isfinite().all())
    assert all(torch.equal(one.result(), alone[n % 8]) for n, one in enumerate(waiting))
