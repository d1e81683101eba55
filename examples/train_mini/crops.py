"""Stretches of speech for the decoder, each with the latent that it is to be made from."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from acoustic_targets import AcousticTarget, given_latent
from encode_corpus import codes_path
from recordings import Recordings
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional

from tokenizer.codec.network import CodecNetwork

FRAMES = 25
MARGIN_FRAMES = 2  # what the encoder hears on either side of what is used


@dataclass(frozen=True)
class Crops:
    """Samples [lanes, 1, n], the latent [lanes, width, frames], and how far an encoder was from it."""

    samples: Tensor
    latent: Tensor
    astray: Tensor | float = 0.0


Draw = Callable[[torch.Generator, int], Crops]


class UnquantizedCrops:
    """Random stretches with the given latent itself, before there are codes."""

    def __init__(
        self, network: CodecNetwork, target: AcousticTarget, recordings: Recordings
    ) -> None:
        self._network, self._target, self._recordings = network, target, recordings

    def __call__(self, source: torch.Generator, lanes: int) -> Crops:
        samples = self._recordings.crops(source, lanes, FRAMES / 25)[0]
        return Crops(samples, given_latent(self._network, self._target, samples))


class EncodedCrops:
    """Random stretches of encoded utterances, with the latent as their codes tell it."""

    def __init__(self, network: CodecNetwork, corpus: Path, parts: list[int]) -> None:
        self._network = network
        self._recordings = Recordings(corpus, tuple(parts))
        codes = [load_file(codes_path(corpus, part)) for part in parts]
        self._codes = [
            clip for t in codes for clip in t["codes"].split(t["frames"].tolist(), dim=1)
        ]
        lines = zip(self._recordings.lines, self._codes, strict=True)
        self._long = [
            index
            for index, (_line, clip) in enumerate(lines)
            if clip.shape[1] > FRAMES + 2 * MARGIN_FRAMES + 1
        ]

    def __call__(self, source: torch.Generator, lanes: int) -> Crops:
        samples, codes = self.drawn(source, lanes, margin_frames=0)
        with torch.no_grad():
            return Crops(samples, self._network.dequantize(codes))

    def drawn(
        self, source: torch.Generator, lanes: int, margin_frames: int
    ) -> tuple[Tensor, Tensor]:
        """Samples [lanes, 1, n] and codes [lanes, codebooks, frames], so many more on either side."""
        samples, codes, hop = [], [], self._network.config.hop_length
        frames = FRAMES + 2 * margin_frames
        for pick in torch.randint(len(self._long), (lanes,), generator=source).tolist():
            index = self._long[pick]
            room = self._codes[index].shape[1] - frames
            first = int(torch.randint(room, (), generator=source))
            codes.append(self._codes[index][:, first : first + frames].long())
            clip = self._recordings.samples(self._recordings.lines[index])
            samples.append(clip[first * hop : (first + frames) * hop])
        return torch.stack(samples)[:, None], torch.stack(codes)


class HeardCrops:
    """One half as their codes tell it, the other as the encoder hears it, which learns along.

    What the decoder would have needed flows back to the encoder as if nothing had been quantized between them.
    Book 0 is taken from the corpus: it is the speech model's alone.
    """

    def __init__(
        self, network: CodecNetwork, target: AcousticTarget, encoded: EncodedCrops
    ) -> None:
        self._network, self._target, self._encoded = network, target, encoded

    def __call__(self, source: torch.Generator, lanes: int) -> Crops:
        told = self._encoded(source, lanes - lanes // 2)
        around, codes = self._encoded.drawn(source, lanes // 2, MARGIN_FRAMES)
        # float32: oneDNN's bfloat16 kernel for 8 channels at stride 8 was found to compute another convolution.
        heard = _inner(self._network.acoustic_encoder(around))
        wanted = _inner(self._target(around))
        latent = torch.cat([told.latent, self._quantized(heard, _inner(codes))])
        hop = self._network.config.hop_length
        samples = _inner(around, hop)
        return Crops(torch.cat([told.samples, samples]), latent, regression(heard, wanted))

    def _quantized(self, heard: Tensor, codes: Tensor) -> Tensor:
        """[lanes, acoustic, frames] and the true codes -> [lanes, width, frames], gradients let through."""
        width = self._network.config.quantizer_width
        rest = functional.pad(heard, (0, 0, 0, width - heard.shape[1]))
        with torch.no_grad():
            points = rest.transpose(1, 2)
            said = torch.zeros_like(points)
            for number, quantizer in enumerate(self._network.quantizer.quantizers):
                code = (
                    codes[:, 0]
                    if number == 0
                    else quantizer.nearest(quantizer.project_in(points - said))
                )
                said = said + quantizer.lookup(code)
        return said.transpose(1, 2) + rest - rest.detach()


def regression(told: Tensor, wanted: Tensor) -> Tensor:
    """How far a latent is from the given one, [lanes, acoustic, frames] both."""
    # The lowest components matter most and err most: neither plain nor whitened, in between.
    weight = 1 / wanted.std(dim=(0, 2), keepdim=True).clamp(min=0.05)
    return ((told - wanted).square() * weight).mean()


def _inner(whole: Tensor, steps_per_frame: int = 1) -> Tensor:
    """Without the margins."""
    margin = MARGIN_FRAMES * steps_per_frame
    return whole[..., margin:-margin]
