"""The codec's door: lengths, batches, streams, and what it refuses."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tokenizer.codec_fixtures import randomize, small_codec, small_config, speechlike
from tokenizer.codec import codec as codec_module
from tokenizer.codec.acoustic import AcousticDecoder
from tokenizer.codec.codec import Codec, load_codec
from tokenizer.codec.config import AcousticConfig, CodecConfig
from tokenizer.codec.config_writer import codec_config_values
from tokenizer.codec.stream import PreparedDecoder
from tokenizer.codec.windows import decoder_context_frames, plan_windows
from tokenizer.errors import CodecError, WaveformError

HOP = 960


@pytest.fixture(scope="module")
def codec(tmp_path_factory: pytest.TempPathFactory) -> Codec:
    return small_codec(tmp_path_factory.mktemp("codec"))


def some_codes(frames: int, seed: int = 0) -> torch.Tensor:
    return torch.randint(0, 256, (8, frames), generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(
    "sample_count", [960, 961, 1078, 1079, 1591, 1592, 1919, 1920, 9600 + 118, 9600 + 119]
)
def test_there_are_as_many_frames_as_the_original_makes(codec: Codec, sample_count: int) -> None:
    codes = codec.encode(speechlike(sample_count)[0, 0], 24_000)
    assert codes.shape == (8, (sample_count + 841) // HOP)
    assert codes.dtype == torch.int64


def test_the_law_of_lengths_holds_for_the_published_sizes() -> None:
    config = CodecConfig()
    for sample_count in range(3 * HOP, 5 * HOP):
        assert config.frame_count(sample_count) == (sample_count + 841) // HOP
    assert [config.frame_count(count) for count in (0, 1, 118, 119)] == [0, 0, 0, 1]


@pytest.mark.parametrize("ratios", [[8, 5, 4, 3], [8, 5, 4, 2, 3], [4, 4, 4, 5, 6]])
def test_whole_frames_are_counted_whole_at_any_stride(ratios: list[int]) -> None:
    config = small_config(ratios=ratios)
    for frames in range(1, 50):
        assert config.frame_count(frames * config.hop_length) == frames


def test_too_little_for_a_frame_makes_none(codec: Codec) -> None:
    for sample_count in (0, 1, 118):
        sound = speechlike(sample_count)[0, 0].numpy()
        assert [part.shape for part in codec.encode_blocks([sound])] == [(8, 0)]


def test_padding_is_silence_on_the_right(codec: Codec) -> None:
    samples = speechlike(5 * HOP + 400)[0, 0]
    padded = torch.cat([samples, torch.zeros(560)])
    assert torch.equal(codec.encode(samples, 24_000), codec.encode(padded, 24_000))


@pytest.mark.parametrize("frames", [0, 1, 2, 13, 50, 51, 120])
def test_every_frame_is_960_samples(codec: Codec, frames: int) -> None:
    samples = codec.decode(some_codes(frames))
    assert samples.shape == (frames * HOP,)
    assert samples.dtype == torch.float32


@pytest.mark.parametrize("fused", [True, False])
def test_decoding_in_pieces_is_the_plain_layers_in_one_shot(codec: Codec, fused: bool) -> None:
    codes = some_codes(170)
    with torch.inference_mode():
        network = codec.network
        plain = network.decode_latent(network.dequantize(codes[None]))[0, 0]
    assert plain.abs().max() > 0.1
    stream = PreparedDecoder(codec.network, fused=fused).stream()
    with torch.inference_mode():
        parts = [stream.push(piece) for piece in codes[None].split(40, dim=2)]
        joined = torch.cat([*parts, stream.finish()], dim=1)[0]
    assert (joined - plain).abs().max() <= 1e-5
    assert (codec.decode(codes) - plain).abs().max() <= 1e-5


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(sizes=st.lists(st.integers(0, 23), min_size=1, max_size=8))
def test_a_stream_is_one_shot_for_any_chunking(codec: Codec, sizes: list[int]) -> None:
    codes = some_codes(sum(sizes))
    stream, parts, start = codec.stream(), [], 0
    for size in sizes:
        parts.append(stream.push(codes[:, start : start + size]))
        start += size
    joined = torch.cat([*parts, stream.finish()])
    whole = codec.decode(codes)
    assert joined.shape == whole.shape
    assert not whole.numel() or (joined - whole).abs().max() <= 1e-5


def test_a_stream_lags_by_no_more_than_its_context(codec: Codec) -> None:
    stream, context = codec.stream(), decoder_context_frames(codec.config.acoustic)
    given = [len(stream.push(some_codes(1, seed))) for seed in range(30)]
    assert sum(given[:context]) <= HOP
    assert given[context + 1 :] == [HOP] * (29 - context)


def test_a_stream_keeps_no_more_after_hours_than_after_seconds(codec: Codec) -> None:
    stream = codec.stream()

    def kept_bytes() -> int:
        tensors: set[torch.Tensor] = set()
        todo: list[object] = list(stream._stream._stages)
        while todo:
            part = todo.pop()
            if isinstance(part, torch.Tensor):
                tensors.add(part)
            elif type(part).__module__ == "tokenizer.codec.stream":
                todo += vars(part).values()
        return sum(tensor.untyped_storage().nbytes() for tensor in tensors)

    sizes = []
    for seed in range(12):
        stream.push(some_codes(20, seed))
        sizes.append(kept_bytes())
    assert sizes[2:] == [sizes[2]] * 10
    assert sizes[2] < 1_000_000


def test_a_finished_stream_says_so(codec: Codec) -> None:
    stream = codec.stream()
    stream.finish()
    with pytest.raises(RuntimeError, match="finished"):
        stream.push(some_codes(1))


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    lengths=st.lists(st.integers(0, 200), min_size=1, max_size=5),
    together=st.booleans(),
    codebooks=st.sampled_from((8, 8, 3)),
)
def test_a_clip_of_a_batch_does_not_know_its_neighbours(
    codec: Codec, lengths: list[int], together: bool, codebooks: int
) -> None:
    clips = [some_codes(length, seed) for seed, length in enumerate(lengths)]
    clips[0] = clips[0][:codebooks]
    sounds = codec.decode_batch(clips, together=together)
    for clip, sound in zip(clips, sounds, strict=True):
        alone = codec.decode(clip)
        assert sound.shape == alone.shape
        assert not alone.numel() or (sound - alone).abs().max() <= 2e-6 * alone.abs().max()


def test_windows_cover_every_frame_once_with_context_on_both_sides() -> None:
    for window in plan_windows([7, 50, 51, 1000, 0], window=50, context=10):
        assert window.start <= window.keep_start <= window.keep_stop <= window.stop
        assert window.frame_count <= 50
    for count in range(1, 200):
        windows = plan_windows([count], window=50, context=10)
        kept = [frame for w in windows for frame in range(w.keep_start, w.keep_stop)]
        assert kept == list(range(count))
        for w in windows:
            assert w.start == 0 or w.keep_start - w.start >= 10
            assert w.stop == count or w.stop - w.keep_stop >= 10


@pytest.mark.parametrize("ratios", [(8, 5, 4, 2, 3), (2, 4, 8), (3, 3)])
def test_the_context_is_what_the_layers_reach_and_no_less(ratios: tuple[int, ...]) -> None:
    config = AcousticConfig(
        decoder_width=64, latent_size=4, downsampling_ratios=ratios, upsampling_ratios=ratios
    )
    decoder = AcousticDecoder(config).eval().double()
    randomize(decoder)
    context, middle = decoder_context_frames(config), 40
    latent = torch.zeros(2, 4, 81, dtype=torch.float64)
    latent[1, :, middle] = 1.0
    with torch.inference_mode():
        quiet, touched = decoder(latent)[:, 0].view(2, 81, -1)
    frames = (quiet != touched).any(dim=1).nonzero().flatten()
    reach = max(middle - int(frames.min()), int(frames.max()) - middle)
    assert reach == context


def test_a_long_recording_is_encoded_through_windows(codec: Codec) -> None:
    samples = speechlike(400 * HOP + 100)[0, 0]
    whole = codec.encode(samples, 24_000)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(codec_module, "ONE_PIECE_SECONDS", 5.0)
        patch.setattr(codec_module, "ENCODE_WINDOW_SECONDS", 4.0)
        patch.setattr(codec_module, "ENCODE_CONTEXT_SECONDS", 1.0)
        blocks = [block.numpy() for block in samples.split(7001)]
        windowed = torch.cat(list(codec.encode_blocks(blocks)), dim=1)
    assert windowed.shape == whole.shape
    # The speech model attends to less; most codes are not touched by that.
    assert (windowed == whole).float().mean() > 0.5


def test_channels_are_mixed_and_rates_converted(codec: Codec) -> None:
    tone = torch.sin(torch.arange(44_100) * 0.05)
    stereo = torch.stack([tone, tone])
    assert torch.equal(codec.encode(stereo, 44_100), codec.encode(tone.numpy(), 44_100))
    assert codec.encode(stereo, 44_100).shape == (8, 25)


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (torch.zeros(0), "holds no sound"),
        (torch.zeros(3), r"3 samples \(0.12 ms\)"),
        (torch.tensor([0.0] * 4000 + [float("nan")] * 4000), "not a number, at 0.167 s"),
        (torch.tensor([0.0] * 4000 + [float("inf")]), "not a number"),
        (torch.zeros(4000, dtype=torch.int16), "floating point"),
        (torch.zeros(1, 1, 4000), r"\[channels, samples\]"),
        (torch.zeros(4000, 2), r"\[channels, samples\], not \[4000, 2\]"),
        (torch.zeros(0, 4000), "holds no sound"),
        (torch.full((4000,), 1e300, dtype=torch.float64), "not a number"),
        (torch.zeros(959), r"39\.96 ms"),
        (np.broadcast_to(np.float32(0), (8 * 3600 * 24_000,)), "lasts 8.00 h, over the limit of 4"),
        ("voice.wav", r"\[samples\]"),
    ],
)
def test_unusable_sound_is_refused_in_one_line(codec: Codec, samples: object, message: str) -> None:
    with pytest.raises(WaveformError, match=message):
        codec.encode(samples, 24_000)  # type: ignore[arg-type]


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16])
def test_sound_of_any_floating_point_format_is_taken(codec: Codec, dtype: torch.dtype) -> None:
    samples = speechlike(9600)[0, 0].to(dtype)
    assert torch.equal(codec.encode(samples, 24_000), codec.encode(samples.float(), 24_000))


@pytest.mark.parametrize("dtype", [np.int64, np.int16, np.uint16, np.uint8])
def test_codes_come_as_arrays_of_any_whole_numbers(codec: Codec, dtype: type) -> None:
    codes = some_codes(4)
    array = np.asfortranarray(codes.numpy().astype(dtype))
    assert torch.equal(codec.decode(array), codec.decode(codes))
    assert torch.equal(codec.decode(torch.from_numpy(array)), codec.decode(codes))


@pytest.mark.parametrize("device", ["toaster", "meta", "cuda:99"])
def test_a_device_that_is_not_here_is_named(tmp_path: Path, device: str) -> None:
    small_codec(tmp_path)
    with pytest.raises(CodecError, match=f"device '{device}' cannot be used") as caught:
        load_codec(tmp_path, device)
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    ("codes", "message"),
    [
        (torch.full((8, 3), 256), r"0\.\.255, found 256"),
        (torch.full((8, 3), -1), "found -1"),
        (torch.zeros(9, 3, dtype=torch.int64), "8 codebooks"),
        (torch.zeros(8, dtype=torch.int64), "8 codebooks"),
        (torch.zeros(8, 3), "whole numbers"),
        ([[0]] * 8, "a tensor or an array, not list"),
    ],
)
def test_impossible_codes_are_refused(codec: Codec, codes: object, message: str) -> None:
    with pytest.raises(CodecError, match=message):
        codec.decode(codes)  # type: ignore[arg-type]


def test_fewer_codebooks_decode_to_a_rougher_sound(codec: Codec) -> None:
    assert codec.decode(some_codes(5)[:4]).shape == (5 * HOP,)


def test_the_fingerprint_follows_the_codebooks(codec: Codec, tmp_path: Path) -> None:
    assert len(codec.fingerprint()) == 16
    assert codec.fingerprint() != small_codec(tmp_path, seed=1).fingerprint()


def test_codes_that_an_earlier_release_named_are_still_this_codecs(codec: Codec) -> None:
    """Its fingerprint also told of `mask_time_prob`, where `config.json` did."""
    values = codec_config_values(codec.config)
    speech = values["semantic_model_config"]
    assert isinstance(speech, dict)
    unsaid = {k: v for k, v in speech.items() if k != "mask_time_prob"}
    for told in (unsaid, speech):
        digest = hashlib.sha256(
            json.dumps({**values, "semantic_model_config": told}, sort_keys=True).encode()
        )
        for name, value in codec.network.quantizer.state_dict().items():
            if name.endswith("codebook.embed"):
                digest.update(value.numpy().tobytes())
        assert codec.is_named(digest.hexdigest()[:16])
    assert not codec.is_named("0" * 16)


def test_decoding_never_loads_transformers_and_encoding_does(codec: Codec, tmp_path: Path) -> None:
    small_codec(tmp_path)
    code = """
import sys, time, torch, numpy
from tokenizer import load_codec
began = time.process_time()
codec = load_codec(sys.argv[1])
spent = time.process_time() - began
codec.decode(torch.zeros(8, 3, dtype=torch.int64))
assert "transformers" not in sys.modules and codec.network.semantic_model is None
assert all(p.is_meta for p in codec.network.acoustic_encoder.parameters())
codec.encode(numpy.zeros(9600, numpy.float32), 24000)
assert "transformers" in sys.modules
print(spent)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 0.5


def test_the_package_gives_its_door_without_being_asked_for_torch() -> None:
    code = "import sys, tokenizer; assert 'torch' not in sys.modules; tokenizer.load_codec"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_encoding_is_the_same_twice_and_from_numpy(codec: Codec) -> None:
    samples = speechlike(9600)[0, 0]
    first = codec.encode(samples, 24_000)
    assert torch.equal(first, codec.encode(np.asarray(samples), 24_000))
