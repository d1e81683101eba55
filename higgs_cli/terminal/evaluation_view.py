"""Shows a person how well a model speaks: a row for each voice or list, and one for all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from higgs_cli.evaluation.item_scores import ListSummary
from higgs_cli.evaluation.judges import JudgeNames
from higgs_cli.evaluation.measures import Summary
from higgs_cli.terminal.console import Console


@dataclass(frozen=True)
class Column:
    """What stands above it, which field is shown, and how."""

    heading: str
    field: str
    form: str = ".2f"


ALWAYS = (
    Column("voice", "name", "s"), Column("lines", "sentences", "d"),
    Column("WER", "word_error_rate"), Column("teacher", "teacher_word_error_rate"),
    Column("no end", "without_end", "d"), Column("length", "duration_ratio"),
    Column("right voice", "right_voice_share", ".0%"), Column("similarity", "voice_similarity"),
    Column("teacher's", "teacher_voice_similarity"), Column("retrieved", "retrieved_share", ".0%"),
    Column("LUFS", "loudness_lufs", ".1f"), Column("hiss dB", "quiet_high_band_db", ".0f"),
)  # fmt: skip
WHERE_MEASURED = (
    Column("overall", "overall_quality"), Column("teacher's", "teacher_overall_quality"),
    Column("signal", "signal_quality"), Column("teacher's", "teacher_signal_quality"),
    Column("right print", "right_print_share", ".0%"), Column("print", "print_similarity"),
    Column("teacher's", "teacher_print_similarity"), Column("melody", "melody_ratio", ".0%"),
    Column("mel dB", "mel_distance_db", ".1f"),
)  # fmt: skip


OF_LISTS = (
    Column("", "name", "s"), Column("items", "items", "d"),
    Column("WER", "word_error_rate", ".2%"),
    Column("of all words", "word_error_rate_of_all_words", ".2%"),
    Column("WER, their spelling", "benchmark_word_error_rate", ".2%"),
    Column("over half wrong", "far_off", "d"), Column("SIM", "print_similarity", ".2%"),
    Column("overall", "overall_quality"), Column("no end", "without_end", "d"),
)  # fmt: skip


def show_summaries(rows: Sequence[Summary], out: Console) -> None:
    """What could not be measured is a dash; what was measured of no row has no column."""
    measured = [c for c in WHERE_MEASURED if any(getattr(row, c.field) is not None for row in rows)]
    _show([*ALWAYS, *measured], rows, out)


def show_list(rows: Sequence[ListSummary], judges: JudgeNames, out: Console) -> None:
    """A cloning list beside what was published, and by whose ears each figure is."""
    _show(OF_LISTS, rows, out)
    heard = f"words by {judges.recognizer}"
    told = f", voices by {judges.speaker_print}" if judges.speaker_print else ", no speaker print"
    out.say(f"{heard}{told}; published: words by Whisper large-v3, voices by WavLM-large")
    out.say("only figures of the same judges on the same items can be compared")


def _show(columns: Sequence[Column], rows: Sequence[object], out: Console) -> None:
    shown = [[_shown(getattr(row, c.field), c.form) for c in columns] for row in rows]
    out.table([column.heading for column in columns], shown)


def _shown(value: object, form: str) -> str:
    return "-" if value is None else format(value, form)
