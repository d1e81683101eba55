"""Shows a person how well a model speaks: a row for each voice, and one for all."""

from __future__ import annotations

from collections.abc import Sequence

from higgs_cli.evaluation.measures import Summary
from higgs_cli.terminal.console import Console

HEADINGS = (
    "voice", "lines", "WER", "teacher", "no end", "length", "right voice", "similarity",
    "teacher's", "retrieved", "LUFS", "hiss dB",
)  # fmt: skip
MEL_HEADING = "mel dB"


def show_summaries(rows: Sequence[Summary], out: Console, *, with_mel: bool) -> None:
    """What could not be measured is a dash."""
    headings = (*HEADINGS, *([MEL_HEADING] if with_mel else []))
    out.table(headings, [_row(summary)[: len(headings)] for summary in rows])


def _row(summary: Summary) -> list[str]:
    return [
        summary.name, str(summary.sentences), _shown(summary.word_error_rate, ".2f"),
        _shown(summary.teacher_word_error_rate, ".2f"), str(summary.without_end),
        _shown(summary.duration_ratio, ".2f"), _shown(summary.right_voice_share, ".0%"),
        _shown(summary.voice_similarity, ".2f"), _shown(summary.teacher_voice_similarity, ".2f"),
        _shown(summary.retrieved_share, ".0%"), _shown(summary.loudness_lufs, ".1f"),
        _shown(summary.quiet_high_band_db, ".0f"), _shown(summary.mel_distance_db, ".1f"),
    ]  # fmt: skip


def _shown(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)
