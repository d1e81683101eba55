"""Write each bundled voice's codes beside its recording: `python make_voice_codes.py CODEC VOICES`.

They are used only while the codec and the recording are the very ones named in them.
"""

import argparse
import hashlib
from pathlib import Path

import soundfile
import torch
from safetensors.torch import save_file

from higgs_cli.planning.keys import VOICE_CODES
from tokenizer import load_codec


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("codec", type=Path)
    parser.add_argument("voices", type=Path)
    options = parser.parse_args()
    codec = load_codec(options.codec)
    for recording in sorted(options.voices.glob("*.wav")):
        samples, rate = soundfile.read(recording, dtype="float32")
        codes = codec.encode(torch.from_numpy(samples), rate).to(torch.int16)
        named = {
            "codec": digest(options.codec / "model.safetensors"),
            "recording": digest(recording),
            "voice_codes": VOICE_CODES,
        }
        save_file(
            {"codes": codes.contiguous()},
            recording.with_suffix(".codes.safetensors"),
            metadata=named,
        )
        print(recording.stem, codes.shape[1], "frames")


if __name__ == "__main__":
    main()
