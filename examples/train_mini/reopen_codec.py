"""Make a run folder from a finished codec, to go on training it: `python reopen_codec.py CODEC RUN`."""

import argparse
from pathlib import Path

from tokenizer import load_codec
from tokenizer.training.discriminators import SpectrogramDiscriminators
from tokenizer.training.run_state import save_run_state


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("codec", type=Path, help="a codec folder, such as ../../tokenizer/mini")
    parser.add_argument("run", type=Path)
    options = parser.parse_args()
    codec = load_codec(options.codec)
    codec.read_all()
    # Step 0, and judges who have seen nothing yet.
    save_run_state(options.run, 0, codec.network, SpectrogramDiscriminators(), ())


if __name__ == "__main__":
    main()
