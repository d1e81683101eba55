"""What is promised in float32 is worked out in float32, and flags are left as they were found."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
import torch

from tests.tokenizer.codec_fixtures import small_codec, speechlike
from tokenizer.codec import codec as codec_module
from tokenizer.codec.fast import channels_last, threaded_decoder
from tokenizer.codec.fast.channels_last import ChannelsLastDecoder
from tokenizer.codec.fast.threaded_decoder import ThreadedDecoder
from tokenizer.codec.full_float32 import full_float32

CARD = torch.device("cuda")


def flags() -> dict[str, object]:
    cudnn = torch.backends.cudnn
    found = {"enabled": cudnn.enabled, "benchmark": cudnn.benchmark}
    return found | {"deterministic": cudnn.deterministic, "allow_tf32": cudnn.allow_tf32}


@pytest.fixture(autouse=True)
def unlike_the_defaults() -> object:
    """What was set by others, in every flag but one."""
    with torch.backends.cudnn.flags(
        enabled=True, benchmark=True, deterministic=True, allow_tf32=True
    ):
        yield


def test_only_the_shortening_of_factors_is_switched_off() -> None:
    before = flags()
    with full_float32(CARD):
        assert flags() == before | {"allow_tf32": False}
    assert flags() == before


def test_flags_are_as_before_after_trouble_too() -> None:
    before = flags()
    with pytest.raises(ValueError, match="trouble"), full_float32(CARD):
        raise ValueError("trouble")
    assert flags() == before


def test_threads_may_come_and_go_in_any_order() -> None:
    before, seen = flags(), []
    both_are_in, first_has_gone = threading.Barrier(2), threading.Event()

    def first() -> None:
        with full_float32(CARD):
            both_are_in.wait(5)
        first_has_gone.set()

    def second() -> None:
        with full_float32(CARD):
            both_are_in.wait(5)
            first_has_gone.wait(5)
            seen.append(flags())

    threads = [threading.Thread(target=one) for one in (first, second)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert seen == [before | {"allow_tf32": False}] and flags() == before


def test_a_cpu_has_nothing_to_switch() -> None:
    before = flags()
    with full_float32(torch.device("cpu")):
        assert flags() == before


Seen = list[bool]


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Seen:
    """The flag at every convolution, of a codec that thinks it is on a card."""

    def as_on_a_card(device: torch.device) -> AbstractContextManager[None]:
        return full_float32(CARD)

    for module in (codec_module, threaded_decoder, channels_last):
        monkeypatch.setattr(module, "full_float32", as_on_a_card)
    found: Seen = []
    for name in ("conv1d", "conv2d"):
        monkeypatch.setattr(torch.nn.functional, name, _noting(name, found))
    return found


def _noting(name: str, found: Seen) -> Callable[..., torch.Tensor]:
    really = getattr(torch.nn.functional, name)

    def noted(*args: object, **named: object) -> torch.Tensor:
        found.append(torch.backends.cudnn.allow_tf32)
        return really(*args, **named)

    return noted


def test_encoding_and_decoding_in_float32_shorten_nothing(tmp_path: Path, seen: Seen) -> None:
    codec, before = small_codec(tmp_path), flags()
    codes = torch.cat(list(codec.encode_blocks([speechlike(9600)[0, 0].numpy()])), dim=1)
    codec.decode(codes)
    side = ThreadedDecoder(codec)
    side.decode(codes)
    stream = side.stream()
    stream.push(codes)
    stream.finish()
    ChannelsLastDecoder(codec.network, torch.float32)(codes[None], torch.tensor([codes.shape[1]]))
    assert len(seen) > 100 and not any(seen) and flags() == before


def test_a_short_format_leaves_the_flags_alone(tmp_path: Path, seen: Seen) -> None:
    decode = ChannelsLastDecoder(small_codec(tmp_path).network, torch.bfloat16)
    decode(torch.zeros(1, 8, 4, dtype=torch.int64), torch.tensor([4]))
    assert seen and all(seen)
