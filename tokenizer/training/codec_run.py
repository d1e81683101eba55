"""A codec training run from a folder of recordings and a codec folder to a finished codec.

A start without weights is a beginning from nothing: its speech model is drawn by the seed and stays
as it is, everything else is fitted to the recordings before the first step.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from tokenizer.codec.checkpoint import WEIGHTS, CodecCheckpoint
from tokenizer.codec.config import CodecConfig, read_codec_config
from tokenizer.codec.network import CodecNetwork
from tokenizer.errors import WaveformError
from tokenizer.recordings.waveform import read_waveform
from tokenizer.training.codec_recipe import CodecRecipe, require
from tokenizer.training.codec_trainer import CodecTrainer
from tokenizer.training.data_start import LAST_SCALE, start_from_data
from tokenizer.training.spectral import WINDOW_LENGTHS

SOUND_SUFFIXES = frozenset({".wav", ".flac", ".ogg", ".mp3", ".m4a", ".opus"})
FULL_SCALE = 32767.0


@dataclass(frozen=True, kw_only=True)
class CodecRunSettings:
    """What is learned from what, and where it is kept."""

    recordings: Path
    """A folder of sound files, looked through to the bottom; held in memory, 170 MB an hour."""
    start: Path
    """A codec folder: its weights are continued, or, where there are none, begun from the data."""
    out: Path
    """The checkpoint goes to `out`, the finished codec to `out/codec`."""
    recipe: CodecRecipe
    lanes: int = 16
    """Crops in one batch."""
    seconds: float = 1.0
    """The length of a crop, rounded to whole frames."""
    threads: int = 0
    """Of each process on a CPU; 0 leaves it to torch."""

    def __post_init__(self) -> None:
        require(self.lanes >= 1, "lanes", self.lanes, "a whole number from 1 on")
        require(0 < self.seconds < math.inf, "seconds", self.seconds, "a number above 0")
        require(self.threads >= 0, "threads", self.threads, "a whole number from 0 on")


class Crops:
    """Random stretches of recordings: a pure function of seed, step and process."""

    def __init__(self, folder: Path, sample_rate: int, lanes: int, length: int, seed: int) -> None:
        paths = sorted(path for path in folder.rglob("*") if path.suffix in SOUND_SUFFIXES)
        if not paths:
            raise WaveformError(f"{folder}: no recordings here")
        self._recordings = [_as_int16(read_waveform(path, sample_rate)) for path in paths]
        self._sizes = torch.tensor([float(len(one)) for one in self._recordings])
        self._lanes, self._length, self._seed = lanes, length, seed

    def __call__(self, step: int, process: int) -> Tensor:
        """`[lanes, 1, samples]`; long recordings are drawn more often, short ones are padded."""
        generator = torch.Generator().manual_seed((self._seed * 1_000_003 + step) * 4096 + process)
        chosen = torch.multinomial(self._sizes, self._lanes, True, generator=generator)
        crops = torch.zeros(self._lanes, 1, self._length)
        for crop, number in zip(crops, chosen.tolist(), strict=True):
            recording = self._recordings[number]
            room = max(len(recording) - self._length, 0) + 1
            first = int(torch.randint(room, (), generator=generator))
            stretch = recording[first : first + self._length]
            crop[0, : len(stretch)] = stretch.float() / FULL_SCALE
        return crops


def open_codec_run(settings: CodecRunSettings) -> CodecTrainer:
    """The trainer of a run, at the step it had reached."""
    if settings.threads:
        torch.set_num_threads(settings.threads)
    config = read_codec_config(settings.start)
    length, seed = _crop_length(settings.seconds, config), settings.recipe.seed
    crops = Crops(settings.recordings, config.sample_rate, settings.lanes, length, seed)
    if (settings.start / WEIGHTS).is_file():
        network = _continued(settings.start, config)
    else:
        torch.manual_seed(seed)
        network = _begun(config, crops(0, 0))
    trainer = CodecTrainer(network, settings.recipe, crops, settings.out)
    trainer.resume()
    _refuse_empty_codebooks(trainer)
    return trainer


def _crop_length(seconds: float, config: CodecConfig) -> int:
    """In samples, whole frames; a spectrum mirrors half a window at each end of a crop."""
    length = round(seconds * config.sample_rate / config.hop_length) * config.hop_length
    least = max(WINDOW_LENGTHS) // 2 // config.hop_length + 1
    wanted = f"at least {least * config.hop_length / config.sample_rate:g}, {least} frames"
    require(length >= least * config.hop_length, "seconds", seconds, wanted)
    return length


def _refuse_empty_codebooks(trainer: CodecTrainer) -> None:
    """Codebooks that nothing has filled, and nothing will, make a codec that says nothing."""
    quantize_from, step = trainer.recipe.quantize_from, trainer.step
    filled = all(bool(stage.codebook.embed.any()) for stage in trainer.codebooks.stages)
    wanted = f"a step from {step} on, where the codebooks, empty so far, could be started"
    require(filled or quantize_from >= step, "recipe.quantize_from", quantize_from, wanted)


def _continued(folder: Path, config: CodecConfig) -> CodecNetwork:
    network = CodecNetwork(config)
    checkpoint = CodecCheckpoint(folder)
    checkpoint.check(network)
    checkpoint.load_decoding(network)
    checkpoint.load_encoding(network)
    return _learning(network)


def _begun(config: CodecConfig, samples: Tensor) -> CodecNetwork:
    """Layer by layer, each fitted to what the layers before it make of the samples."""
    network = CodecNetwork(config)
    network.build_speech_model().eval()
    features = network.speech_features(samples)
    start_from_data(network.encoder_semantic, features)
    start_from_data(network.acoustic_encoder, samples)
    latent = network.encode_latent(samples, features).detach()
    start_from_data(network.fc2, latent.transpose(1, 2).flatten(0, 1))
    acoustic = network.to_acoustic(latent).detach()
    start_from_data(network.acoustic_decoder, acoustic, last_scale=LAST_SCALE)
    return _learning(network)


def _learning(network: CodecNetwork) -> CodecNetwork:
    network.train().requires_grad_(True)
    if network.semantic_model is not None:
        network.semantic_model.eval().requires_grad_(False)
    return network


def _as_int16(samples: Tensor) -> Tensor:
    return (samples.clamp(-1, 1) * FULL_SCALE).round().to(torch.int16)
