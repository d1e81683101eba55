"""`higgs plan`: show cast, reading, chunks and time before any is spent."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from higgs_cli.errors import ModelLoadError, UsageError
from higgs_cli.settings.table import Settings
from higgs_cli.terminal.console import out
from higgs_cli.terminal.options import JsonOption, ScriptArgument, with_settings

if TYPE_CHECKING:
    from higgs_cli.checkpoints.find import Checkpoint
    from higgs_cli.planning.plan import Plan
    from higgs_cli.planning.summary import StoredTakes

EPILOG = """Examples: higgs plan chapter.txt --cast ANNA=juniper · higgs plan book.md --all ·
higgs plan talk.txt --json · cat talk.txt | higgs plan - --as dialogue. Nothing is rendered and no
model is opened; exit code 2 names the first mistake."""


@with_settings("model", "sampling", "reading", "casting", "planning", "pauses", "rendering")
def plan(
    script: ScriptArgument,
    settings: Settings,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="The audio whose stored takes are looked up."),
    ] = None,
    shows_all: Annotated[bool, typer.Option("--all", help="Show every chunk.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show what a render would speak, by whom, for how long, and what is already stored."""
    from higgs_cli.jobs.planned_script import prepare_plan

    out.mode = "json" if as_json else "human"
    made = prepare_plan(script, settings)
    if output is None and script != "-":
        output = Path(Path(script).stem + ".wav")
    show_plan(made, settings, output, shows_all=shows_all)


def show_plan(plan: Plan, settings: Settings, output: Path | None, *, shows_all: bool) -> None:
    """What `higgs plan` and `higgs render --dry-run` show of a plan."""
    from higgs_cli.planning.measured_rate import recall_rate
    from higgs_cli.planning.summary import NothingStored, summarise
    from higgs_cli.terminal.plan_view import show_summary

    folder = settings.store or (output.with_suffix(".higgs") if output else None)
    checkpoint = _checkpoint(settings)
    rate = recall_rate(checkpoint.name, settings.device) if checkpoint else None
    stored: StoredTakes = NothingStored()
    if folder is not None and folder.is_dir():
        if checkpoint is None:
            out.warn(f"the model is not here: whether {folder} holds its takes is not known")
        else:
            stored = _ledger(plan, settings, folder, checkpoint)
    show_summary(summarise(plan, stored, rate), out, shows_all=shows_all)


def _checkpoint(settings: Settings) -> Checkpoint | None:
    """The model that would speak, if it is here: a plan needs none."""
    from higgs_cli.checkpoints.find import find_checkpoint

    try:
        return find_checkpoint(settings)
    except (UsageError, ModelLoadError):
        return None


def _ledger(plan: Plan, settings: Settings, folder: Path, checkpoint: Checkpoint) -> StoredTakes:
    from higgs_cli.takes.ledger import ContextRule, Ledger
    from higgs_cli.takes.policy import TakePolicy
    from higgs_cli.takes.store import TakeStore

    policy = TakePolicy(settings.takes, settings.retries)
    context = ContextRule(settings.context_chunks, settings.strict_context)
    return Ledger(plan, TakeStore(folder), checkpoint.identity(settings), policy, context)
