"""Put the trained model into the package: `python ship.py LM_RUN CODEC_RUN --encoder FILE`; weights of the model in bfloat16."""

import argparse
import subprocess
import sys
from pathlib import Path

import torch
from export_codec import read_run
from safetensors.torch import load_file, save_file

from tokenizer.codec.checkpoint import save_codec

ROOT = Path(__file__).parents[2]
MODEL, CODEC, VOICES = ROOT / "model" / "mini", ROOT / "tokenizer" / "mini", ROOT / "voices"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("language_model", type=Path, help="OUT of train_lm.py")
    parser.add_argument("codec", type=Path, help="RUN of train_decoder.py")
    parser.add_argument("--encoder", type=Path, help="OUT of train_encoder.py; else the run's")
    options = parser.parse_args()
    table = load_file(options.language_model / "model" / "model.safetensors")
    rounded = {name: value.to(torch.bfloat16).contiguous() for name, value in table.items()}
    save_file(rounded, MODEL / "model.safetensors", metadata={"format": "pt"})
    save_codec(read_run(options.codec, options.encoder), CODEC)
    for path in (*MODEL.iterdir(), *CODEC.iterdir()):
        path.chmod(0o644)
    codes = Path(__file__).with_name("make_voice_codes.py")
    subprocess.run([sys.executable, str(codes), str(CODEC), str(VOICES)], check=True)


if __name__ == "__main__":
    main()
