"""A clip decoded beside other work is the clip, whoever else decodes and however many cores."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from tests.tokenizer.codec_fixtures import randomize, small_config
from tokenizer.codec.codec import Codec
from tokenizer.codec.fast.threaded_decoder import ThreadedDecoder, thread_count
from tokenizer.codec.network import CodecNetwork
from tokenizer.errors import CodecError


@pytest.fixture(scope="module")
def codec() -> Codec:
    network = CodecNetwork(small_config())
    randomize(network)
    return Codec(network.eval())


def clips(codec: Codec, count: int) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(3)
    shapes = [(codec.codebook_count, 7 + 61 * number) for number in range(count)]
    return [torch.randint(0, codec.codebook_size, s, generator=generator) for s in shapes]


def test_threads_decode_what_the_codec_decodes_on_one_core(codec: Codec) -> None:
    given, before = clips(codec, 5), torch.get_num_threads()
    side = ThreadedDecoder(codec)
    with ThreadPoolExecutor(3) as threads:
        sounds = list(threads.map(side.decode, given * 2))
    assert torch.get_num_threads() == before, "the speaking thread keeps its own count"
    with ThreadPoolExecutor(1, initializer=torch.set_num_threads, initargs=(1,)) as threads:
        expected = list(threads.map(codec.decode, given * 2))
    assert all(map(torch.equal, sounds, expected))


def test_recordings_may_be_encoded_meanwhile(codec: Codec) -> None:
    given = clips(codec, 4)
    side = ThreadedDecoder(codec)
    with ThreadPoolExecutor(2) as threads:
        alone = list(threads.map(side.decode, given))
    codec.network.build_speech_model()
    randomize(codec.network.semantic_model)
    with ThreadPoolExecutor(2) as threads:
        sounds = threads.map(side.decode, given)
        codec.encode(torch.zeros(24000), 24000)
        assert all(map(torch.equal, sounds, alone))


def test_codes_that_are_none_are_refused(codec: Codec) -> None:
    with pytest.raises(CodecError, match="must lie in"):
        ThreadedDecoder(codec).decode(torch.full((codec.codebook_count, 3), 1 << 20))


def test_a_core_is_left_to_the_lanes() -> None:
    assert [thread_count(cores) for cores in (1, 2, 3, 16)] == [1, 1, 2, 4]


def test_a_stream_gives_what_one_shot_gives_however_the_codes_come(codec: Codec) -> None:
    decoder = ThreadedDecoder(codec)
    for clip, sizes in zip(clips(codec, 3), ([1] * 400, [7] * 60, [12, 12, 25, 400]), strict=True):
        stream, parts, at = decoder.stream(), [], 0
        for size in sizes:
            if at < clip.shape[1]:
                parts.append(stream.push(clip[:, at : at + size]))
                at += size
        joined = torch.cat([*parts, stream.finish()])
        whole = decoder.decode(clip)
        assert joined.shape == whole.shape
        assert torch.allclose(joined, whole, atol=1e-4, rtol=0)
    assert decoder.stream().finish().shape == (0,)
