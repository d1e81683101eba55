"""`higgs train`: conversations become samples; samples teach the model, recordings the codec."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from higgs_cli.terminal.console import out
from higgs_cli.terminal.options import QuietOption

train_app = typer.Typer(
    name="train",
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Train the language model or the codec.",
    epilog="Example: higgs train lm training.yaml",
)

ConfigArgument = Annotated[Path, typer.Argument(help="A YAML file with the run's settings.")]


@train_app.command(
    epilog="Example: higgs train samples chats.jsonl --model start --codec codec -o samples"
)
def samples(
    conversations: Annotated[Path, typer.Argument(help="One conversation per line, in JSON.")],
    model: Annotated[Path, typer.Option(help="Model folder: its tokens, ids and codebooks.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the samples.")],
    codec: Annotated[Path, typer.Option(help="Folder of the codec.")],
    per_file: Annotated[int, typer.Option(min=1, help="Samples in one file.")] = 2000,
    device: Annotated[str, typer.Option(help="Where the codec runs.")] = "cpu",
    allow_outside: Annotated[
        bool,
        typer.Option(
            "--allow-outside", help="Allow recordings outside the folder of the conversations."
        ),
    ] = False,
    quiet: QuietOption = False,
) -> None:
    """Read conversations, encode their recordings, and lay them out for training."""
    from higgs_cli.tools.training_samples import SampleRecipe, write_samples

    out.mode = "quiet" if quiet else "human"
    recipe = SampleRecipe(model, codec, device, per_file, allow_outside)
    count = write_samples(conversations, output, recipe)
    out.say(f"{output}: {count} samples")


@train_app.command(epilog="Example: higgs train lm training.yaml")
def lm(config: ConfigArgument, quiet: QuietOption = False) -> None:
    """Train the language model; the same command continues a run that was stopped."""
    from higgs_cli.tools.training_run import train_language_model

    out.mode = "quiet" if quiet else out.mode
    if (folder := train_language_model(config, out.say)) is not None:
        out.result(str(folder))


@train_app.command(epilog="Example: higgs train codec training.yaml")
def codec(config: ConfigArgument, quiet: QuietOption = False) -> None:
    """Train the codec; the same command continues a run that was stopped."""
    from higgs_cli.tools.training_run import train_codec

    out.mode = "quiet" if quiet else out.mode
    if (folder := train_codec(config, out.say)) is not None:
        out.result(str(folder))
