"""An earlier render, as its manifest describes it: plan, settings and takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from higgs_cli.output.about import AboutBook
from higgs_cli.planning.plan import Plan
from higgs_cli.settings.views import Planning
from higgs_cli.takes.take import Finding, Verdict


@dataclass(frozen=True)
class EarlierTake:
    """A take that an earlier render used, as its manifest names it."""

    key: str
    attempt: int
    codes_sha256: str | None
    had_other_context: bool
    """Its context was not what its run has now: it cannot be made again, only kept."""


@dataclass(frozen=True)
class JudgedTake:
    """What checks and gates said of a take."""

    verdict: Verdict
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class EarlierTakes:
    """All takes of an earlier render, and the model that spoke them."""

    model_name: str
    model_fingerprint: str
    was_exact: bool
    takes: Mapping[int, EarlierTake]
    """By chunk number."""
    voice_takes: Mapping[str, str]
    """The take that each generated voice was made of, by speaker."""


@dataclass(frozen=True)
class EarlierRender:
    """What a manifest says was rendered."""

    manifest: Path
    plan: Plan
    record: Mapping[str, Any]
    """The settings as the manifest has them."""
    store: Path
    output_names: tuple[str, ...]
    """What was asked for; beside the manifest, wherever that lies now."""
    about: AboutBook
    """The book, without its cover."""
    cover_sha256: str | None
    """Of the cover, which the store has."""
    takes: EarlierTakes
    planning: Planning
    """As it was planned then."""
    precision: str
    """Of the takes, as their keys have it."""
    version: int
    levels_chapters: bool
    """Each by itself; version 1 brought the book to its loudness as a whole."""
