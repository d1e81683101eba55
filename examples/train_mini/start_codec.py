"""Lay out the codec before its training: `python start_codec.py CORPUS RUN TARGET --speech-model FILE`.

The speech model is put in, book 0 is given its phones, the acoustic latent is fitted to the corpus and written to
TARGET, and the decoder is scaled to it. RUN then holds a checkpoint at step 0.
"""

import argparse
from pathlib import Path

import torch
from acoustic_targets import AcousticTarget
from mini_sizes import CODEC
from phonetic_start import start_phonetically
from recordings import Recordings, all_parts
from safetensors.torch import load_file
from torch import Tensor

from tokenizer.codec.network import CodecNetwork
from tokenizer.training.data_start import LAST_SCALE, start_from_data
from tokenizer.training.discriminators import SpectrogramDiscriminators
from tokenizer.training.run_state import save_run_state

FITTING_CROPS, FITTING_SECONDS, STARTING_CROPS = 300, 2.0, 16


@torch.no_grad()
def build(speech_model: Path, target: AcousticTarget, samples: Tensor) -> CodecNetwork:
    """A network that fits its data: phones in book 0, unit variance everywhere."""
    network = CodecNetwork(CODEC)
    table = load_file(speech_model)
    prefix = "speech_model."
    weights = {name.removeprefix(prefix): v for name, v in table.items() if name.startswith(prefix)}
    network.build_speech_model().load_state_dict(weights)
    features = network.speech_features(samples)
    start_phonetically(network, table["heads.weight"], features)
    start_from_data(network.acoustic_encoder, samples)
    latent = torch.cat([target(samples), features], dim=1)
    start_from_data(network.fc2, latent.transpose(1, 2).flatten(0, 1))
    start_from_data(network.acoustic_decoder, network.to_acoustic(latent), last_scale=LAST_SCALE)
    return network


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("run", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--speech-model", type=Path, required=True)
    parser.add_argument("--parts", type=int, nargs="+", help="else all there are")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    parts = options.parts or all_parts(options.corpus)
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    recordings = Recordings(options.corpus, tuple(parts))
    source = torch.Generator().manual_seed(options.seed)
    target = AcousticTarget.fitted(
        recordings.crops(source, FITTING_CROPS, FITTING_SECONDS)[0][:, 0]
    )
    target.save(options.target)
    network = build(options.speech_model, target, recordings.crops(source, STARTING_CROPS, 1.0)[0])
    save_run_state(options.run, 0, network, SpectrogramDiscriminators(), ())


if __name__ == "__main__":
    main()
