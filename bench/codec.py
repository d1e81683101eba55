"""How fast the codec is on one core, beside the `transformers` implementation with the same
weights.

    python bench/codec.py                      # the sizes of the published codec, random weights
    python bench/codec.py --codec FOLDER       # a codec on disk
    python bench/codec.py --pause PIDS         # a file of process ids to stop while measuring

Times real time, of ten seconds of sound. Both decoders are timed in one process, in turns, and the
best of several rounds counts: what else runs on the machine then hurts both alike. The transformers
implementation's own encoding is not timed: it needs torchaudio.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch import Tensor, nn

from bench.quiet import paused
from tests.tokenizer.codec_fixtures import (
    randomize,
    speechlike,
    torchaudio_stand_in,
)
from tokenizer.codec.codec import Codec, load_codec
from tokenizer.codec.config import AcousticConfig, CodecConfig
from tokenizer.codec.config_writer import codec_config_values
from tokenizer.codec.network import CodecNetwork

FRAMES = 250  # ten seconds


def main() -> None:
    options = _options()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    print("| codec | decode | transformers decode | ratio | encode | sounds differ by |")
    print("|---|---|---|---|---|---|")
    for name, codec in _codecs(options):
        reference = _transformers_codec(codec)
        codes = torch.randint(0, codec.codebook_size, (codec.codebook_count, FRAMES))
        with paused(options.pause), torch.inference_mode():
            ours, theirs, apart = _decoding(codec, reference, codes, options.rounds)
            encoding = _encoding(codec)
        seconds = FRAMES * codec.hop_length / codec.sample_rate
        print(
            f"| {name} | {seconds / ours:.1f} | {seconds / theirs:.1f} | {theirs / ours:.2f} "
            f"| {seconds / encoding:.1f} | {apart:.1e} |"
        )


def _decoding(
    codec: Codec, reference: nn.Module, codes: Tensor, rounds: int
) -> tuple[float, float, float]:
    """Seconds of ours, seconds of the transformers implementation's, and how far their sounds are
    apart."""
    apart = (codec.decode(codes) - reference.decode(codes[None]).audio_values[0, 0]).abs().max()
    ours, theirs = _best(
        [lambda: codec.decode(codes), lambda: reference.decode(codes[None])], rounds
    )
    return ours, theirs, float(apart)


def _encoding(codec: Codec) -> float:
    samples = speechlike(FRAMES * codec.hop_length)[0, 0]
    return _best([lambda: codec.encode(samples, codec.sample_rate)], 2)[0]


def _best(ways: list[Callable[[], object]], rounds: int) -> list[float]:
    """The least processor time of each way, measured in turns."""
    best = [float("inf")] * len(ways)
    for way in ways:
        way()
    for _ in range(rounds):
        for index, way in enumerate(ways):
            began = time.process_time()
            way()
            best[index] = min(best[index], time.process_time() - began)
    return best


def _codecs(options: argparse.Namespace) -> Iterator[tuple[str, Codec]]:
    if options.codec:
        yield options.codec.name, load_codec(options.codec)
        return
    for width in options.widths:
        config = CodecConfig(acoustic=AcousticConfig(decoder_width=width, latent_size=width // 4))
        network = CodecNetwork(config).eval()
        network.build_speech_model()
        with torch.no_grad():
            randomize(network)
        yield f"decoder width {width}", Codec(network)


def _transformers_codec(codec: Codec) -> nn.Module:
    """The transformers implementation with our weights. Its resampler stands in: only decoding is
    timed."""
    codec.read_all()
    with torchaudio_stand_in():
        from transformers.models.higgs_audio_v2_tokenizer import (
            configuration_higgs_audio_v2_tokenizer as configuration,
        )
        from transformers.models.higgs_audio_v2_tokenizer import (
            modeling_higgs_audio_v2_tokenizer as modeling,
        )

        values = codec_config_values(codec.config)
        config = configuration.HiggsAudioV2TokenizerConfig(**values)
        reference = modeling.HiggsAudioV2TokenizerModel(config).eval()
    reference.load_state_dict(codec.network.state_dict())
    return reference


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--codec", type=Path)
    parser.add_argument("--widths", type=int, nargs="+", default=[1024, 384, 256])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pause", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    main()
