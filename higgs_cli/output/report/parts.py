"""Small parts of the page: safe text, a button that plays a line, a verdict."""

from __future__ import annotations

from html import escape

from higgs_cli.output.findings import FindingsRow
from higgs_cli.plain_text import shown_in_a_line


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
