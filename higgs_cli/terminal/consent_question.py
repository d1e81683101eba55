"""Asks once for the right to a voice: a question in a terminal, `--consent` in a script."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import typer

from higgs_cli.casting.consent import Consent, needs_none, remember, remembered, said_today
from higgs_cli.casting.voice_library import consent_beside
from higgs_cli.errors import HiggsError, UsageError
from higgs_cli.files.fingerprint import bytes_fingerprint
from higgs_cli.plain_text import is_whole, shown_in_a_line
from higgs_cli.terminal.console import Console

EXAMPLE = "Ann Lee, letter of 3 May 2026"


def consent_to(recording: Path, words: str | None, out: Console) -> Consent | None:
    """Who gave the right to this recording; None where none is needed. Said once, remembered."""
    sha256 = bytes_fingerprint(recording)
    if needs_none(sha256):
        return None
    known = consent_beside(recording, sha256) or remembered(sha256)
    if known is not None and words in (None, known.who):
        return known
    if not is_whole(words or ""):
        raise UsageError("--consent is not UTF-8")
    consent = said_today(sha256, _asked(recording) if words is None else words)
    try:
        remember(consent)
    except HiggsError as error:
        out.warn(f"who gave the right to {recording} will be asked again: {error.message}")
    return consent


def _asked(recording: Path) -> str:
    if not sys.stdin.isatty():
        raise UsageError(
            f"{recording}: who gave the right to this voice, and when?",
            hint=f"add once --consent {shlex.quote(EXAMPLE)}: it is remembered for this recording",
        )
    whose = f"{shown_in_a_line(str(recording))}: did the person who speaks in it agree to this use?"
    if not typer.confirm(whose, default=False, err=True):
        raise UsageError(f"{recording}: nothing is made of a voice without the right to it")
    words: str = typer.prompt(f"Who gave it, and when (such as: {EXAMPLE})", err=True)
    return words
