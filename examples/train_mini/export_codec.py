"""Write the codec of a training checkpoint as a codec folder: `python export_codec.py RUN OUT --encoder FILE`."""

import argparse
from pathlib import Path

import torch
from mini_sizes import CODEC
from safetensors.torch import load_file

from tokenizer.codec.checkpoint import save_codec
from tokenizer.codec.network import CodecNetwork
from tokenizer.training.run_state import STATE_FILE


def read_run(run: Path, encoder: Path | None = None) -> CodecNetwork:
    """The network of a run's checkpoint, speech model included; with another encoder if one is named."""
    table = load_file(run / STATE_FILE)
    network = CodecNetwork(CODEC)
    network.build_speech_model()
    network.load_state_dict(
        {
            name.removeprefix("network."): v
            for name, v in table.items()
            if name.startswith("network.")
        }
    )
    if encoder is not None:
        network.acoustic_encoder.load_state_dict(load_file(encoder))
    return network


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--bf16", action="store_true")
    parser.add_argument("--encoder", type=Path, help="taught by train_encoder.py; else the run's")
    options = parser.parse_args()
    network = read_run(options.run, options.encoder)
    dtype = torch.bfloat16 if options.bf16 else torch.float32
    save_codec(network, options.out, dtype=dtype)


if __name__ == "__main__":
    main()
