"""Write the codec of a training checkpoint as a codec folder: `python export_codec.py RUN OUT`."""

import argparse
from pathlib import Path

import torch
from mini_sizes import CODEC
from safetensors.torch import load_file

from tokenizer.codec_checkpoint import save_codec
from tokenizer.codec_network import CodecNetwork
from tokenizer.training.run_state import STATE_FILE


def read_run(run: Path) -> CodecNetwork:
    """The network of a run's checkpoint, speech model included."""
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
    return network


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--bf16", action="store_true")
    options = parser.parse_args()
    network = read_run(options.run)
    dtype = torch.bfloat16 if options.bf16 else torch.float32
    save_codec(network, options.out, dtype=dtype)


if __name__ == "__main__":
    main()
