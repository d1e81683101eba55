from __future__ import annotations

import re
from dataclasses import replace

import pytest

from higgs_cli.checks.words import (
    USUAL_WORDS,
    WordsNorm,
    is_told_by_words,
    words_finding,
    words_norm,
)
from higgs_cli.listening.hearing import HeardWord, Hearing
from higgs_cli.planning.plan import Chunk
from higgs_cli.takes.take import Finding, Verdict
from tests.checks.hearings import heard
from tests.plans import plan_of

CLEAR, HARD = WordsNorm(0.01), WordsNorm(0.13)
TEXT = "He removed the flowers and lifted the silk handkerchief from the table."


def chunk(text: str = TEXT) -> Chunk:
    return plan_of([("ANN", text)]).chunks[0]


def found(said: str, norm: WordsNorm = CLEAR, text: str = TEXT, sure: float = 0.9) -> str:
    """Verdict and what is told of it; empty where nothing is."""
    finding = words_finding(chunk(text), heard(said, sure), norm)
    return f"{finding.verdict.value}: {finding.detail}" if finding else ""


FAULTS = [
    (
        "He removed the flowers and lifted the silk from the table.",
        "fail: missing: “handkerchief”",
    ),
    (
        "He removed the flowers and lifted from the table.",
        "fail: missing: “the silk handkerchief”",
    ),
    (
        "He removed the flowers flowers and lifted the silk handkerchief from the table.",
        "fail: repeated: “flowers”",
    ),
    (
        "He removed flowers the and lifted the silk handkerchief from the table.",
        "fail: swapped: “flowers”",
    ),
    (
        "He removed the flowers and lifted the flowers and lifted the silk handkerchief "
        "from the table.",
        "fail: repeated: “flowers and lifted the”",
    ),
    (
        "He removed the flowers, he was never there again, and lifted the silk handkerchief "
        "from the table.",
        "fail: added: “he was never there again”",
    ),
    (
        "Nobody in town would have said whether it was going up.",
        "fail: heard",
    ),
    (
        "He removed the flowers and lifted the silk elephant from the table.",
        "inconclusive: heard “elephant” for “handkerchief”",
    ),
    ("He removed the flowers and lifted the silk handkerchief from", "inconclusive: missing"),
]


@pytest.mark.parametrize(("said", "told"), FAULTS)
def test_each_fault_of_a_voice_that_is_understood_is_told(said: str, told: str) -> None:
    assert found(said).startswith(told)


@pytest.mark.parametrize(
    "said",
    [
        TEXT,
        "he removed the flowers, and lifted the silk hand kerchief from the table",
        "He removed the flours and lifted the silk handkerchief from the table.",
        "He removed the flowers and lifted the silk handkerchiefs from the table.",
    ],
)
def test_what_is_only_written_otherwise_or_misheard_by_a_sound_is_no_fault(said: str) -> None:
    assert not found(said)


def test_single_words_of_a_voice_that_is_hard_to_understand_are_no_fault() -> None:
    for said, _ in (FAULTS[0], FAULTS[2], FAULTS[3], FAULTS[7]):
        assert not found(said, HARD)


@pytest.mark.parametrize("place", [1, 4, 5, 6])
def test_gross_faults_fail_however_hard_a_voice_is_to_understand(place: int) -> None:
    assert found(FAULTS[place][0], HARD).startswith("fail")


def test_many_misheard_words_of_such_a_voice_are_listed_and_not_spoken_again() -> None:
    said = "He removed all doors and sifted the silk curtain under the chair."
    assert found(said, HARD).startswith("inconclusive")


def test_what_was_guessed_is_not_spoken_again_for_one_word() -> None:
    said = "He removed the flowers and lifted the silk from the table."
    assert found(said, sure=0.3).startswith("inconclusive")


def test_nothing_heard_is_inconclusive() -> None:
    assert found("").startswith("inconclusive")


TIMED = "He [0.3] removed [0.4] the [0.2] flowers [0.4] and [0.2] lifted [0.4] the [0.2] silk [0.3]"


def timed(said: str, probability: float = 0.9) -> Hearing:
    """`He [0.3] removed [0.4]`: each word with how long it takes."""
    words, at = [], 0.0
    for text, seconds in re.findall(r"(\S+) \[([\d.]+)\]", said):
        words.append(HeardWord(text, at, at + float(seconds), probability))
        at += float(seconds)
    return Hearing(tuple(words), 0.1, -0.1)


def told(hearing: Hearing, text: str, norm: WordsNorm = CLEAR) -> str:
    finding = words_finding(chunk(text), hearing, norm)
    return f"{finding.verdict.value}: {finding.detail}" if finding else ""


def test_a_first_word_that_was_lost_to_hearing_is_known_by_its_time() -> None:
    text = "I removed the flowers and lifted the silk."
    rest = TIMED.partition("removed [0.4]")[2]
    assert not told(timed(f"removed [0.8] {rest}"), text)
    assert told(timed(f"removed [0.4] {rest}"), text) == "inconclusive: missing: “I”"


def test_of_a_longer_silence_nobody_knows_whether_it_was_spoken() -> None:
    rest = TIMED.partition("removed [0.4]")[2]
    text = "I removed the flowers and lifted the silk."
    assert told(timed(f"removed [2.5] {rest}"), text) == "inconclusive: missing: “I”"


def test_a_last_word_that_was_lost_to_hearing_is_known_by_its_time() -> None:
    text = "He removed the flowers and lifted the silk cup."
    assert told(timed(TIMED), text) == "inconclusive: missing: “cup”"
    assert not told(timed(TIMED.replace("silk [0.3]", "silk [0.8]")), text)
    assert not told(timed(TIMED.replace("the [0.2] silk [0.3]", "the [1.0] silk [0.0]")), text)


def test_three_words_that_are_not_heard_are_missing_whatever_time_there_was() -> None:
    text = "He removed the flowers and lifted the silk from a table."
    assert told(timed(TIMED.replace("silk [0.3]", "silk [1.2]")), text).startswith("fail")


def test_words_in_no_time_were_not_said() -> None:
    """As Whisper writes what came before, or its own ideas, into a silence."""
    text = "He removed the flowers and lifted the silk."
    for word_seconds, expected in (("0.0", ""), ("0.3", "fail: added: “are friend and”")):
        added = " ".join(f"{word} [{word_seconds}]" for word in ("are", "friend", "and"))
        for norm in (CLEAR, HARD):
            assert told(timed(f"{added} {TIMED}"), text, norm) == expected


def test_guesses_of_which_one_has_all_the_time_were_not_said() -> None:
    text = "He removed the flowers and lifted the silk."

    def after_it(words: str, probability: float) -> str:
        guessed = timed(f"{TIMED} {words}", probability).words[8:]
        return told(Hearing((*timed(TIMED).words, *guessed), 0.1, -0.1), text)

    one_has_all = "This [0.2] is [0.0] the [0.8] first [0.0] one [0.0]"
    each_its_own = "This [0.2] is [0.2] the [0.2] first [0.3] one [0.3]"
    assert not after_it(one_has_all, 0.2)
    assert after_it(one_has_all, 0.9).startswith("fail: added: “This is")
    assert "added: “This is" in after_it(each_its_own, 0.2)


def test_what_was_hardly_heard_is_listed_and_not_spoken_again() -> None:
    said = heard("He removed the flowers and lifted from the table.")
    for unsure in (replace(said, log_probability=-0.9), replace(said, no_speech=0.95)):
        assert told(unsure, TEXT).startswith("inconclusive: hardly heard: missing: “the silk")


def test_what_is_hardly_heard_is_learned_from_the_voice() -> None:
    sample = [(chunk(), replace(heard(TEXT), log_probability=-0.8)) for _ in range(20)]
    norm = words_norm(sample, "en")
    said = heard("He removed the flowers and lifted from the table.")
    assert told(replace(said, log_probability=-0.9), TEXT, norm).startswith("fail")
    assert told(replace(said, log_probability=-1.3), TEXT, norm).startswith("inconclusive")


@pytest.mark.parametrize("norm", [CLEAR, HARD])
def test_another_text_of_a_few_letters_fails_where_it_was_heard_surely(norm: WordsNorm) -> None:
    assert found("That was all.", norm, "Year by year.").startswith("fail")
    assert not found("That was all.", norm, "Year by year.", sure=0.5)
    assert not found("The year.", norm, "Year by year.")


def test_another_text_fails_also_where_some_of_it_sounds_alike() -> None:
    assert found("The lamp came last.", HARD, "I took out my list.").startswith("fail")


@pytest.mark.parametrize("text", ["Yes.", "Oh, no.", "Nevertheless.", "No, I do."])
def test_lines_that_are_too_short_are_not_judged(text: str) -> None:
    assert not is_told_by_words(chunk(text))
    assert words_finding(chunk(text), heard("Something else altogether."), CLEAR) is None


def test_a_finding_knows_when_it_is_heard() -> None:
    finding = words_finding(
        chunk(), heard("He removed the flowers and lifted from the table."), CLEAR
    )
    assert isinstance(finding, Finding)
    assert finding.at_seconds == 3.0  # after `lifted`, the sixth word of half a second


def test_names_are_good_in_any_spelling_that_sounds_alike() -> None:
    text, said = "Then she asked Anluan for it again.", "Then she asked and loo on for it again."
    assert "Anluan" not in found(said, text=text)
    named = words_finding(
        chunk("Siobhan wrote it down."), heard("Shivon wrote it down."), CLEAR, "en", ["Siobhan"]
    )
    assert named is None


def test_too_many_troubles_are_counted_and_not_all_told() -> None:
    said = "She the flowers lifted silk from table ever."
    assert len(found(said)) < 250


def test_the_norm_of_a_voice_is_the_share_of_words_that_are_heard_otherwise() -> None:
    good = [(chunk(), heard(TEXT))] * 10
    bad = [(chunk(), heard("He removed a lamp and drifted the silk anchor from the table."))] * 10
    assert words_norm(good, "en").error_rate < 0.02
    assert words_norm(good, "en").is_understood
    assert words_norm(bad, "en").error_rate > 0.15
    assert not words_norm(bad, "en").is_understood


def test_a_take_or_two_that_are_wrong_do_not_move_the_norm() -> None:
    good = [(chunk(), heard(TEXT))] * 18
    wrong = [(chunk(), heard("Nobody in town would have said whether it was going up."))] * 2
    assert words_norm([*wrong, *good], "en").error_rate == pytest.approx(
        words_norm(good, "en").error_rate, abs=0.002
    )


def test_of_a_voice_with_few_takes_only_gross_faults_count() -> None:
    norm = words_norm([(chunk(), heard(TEXT))] * 7, "en")
    assert norm == USUAL_WORDS
    assert not found(FAULTS[0][0], norm)
    assert found(FAULTS[1][0], norm).startswith("fail")


def test_the_same_hearing_gives_the_same_verdict() -> None:
    assert found(FAULTS[6][0]) == found(FAULTS[6][0])


def test_findings_are_of_the_words_check() -> None:
    finding = words_finding(chunk(), heard("He removed the flowers."), CLEAR)
    assert finding is not None
    assert (finding.check, finding.verdict) == ("words", Verdict.FAIL)


def test_of_words_without_end_the_beginning_is_told() -> None:
    noughts = "He removed the flowers for 10" + ",000" * 400
    assert "…" in found(noughts) and len(found(noughts)) < 400
