"""Hearings made by hand: each word as it is written, half a second long."""

from __future__ import annotations

from higgs_cli.listening.hearing import HeardWord, Hearing

SECONDS_PER_WORD = 0.5


def heard(text: str, probability: float = 0.9, no_speech: float = 0.1) -> Hearing:
    """As a recogniser writes it: `1 ,000` are two of its words."""
    words = tuple(
        HeardWord(word, number * SECONDS_PER_WORD, (number + 1) * SECONDS_PER_WORD, probability)
        for number, word in enumerate(text.split())
    )
    return Hearing(words, no_speech, -0.1 if words else 0.0)
