"""`higgs codec`: recordings to codes files and back, and checks of the codec itself."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from higgs_cli.errors import FormatError, ModelLoadError, UsageError
from higgs_cli.files.bundled import package_folder
from higgs_cli.files.writable import check_file_place
from higgs_cli.terminal.console import out
from higgs_cli.terminal.options import JsonOption, QuietOption

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from tokenizer.codec.codec import Codec
    from tokenizer.codes_file.bitstream import CodesFile, CodesHeader

codec_app = typer.Typer(
    name="codec",
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Turn recordings into small codes files (.hac) and back; check a codec.",
    epilog="Example: higgs codec encode voice.wav -o voice.hac",
)

CodecOption = Annotated[
    Path | None,
    typer.Option("--codec", help="Folder of the codec. [default: the bundled mini codec]"),
]
DeviceOption = Annotated[str, typer.Option("--device", help="cpu, cuda or cuda:N.")]
OutputOption = Annotated[Path, typer.Option("--output", "-o", help="The file to write.")]
CodesArgument = Annotated[Path, typer.Argument(help="A codes file (.hac).")]


@codec_app.command(epilog="Example: higgs codec encode voice.wav -o voice.hac")
def encode(
    recording: Annotated[Path, typer.Argument(help="Any sound file FFmpeg or libsndfile reads.")],
    output: OutputOption,
    codec: CodecOption = None,
    device: DeviceOption = "cpu",
    limit_hours: Annotated[float, typer.Option(help="Refuse longer recordings.")] = 4.0,
    quiet: QuietOption = False,
) -> None:
    """Turn a recording into a codes file."""
    out.mode = "quiet" if quiet else "human"
    if not limit_hours > 0:
        raise UsageError(f"--limit-hours {limit_hours:g}: a number above 0 is needed")
    _check_output(output, recording, ".hac")
    from higgs_cli.files.atomic_file import write_whole

    with _explained():
        from tokenizer.codes_file.bitstream import pack_codes
        from tokenizer.recordings.waveform import waveform_blocks

        opened = _open_codec(codec, device)
        counter = _Counter(waveform_blocks(recording, opened.sample_rate, limit_hours * 3600))
        ticker, parts = _Ticker("encoded"), []
        for part in opened.encode_blocks(counter):
            parts.append(part)
            ticker.add(part.shape[1] / opened.frame_rate)
        packed = pack_codes(*_described(opened, parts, counter.sample_count))
        write_whole(output, packed)
    seconds = counter.sample_count / opened.sample_rate
    rate = 8 * len(packed) / seconds
    out.say(f"{output}: {seconds:.2f} s of sound in {len(packed):,} bytes ({rate:.0f} bit/s)")


@codec_app.command(epilog="Example: higgs codec decode voice.hac -o voice.wav")
def decode(
    codes: CodesArgument,
    output: OutputOption,
    codec: CodecOption = None,
    device: DeviceOption = "cpu",
    sample_format: Annotated[str, typer.Option(help="pcm16, pcm24 or float.")] = "pcm16",
    quiet: QuietOption = False,
) -> None:
    """Turn a codes file back into sound."""
    out.mode = "quiet" if quiet else "human"
    _check_output(output, codes, ".wav")
    from higgs_cli.output.formats.wav import SAMPLE_BYTES, write_wav

    if sample_format not in SAMPLE_BYTES:
        raise UsageError(f"--sample-format {sample_format}: choose from {', '.join(SAMPLE_BYTES)}")
    with _explained():
        file = _read_codes(codes)
        opened = _open_codec(codec, device)
        _check_origin(codes, file.header, opened)
        pieces = _trimmed(_decoded(opened, file), file.header.sample_count)
        rate = file.header.sample_rate
        write_wav(output, pieces, file.header.sample_count, rate, sample_format)
    out.say(f"{output}: {file.header.seconds:.2f} s at {rate} Hz")


@codec_app.command(epilog="Example: higgs codec info voice.hac")
def info(codes: CodesArgument, as_json: JsonOption = False) -> None:
    """Show what a codes file says of itself, after checking that it is whole."""
    with _explained():
        from tokenizer.codes_file.bitstream import HEADER_BYTES, check_payload, parse_header

        data = _read_bytes(codes)
        header = parse_header(data[:HEADER_BYTES], str(codes))
        check_payload(header, data[HEADER_BYTES:], str(codes))
    facts: dict[str, object] = {
        "seconds": round(header.seconds, 3),
        "frames": header.frame_count,
        "codebooks": header.codebook_count,
        "codebook size": header.codebook_size,
        "sample rate": header.sample_rate,
        "samples per frame": header.hop_length,
        "coding": "range coded" if header.coding else "packed",
        "bytes": len(data),
        "bytes if packed": header.packed_bytes + HEADER_BYTES,
        "codec": header.fingerprint,
    }
    if as_json:
        out.document({name.replace(" ", "_"): value for name, value in facts.items()})
    else:
        out.table(["field", "value"], [[name, str(value)] for name, value in facts.items()])


@codec_app.command(epilog="Example: higgs codec verify --codec ./higgs-codec")
def verify(codec: CodecOption = None) -> None:
    """Check a codec: every tensor, and its acoustic half against descript-audio-codec's layers."""
    with _explained():
        from tokenizer.codec.checkpoint import known_layout
        from tokenizer.codec.convert import dac_parity

        opened = _open_codec(codec, "cpu")
        broken = dac_parity.broken_torchaudio()
        if broken:
            raise ModelLoadError(
                f"torchaudio is installed but cannot be imported ({broken}), and transformers "
                "stumbles over it",
                hint="pip uninstall torchaudio",
            )
        tensor_count = opened.read_all()
        rows = [["tensors", f"{tensor_count} of the right names and shapes"]]
        rows.append(["layout", known_layout(_codec_folder(codec)) or "of its own"])
        rows.append(["fingerprint", opened.fingerprint()])
        apart = 0
        if dac_parity.is_installed():
            for found in dac_parity.compare(opened.network):
                verdict = (
                    "bit-identical" if found.is_identical else f"differs by {found.difference:.2g}"
                )
                rows.append([f"{found.half}, {found.frame_count} frames", verdict])
                apart += not found.is_identical
        else:
            rows.append(["descript-audio-codec", f"not installed ({dac_parity.INSTALL})"])
    out.table(["check", "result"], rows)
    if apart:
        raise ModelLoadError(f"{apart} comparisons with descript-audio-codec differ")


@codec_app.command(epilog="Example: higgs codec convert download/model.pth -o higgs-codec")
def convert(
    checkpoint: Annotated[Path, typer.Argument(help="The original's model.pth.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder to write.")],
    quiet: QuietOption = False,
) -> None:
    """Convert the original's pickle, once and in a process apart, into a safetensors folder."""
    out.mode = "quiet" if quiet else "human"
    if not checkpoint.is_file():
        raise UsageError(f"{checkpoint} is not a file", hint="name the original's model.pth")
    with _explained():
        from tokenizer.codec.convert.pickle_conversion import convert_checkpoint

        count = convert_checkpoint(checkpoint, output)
    out.say(f"{output}: {count} tensors; use it with --codec {output}")


class _Ticker:
    """Says how far a long file is, every ten seconds."""

    INTERVAL_SECONDS = 10.0

    def __init__(self, verb: str, total_seconds: float | None = None) -> None:
        self._verb = verb
        self._total = f" of {total_seconds:.0f} s" if total_seconds else " s"
        self._done = 0.0
        self._said = time.monotonic()

    def add(self, seconds: float) -> None:
        self._done += seconds
        if time.monotonic() - self._said >= self.INTERVAL_SECONDS:
            self._said = time.monotonic()
            out.say(f"{self._verb} {self._done:.0f}{self._total}")


class _Counter:
    """Passes blocks on and remembers how many samples they held."""

    def __init__(self, blocks: Iterable[np.ndarray]) -> None:
        self._blocks = blocks
        self.sample_count = 0

    def __iter__(self) -> Iterator[np.ndarray]:
        for block in self._blocks:
            self.sample_count += len(block)
            yield block


@contextmanager
def _explained() -> Iterator[None]:
    """The codec's errors as this program's, each with the exit code it deserves."""
    from tokenizer.errors import BitstreamError, CheckpointError, ConfigError, TokenizerError

    try:
        yield
    except BitstreamError as problem:
        raise FormatError(problem.message, hint=problem.hint) from problem
    except (CheckpointError, ConfigError) as problem:
        raise ModelLoadError(problem.message, hint=problem.hint) from problem
    except TokenizerError as problem:
        raise UsageError(problem.message, hint=problem.hint) from problem


def _open_codec(given: Path | None, device: str) -> Codec:
    from tokenizer.codec.codec import load_codec

    return load_codec(_codec_folder(given), device)


def _codec_folder(given: Path | None) -> Path:
    if given is not None:
        return given
    bundled = package_folder("tokenizer") / "mini"
    if not bundled.is_dir():
        raise UsageError("no codec is bundled with this installation", hint="name one with --codec")
    return bundled


def _check_output(output: Path, given: Path, suffix: str) -> None:
    """Before any work: the input is never overwritten, and the name says what will be in it."""
    if output.suffix.lower() != suffix:
        raise UsageError(f"{output} should end in {suffix}: that is what will be written")
    check_file_place(output, inputs=[given])


def _described(
    codec: Codec, parts: list[Tensor], sample_count: int
) -> tuple[CodesHeader, np.ndarray]:
    import numpy as np

    from tokenizer.codes_file.bitstream import CodesHeader

    codes = np.concatenate([part.numpy() for part in parts], axis=1)
    header = CodesHeader(
        codebook_count=codec.codebook_count,
        codebook_size=codec.codebook_size,
        sample_rate=codec.sample_rate,
        hop_length=codec.hop_length,
        frame_count=codes.shape[1],
        sample_count=sample_count,
        fingerprint=codec.fingerprint(),
    )
    return header, codes


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as problem:
        raise UsageError(f"{path} cannot be read: {problem.strerror}") from problem


def _read_codes(path: Path) -> CodesFile:
    from tokenizer.codes_file.bitstream import unpack_codes

    return unpack_codes(_read_bytes(path), str(path))


def _check_origin(path: Path, header: CodesHeader, codec: Codec) -> None:
    if header.fingerprint != codec.fingerprint():
        raise FormatError(
            f"{path} was made by another codec ({header.fingerprint}, not {codec.fingerprint()})",
            hint="name the codec that made it with --codec",
        )
    told = (header.codebook_count, header.codebook_size, header.hop_length, header.sample_rate)
    if told != (codec.codebook_count, codec.codebook_size, codec.hop_length, codec.sample_rate):
        raise FormatError(f"{path} is damaged: its sizes are not those of the codec it names")


def _decoded(codec: Codec, file: CodesFile) -> Iterator[np.ndarray]:
    import torch

    ticker = _Ticker("decoded", file.header.seconds)
    for piece in codec.decode_pieces(torch.from_numpy(file.codes)):
        ticker.add(len(piece) / codec.sample_rate)
        yield piece.numpy()


def _trimmed(pieces: Iterable[np.ndarray], sample_count: int) -> Iterator[np.ndarray]:
    """The recording without what padded its last frame, or with the silence that no frame holds."""
    import numpy as np

    left = sample_count
    for piece in pieces:
        yield piece[:left]
        left -= len(piece[:left])
    yield np.zeros(left, np.float32)
