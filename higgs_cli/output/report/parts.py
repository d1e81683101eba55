"""Small parts of a page: its head, safe text, a button that plays a line, a verdict."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from html import escape

from higgs_cli.output.findings import FindingsRow
from higgs_cli.plain_text import shown_in_a_line


def head_html(title: str, language: str, styles: str, script: str) -> str:
    """Nothing but this script runs in the page, whatever stands in it, and nothing is fetched."""
    digest = b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; "
        "img-src data:; media-src * file: blob:"
    )
    return (
        f'<!DOCTYPE html>\n<html lang="{escape(language)}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        f"<title>{safe(title)}</title><style>{styles}</style></head>"
    )


def safe(text: str) -> str:
    """Text from anywhere, as text."""
    return escape(shown_in_a_line(text))


def span(row: FindingsRow) -> str:
    """Where a line is heard, as the script of the page reads it."""
    return f'data-from="{row.start_seconds:.2f}" data-to="{row.end_seconds:.2f}"'


def button(row: FindingsRow, word: str = "") -> str:
    """Plays what holds it."""
    said = f"{word}, {row.at}" if word else row.at
    return f'<button type="button" aria-label="Play {safe(said)}">▶ {safe(said)}</button>'


def verdict_html(row: FindingsRow) -> str:
    return f'<span class="verdict">{row.word}</span>'
