"""Fit the codebooks to the given latent: `python fit_codebooks.py CORPUS RUN TARGET`.

After this the codes are final: the decoder learns from them, and the encoder learns to find them.
"""

import argparse
from pathlib import Path

import torch
from acoustic_targets import AcousticTarget, given_latent
from export_codec import read_run
from recordings import Recordings, all_parts
from torch import Tensor

from tokenizer.codec.network import CodecNetwork
from tokenizer.training.discriminators import SpectrogramDiscriminators
from tokenizer.training.quantizer_training import QuantizerTraining
from tokenizer.training.run_state import save_run_state

CROPS, SECONDS, LANES = 640, 2.0, 16


@torch.no_grad()
def latents(
    network: CodecNetwork, target: AcousticTarget, recordings: Recordings, seed: int
) -> Tensor:
    """[lanes, width, frames] of many random stretches; their edges, where half is missing, left out."""
    source = torch.Generator().manual_seed(seed)
    parts = [
        given_latent(network, target, recordings.crops(source, LANES, SECONDS)[0])[..., 3:-3]
        for _ in range(CROPS // LANES)
    ]
    return torch.cat(parts)


@torch.no_grad()
def start_codebooks(network: CodecNetwork, latent: Tensor, seed: int) -> None:
    """Book 0 on the phones; what a phone sounds like on average is its share of the acoustics; then the rest."""
    training = QuantizerTraining(network.quantizer)
    torch.manual_seed(seed)
    training.start(latent)
    first = network.quantizer.quantizers[0]
    points = latent.transpose(1, 2).flatten(0, 1)
    entries = first.codebook.embed[first.nearest(first.project_in(points))]
    size = network.config.acoustic.latent_size
    acoustic, middle = points[:, :size], entries.mean(0)
    slope = torch.linalg.lstsq(entries - middle, acoustic - acoustic.mean(0)).solution
    first.project_out.weight[:size] = slope.t()
    first.project_out.bias[:size] = acoustic.mean(0) - middle @ slope
    # The same seed: book 0 comes out as before, the others on what it now leaves over.
    torch.manual_seed(seed)
    training.start(latent)


@torch.no_grad()
def unexplained(network: CodecNetwork, latent: Tensor) -> list[float]:
    """The share of the acoustic variance left over by the first n books, n = 1 … 8."""
    size = network.config.acoustic.latent_size
    codes = network.quantize(latent)
    centred = latent[:, :size] - latent[:, :size].mean(dim=(0, 2), keepdim=True)
    left = [
        latent[:, :size] - network.dequantize(codes[:, : n + 1])[:, :size]
        for n in range(codes.shape[1])
    ]
    return [float(rest.square().mean() / centred.square().mean()) for rest in left]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("run", type=Path)
    parser.add_argument("target", type=Path, help="the given latent, as start_codec.py wrote it")
    parser.add_argument("--parts", type=int, nargs="+", help="else all there are")
    parser.add_argument("--seed", type=int, default=5)
    options = parser.parse_args()
    parts = options.parts or all_parts(options.corpus)
    torch.set_num_threads(1)
    network, target = read_run(options.run), AcousticTarget.read(options.target)
    recordings = Recordings(options.corpus, tuple(parts))
    latent = latents(network, target, recordings, options.seed)
    start_codebooks(network, latent, options.seed)
    print("left over after each book:", [round(share, 3) for share in unexplained(network, latent)])
    # Step 0 and no optimizer: the decoder starts its next stretch from here.
    save_run_state(options.run, 0, network, SpectrogramDiscriminators(), ())


if __name__ == "__main__":
    main()
