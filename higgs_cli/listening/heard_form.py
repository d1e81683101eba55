"""What was heard as JSON: the form in which it comes out of a process, and lies in a store.

Times are whole milliseconds, probabilities and prints have four digits: what is read back is what
was judged at first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from higgs_cli.files.strict_json import Record
from higgs_cli.listening.hearing import HeardWord, Hearing
from higgs_cli.listening.listener import Heard
from higgs_cli.listening.voice_print import VoicePrint

LEAST_LOG_PROBABILITY = -1000.0
DIGITS = 4
SURE = 10**DIGITS


def plain(heard: Heard | None) -> Mapping[str, Any]:
    """As JSON has it; nothing heard is an empty object."""
    if heard is None:
        return {}
    if isinstance(heard, VoicePrint):
        return {"print": [round(value, DIGITS) for value in heard.values]}
    words = heard.words
    return {
        "words": [word.text for word in words],
        "times": [[_ms(word.start_seconds), _ms(word.end_seconds)] for word in words],
        "sure": [round(SURE * min(1.0, max(0.0, word.probability))) for word in words],
        "no_speech": round(heard.no_speech, DIGITS),
        "log_probability": round(max(LEAST_LOG_PROBABILITY, heard.log_probability), DIGITS),
    }


def heard_in(record: Record) -> Heard | None:
    """Read back; anything else is a `FormatError`."""
    if "print" in record:
        return VoicePrint(record.numbers("print", -1, 1))
    if "words" not in record:
        return None
    texts, times, sure = record.texts("words"), record.spans("times"), record.wholes("sure")
    if not len(texts) == len(times) == len(sure):
        raise record.refusal("times", "as long as the words")
    return Hearing(
        tuple(map(_word, texts, times, sure)),
        record.number("no_speech", 0, 1),
        record.number("log_probability", LEAST_LOG_PROBABILITY, 0),
    )


def _word(text: str, times: Sequence[int], sure: int) -> HeardWord:
    first, last = times
    return HeardWord(text, first / 1000, last / 1000, min(sure, SURE) / SURE)


def _ms(seconds: float) -> int:
    return max(0, round(1000 * seconds))
