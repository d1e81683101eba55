"""What is to be rendered and where it goes: from a script, or from the manifest of a render."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from higgs_cli.errors import UsageError
from higgs_cli.output.manifest.earlier_takes import EarlierTakes
from higgs_cli.planning.plan import Plan
from higgs_cli.settings.table import Settings
from higgs_cli.takes.decisions import Decisions


@dataclass(frozen=True)
class RenderOrder:
    """What is to be made of a plan, and where it goes."""

    plan: Plan
    settings: Settings
    output: Path
    decisions: Decisions = field(default_factory=Decisions)
    earlier: EarlierTakes | None = None
    """When a manifest is rendered again."""

    @property
    def store_folder(self) -> Path:
        return self.settings.store or self.output.with_suffix(".higgs")

    @property
    def fixed_attempts(self) -> Mapping[int, int]:
        if self.earlier is None:
            return {}
        return {number: take.attempt for number, take in self.earlier.takes.items()}


def order_from_script(script: str, output: Path | None, settings: Settings) -> RenderOrder:
    """Read, cast and plan a script; the output is named after it unless it is told."""
    from higgs_cli.jobs.planned_script import prepare_plan

    if output is None:
        if script == "-":
            raise UsageError("a script from stdin has no name", hint="name the audio with -o")
        output = Path(Path(script).stem + ".wav")
    return RenderOrder(prepare_plan(script, settings), settings, output)


def order_from_manifest(manifest: Path, output: Path | None, settings: Settings) -> RenderOrder:
    """The same plan, takes and settings again; only where and on what it runs may differ."""
    from higgs_cli.output.manifest.read import read_manifest

    earlier = read_manifest(manifest)
    if output is None:
        output = manifest.parent / (earlier.audio_name or manifest.with_suffix(".wav").name)
    again = replace(
        earlier.settings,
        store=settings.store or _inside(manifest, earlier.store),
        device=settings.device,
        lanes=settings.lanes,
        memory=settings.memory,
        cpu_fallback=settings.cpu_fallback,
    )
    return RenderOrder(earlier.plan, again, output, earlier=earlier.takes)


def _inside(manifest: Path, store: Path) -> Path:
    """A manifest may come from elsewhere: it does not choose a folder outside its own."""
    if store.resolve().is_relative_to(manifest.parent.resolve()):
        return store
    raise UsageError(
        f"{manifest}: its takes lie outside its folder, in {store}",
        hint=f"--store {store}, if that is where they should be looked for",
    )
