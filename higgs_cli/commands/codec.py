"""`higgs codec`: recordings to codes files and back, and checks of the codec itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from higgs_cli.errors import ModelLoadError, UsageError
from higgs_cli.terminal.console import out
from higgs_cli.terminal.options import JsonOption, QuietOption, ReplaceOption

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
    limit_hours: Annotated[
        float, typer.Option(help="Refuse recordings longer than this many hours.")
    ] = 4.0,
    overwrite: ReplaceOption = False,
    quiet: QuietOption = False,
) -> None:
    """Turn a recording into a codes file."""
    out.mode = "quiet" if quiet else "human"
    if not limit_hours > 0:
        raise UsageError(f"--limit-hours {limit_hours:g}: a number above 0 is needed")
    from higgs_cli.tools.codec_files import check_output, encode_recording

    check_output(output, recording, ".hac", overwrites=overwrite)
    made = encode_recording(recording, output, codec, device, limit_hours, out.say)
    size = f"{made.byte_count:,} bytes ({made.bits_per_second:.0f} bit/s)"
    out.say(f"{output}: {made.seconds:.2f} s of sound in {size}")


@codec_app.command(epilog="Example: higgs codec decode voice.hac -o voice.wav")
def decode(
    codes: CodesArgument,
    output: OutputOption,
    codec: CodecOption = None,
    device: DeviceOption = "cpu",
    sample_format: Annotated[str, typer.Option(help="pcm16, pcm24 or float.")] = "pcm16",
    overwrite: ReplaceOption = False,
    quiet: QuietOption = False,
) -> None:
    """Turn a codes file back into sound."""
    from higgs_cli.tools.codec_files import check_output, decode_codes

    out.mode = "quiet" if quiet else "human"
    check_output(output, codes, ".wav", overwrites=overwrite)
    header = decode_codes(codes, output, codec, device, sample_format, out.say)
    out.say(f"{output}: {header.seconds:.2f} s at {header.sample_rate} Hz")


@codec_app.command(epilog="Example: higgs codec info voice.hac")
def info(codes: CodesArgument, as_json: JsonOption = False) -> None:
    """Show what a codes file says of itself, after checking that it is whole."""
    from higgs_cli.tools.codec_files import facts_of_codes

    facts = facts_of_codes(codes)
    if as_json:
        out.document({name.replace(" ", "_"): value for name, value in facts.items()})
    else:
        out.table(["field", "value"], [[name, str(value)] for name, value in facts.items()])


@codec_app.command(epilog="Example: higgs codec verify --codec ./higgs-codec")
def verify(codec: CodecOption = None) -> None:
    """Check a codec: every tensor, and its acoustic half against descript-audio-codec's layers."""
    from higgs_cli.tools.codec_folders import check_codec

    found = check_codec(codec)
    out.table(["check", "result"], found.results)
    if found.difference_count:
        raise ModelLoadError(
            f"{found.difference_count} comparisons with descript-audio-codec differ"
        )


@codec_app.command(epilog="Example: higgs codec convert download/model.pth -o higgs-codec")
def convert(
    checkpoint: Annotated[Path, typer.Argument(help="The original's model.pth.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder to write.")],
    quiet: QuietOption = False,
) -> None:
    """Convert the original's pickle, once and in a process apart, into a safetensors folder."""
    from higgs_cli.tools.codec_folders import convert_codec

    out.mode = "quiet" if quiet else "human"
    count = convert_codec(checkpoint, output)
    out.say(f"{output}: {count} tensors; use it with --codec {output}")
