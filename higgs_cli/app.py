"""Registers the commands; the one boundary where errors become messages and exit codes."""

from __future__ import annotations

import io
import os
import time
import traceback
from itertools import pairwise
from typing import Annotated, Any, NoReturn

import typer

from higgs_cli import __version__
from higgs_cli.commands.batch import EPILOG as BATCH_EPILOG
from higgs_cli.commands.batch import batch
from higgs_cli.commands.bench import EPILOG as BENCH_EPILOG
from higgs_cli.commands.bench import bench
from higgs_cli.commands.cast import EPILOG as CAST_EPILOG
from higgs_cli.commands.cast import cast
from higgs_cli.commands.check import EPILOG as CHECK_EPILOG
from higgs_cli.commands.check import check
from higgs_cli.commands.clone import EPILOG as CLONE_EPILOG
from higgs_cli.commands.clone import clone
from higgs_cli.commands.codec import codec_app
from higgs_cli.commands.compare import EPILOG as COMPARE_EPILOG
from higgs_cli.commands.compare import compare
from higgs_cli.commands.doctor import EPILOG as DOCTOR_EPILOG
from higgs_cli.commands.doctor import doctor
from higgs_cli.commands.download import EPILOG as DOWNLOAD_EPILOG
from higgs_cli.commands.download import download
from higgs_cli.commands.eval import EPILOG as EVAL_EPILOG
from higgs_cli.commands.eval import evaluate
from higgs_cli.commands.plan import EPILOG as PLAN_EPILOG
from higgs_cli.commands.plan import plan
from higgs_cli.commands.play import EPILOG as PLAY_EPILOG
from higgs_cli.commands.play import play
from higgs_cli.commands.render import EPILOG as RENDER_EPILOG
from higgs_cli.commands.render import render
from higgs_cli.commands.say import EPILOG as SAY_EPILOG
from higgs_cli.commands.say import say
from higgs_cli.commands.scenes import scenes_app
from higgs_cli.commands.serve import EPILOG as SERVE_EPILOG
from higgs_cli.commands.serve import serve
from higgs_cli.commands.store import store_app
from higgs_cli.commands.studio import EPILOG as STUDIO_EPILOG
from higgs_cli.commands.studio import studio
from higgs_cli.commands.train import train_app
from higgs_cli.commands.verify import EPILOG as VERIFY_EPILOG
from higgs_cli.commands.verify import verify
from higgs_cli.commands.voices import voices_app
from higgs_cli.errors import HiggsError, StoppedError, UsageError
from higgs_cli.files.writable import check_current_folder
from higgs_cli.settings.table import RENAMED
from higgs_cli.stopping import speaks_last
from higgs_cli.terminal.addresses import carried
from higgs_cli.terminal.console import out
from higgs_cli.terminal.options import SectionedCommand

INTERRUPTED = 130
Mistyped: Any = typer.BadParameter.__bases__[0]
"""What is wrong with a command line as such; typer has it from click, or its own copy of it."""

app = typer.Typer(
    name="higgs",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Render audiobooks and dialogues with the Higgs Audio V2 speech model.",
    epilog="Run `higgs VERB --help` for the options of a verb, each with an example.",
)


def main(argv: list[str]) -> int:
    """Run one command line and return its exit code; nothing escapes as a traceback."""
    try:
        _refuse_renamed(argv)
        _refuse_other_shells(argv)
        with carried(argv) as arguments:
            code = app(args=arguments, prog_name="higgs", standalone_mode=False)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 1
    except Mistyped as mistake:
        return _explain(mistake)
    except StoppedError as stopped:
        _end(stopped)
    except HiggsError as error:
        return _report(error)
    except KeyboardInterrupt:
        out.error("interrupted")
        return INTERRUPTED
    return code if isinstance(code, int) else 0


def _explain(mistake: Any) -> int:
    """As click would, but through our console: it quotes what was typed."""
    said = io.StringIO()
    mistake.show(file=said)
    out.refusal(said.getvalue().rstrip("\n"))
    return int(mistake.exit_code)


def _end(stopped: StoppedError) -> NoReturn:
    """Say how to go on, and wait for nothing more."""
    while not speaks_last():
        time.sleep(1)  # the watcher speaks, and ends the process
    os._exit(_report(stopped) if stopped.message else stopped.exit_code)


def _refuse_renamed(argv: list[str]) -> None:
    """An option that has another name now says so, whatever its verb."""
    for argument in argv:
        name = argument.removeprefix("--").partition("=")[0]
        if argument.startswith("--") and name in RENAMED:
            raise UsageError(f"--{name} is called --{RENAMED[name]} now")


def _refuse_other_shells(argv: list[str]) -> None:
    """Completion is for the shell that asks: a name after it would be passed over."""
    for option, word in pairwise(argv):
        if option in ("--install-completion", "--show-completion") and not word.startswith("-"):
            raise UsageError(
                f"{option} takes no name, {word}: it is for the shell that it runs in",
                hint=f"run higgs {option} in bash, zsh, fish or PowerShell",
            )


def _report(error: HiggsError) -> int:
    if os.environ.get("HIGGS_DEBUG"):
        out.refusal("".join(traceback.format_exception(error)).rstrip())
    out.error(error.message, hint=error.hint, spot=getattr(error, "spot", None))
    return error.exit_code


def _show_version(wanted: bool) -> None:
    if wanted:
        out.result(f"higgs {__version__}")
        raise typer.Exit


def _show_manual(wanted: bool) -> None:
    if wanted:
        from typer.main import get_command

        from higgs_cli.terminal.manual import manual_page

        out.result(manual_page(get_command(app)))
        raise typer.Exit


@app.callback()
def higgs(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version and stop."
        ),
    ] = False,
    manual: Annotated[
        bool,
        typer.Option(
            "--manual", callback=_show_manual, is_eager=True, help="Print the manual page, for man."
        ),
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks of errors.")] = False,
) -> None:
    """Render audiobooks and dialogues with the Higgs Audio V2 speech model."""
    if debug:
        os.environ["HIGGS_DEBUG"] = "1"
    check_current_folder()


def register() -> None:
    """Give every verb its place on the command line."""
    app.command(epilog=RENDER_EPILOG, cls=SectionedCommand)(render)
    app.command(epilog=BATCH_EPILOG, cls=SectionedCommand)(batch)
    app.command(epilog=PLAN_EPILOG, cls=SectionedCommand)(plan)
    app.command(epilog=CAST_EPILOG, cls=SectionedCommand)(cast)
    app.add_typer(voices_app)
    app.add_typer(scenes_app)
    app.command("eval", epilog=EVAL_EPILOG, cls=SectionedCommand)(evaluate)
    app.command(epilog=COMPARE_EPILOG, cls=SectionedCommand)(compare)
    app.command(epilog=CLONE_EPILOG, cls=SectionedCommand)(clone)
    app.command(epilog=SAY_EPILOG, cls=SectionedCommand)(say)
    app.command(epilog=SERVE_EPILOG, cls=SectionedCommand)(serve)
    app.command(epilog=STUDIO_EPILOG, cls=SectionedCommand)(studio)
    app.command(epilog=CHECK_EPILOG)(check)
    app.command(epilog=PLAY_EPILOG, cls=SectionedCommand)(play)
    app.command(epilog=VERIFY_EPILOG)(verify)
    app.add_typer(store_app)
    app.command(epilog=DOWNLOAD_EPILOG)(download)
    app.command(epilog=DOCTOR_EPILOG)(doctor)
    app.command(epilog=BENCH_EPILOG, cls=SectionedCommand)(bench)
    app.add_typer(codec_app)
    app.add_typer(train_app)


register()
