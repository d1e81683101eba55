"""Windows of one shape give what one shot gives, without a seam, whoever shares the batch."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from tests.tokenizer.codec_fixtures import randomize, small_config
from tokenizer.codec.codec import Codec, load_codec
from tokenizer.codec.fast import shared_batches
from tokenizer.codec.fast.cut_clip import CutWindow
from tokenizer.codec.fast.threaded_decoder import ThreadedDecoder
from tokenizer.codec.fast.window_decoder import (
    Arrival,
    WindowDecoder,
    WindowSettings,
    settings_for,
)
from tokenizer.codec.network import CodecNetwork
from tokenizer.codec.windows import decoder_context_frames

LENGTHS = (1, 2, 9, 30, 47, 48, 49, 75, 131, 200)
SMALL = WindowSettings(window_frames=48, batch_size=3)
MINI = Path(__file__).parents[3] / "tokenizer" / "mini"


@pytest.fixture(scope="module")
def codec() -> Codec:
    network = CodecNetwork(small_config())
    randomize(network)
    return Codec(network.eval())


def clip(codec: Codec, frames: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1000 * seed + frames)
    return torch.randint(
        0, codec.codebook_size, (codec.codebook_count, frames), generator=generator
    )


def in_one_shot(codec: Codec, codes: torch.Tensor) -> torch.Tensor:
    with torch.inference_mode():
        return codec.network.decode_latent(codec.network.dequantize(codes[None]))[0, 0]


def worst(found: torch.Tensor, expected: torch.Tensor) -> float:
    assert found.shape == expected.shape
    return float((found - expected).abs().max() / expected.abs().max())


def test_windows_are_the_clip_without_a_seam(codec: Codec) -> None:
    """Clips shorter than a window, as long, and cut into several; in batches that are not full."""
    clips = [clip(codec, frames) for frames in LENGTHS]
    sounds = WindowDecoder(codec.network, SMALL).decode(clips)
    assert max(map(worst, sounds, [in_one_shot(codec, one) for one in clips])) <= 1e-5


def test_a_clip_without_frames_is_no_sound(codec: Codec) -> None:
    sounds = WindowDecoder(codec.network, SMALL).decode([clip(codec, 0), clip(codec, 5)])
    assert [len(one) for one in sounds] == [0, 5 * codec.hop_length]


def test_a_clip_has_the_same_bits_in_any_company(codec: Codec) -> None:
    decoder = WindowDecoder(codec.network, SMALL)
    ours = [clip(codec, 30), clip(codec, 131)]
    alone = [decoder.decode([one])[0] for one in ours]
    others = [clip(codec, 17, 5), clip(codec, 60, 6)]
    first, _, second, _ = decoder.decode([ours[0], others[0], ours[1], others[1]])
    assert torch.equal(first, alone[0]) and torch.equal(second, alone[1])


@pytest.fixture(scope="module")
def spoken() -> tuple[Codec, list[torch.Tensor]]:
    """The bundled codec and voices: what a short format does to random weights tells nothing."""
    from safetensors import safe_open

    found = []
    for path in sorted((MINI.parents[1] / "voices").glob("*.codes.safetensors"))[:2]:
        with safe_open(path, "pt") as file:
            found.append(file.get_tensor(next(iter(file.keys()))).to(torch.int64)[:, :50])
    return load_codec(MINI), found


def log_spectral_distance_db(one: torch.Tensor, other: torch.Tensor) -> float:
    """Root mean square over frequencies, mean over time; 60 dB below the loudest counts as one."""
    window = torch.hann_window(1024)
    levels = []
    for sound in (one, other):
        power = torch.stft(sound, 1024, 256, window=window, return_complex=True).abs().square()
        levels.append(power)
    floor = float(levels[1].max()) * 1e-6
    apart = 10 * (levels[0].clamp_min(floor) / levels[1].clamp_min(floor)).log10()
    return float(apart.square().mean(0).sqrt().mean())


@pytest.mark.parametrize(
    ("dtype", "most_db"), [(torch.float16, 0.04), (torch.bfloat16, 0.3)], ids=["fp16", "bf16"]
)
def test_a_short_format_sounds_the_same(
    spoken: tuple[Codec, list[torch.Tensor]], dtype: torch.dtype, most_db: float
) -> None:
    codec, clips = spoken
    exact = WindowDecoder(codec.network, WindowSettings(window_frames=64, batch_size=2)).decode(
        clips
    )
    short = WindowDecoder(
        codec.network, WindowSettings(dtype, window_frames=64, batch_size=2)
    ).decode(clips)
    apart = [log_spectral_distance_db(a, b) for a, b in zip(short, exact, strict=True)]
    assert max(apart) <= most_db, apart
    own = next(codec.network.acoustic_decoder.parameters())
    assert own.dtype == torch.float32, "the codec's own weights are as they were"


class Overflowing(WindowDecoder):
    """What it gives is beyond what its format can hold."""

    def begin(self, windows: Sequence[CutWindow]) -> Arrival:
        return Arrival(torch.full_like(super().begin(windows).samples(), torch.inf))


def test_what_a_short_format_cannot_hold_is_decoded_in_float32(
    codec: Codec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_batches, "WindowDecoder", Overflowing)
    side, codes = ThreadedDecoder(codec, SMALL), clip(codec, 60)
    with ThreadPoolExecutor(1) as threads:
        sound = threads.submit(side.decode, codes).result()
    assert worst(sound, in_one_shot(codec, codes)) <= 1e-5


def test_fewer_codebooks_and_arrays_are_decoded_too(codec: Codec) -> None:
    side, codes = ThreadedDecoder(codec, SMALL), clip(codec, 60)
    with ThreadPoolExecutor(1) as threads:
        few = threads.submit(side.decode, codes[:3]).result()
        array = threads.submit(side.decode, codes.numpy().astype(np.int16)).result()
    assert worst(few, in_one_shot(codec, codes[:3])) <= 1e-5
    assert worst(array, in_one_shot(codec, codes)) <= 1e-5


def test_a_window_has_room_for_its_contexts() -> None:
    network = CodecNetwork(small_config())
    context = decoder_context_frames(network.config.acoustic)
    assert WindowSettings().window_frames > 4 * context, "else most of it is worked out twice"
    with pytest.raises(ValueError, match="no room"):
        WindowDecoder(network, WindowSettings(window_frames=2 * context)).decode(
            [torch.zeros(8, 90, dtype=torch.int64)]
        )


def test_more_threads_wait_for_a_card_than_takes_end_in_one_burst() -> None:
    """Of 256 lanes that speak takes of 8 seconds, on a machine with however few cores."""
    on_a_card = SimpleNamespace(device=torch.device("meta"))
    assert ThreadedDecoder(on_a_card).thread_count > 1.5 * 256 * 16 / (8 * 25 + 8)  # type: ignore[arg-type]


def test_a_cpu_decodes_clip_by_clip_and_a_gpu_in_the_precision_that_is_wanted() -> None:
    assert settings_for(torch.device("cpu"), "float16") is None
    on_cuda = [settings_for(torch.device("cuda"), name) for name in ("auto", "bfloat16", "float32")]
    formats = [one.dtype for one in on_cuda if one is not None and one.captures and one.fuses]
    assert formats == [torch.float16, torch.bfloat16, torch.float32]


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_recorded_windows_are_the_plain_ones(spoken: tuple[Codec, list[torch.Tensor]]) -> None:
    clips = spoken[1]
    codec = load_codec(MINI, "cuda")
    plain = WindowDecoder(codec.network, WindowSettings()).decode(clips)
    side = ThreadedDecoder(codec)
    with ThreadPoolExecutor(4) as threads:
        recorded = list(threads.map(side.decode, clips * 3))
    for sound, expected in zip(recorded, plain * 3, strict=True):
        assert log_spectral_distance_db(sound, expected) <= 0.04
    assert all(map(torch.equal, recorded[: len(clips)], recorded[-len(clips) :]))
