"""Every way of writing a name in front of a line is a speaker, a refusal, or a warning."""

from __future__ import annotations

from time import process_time

import pytest

from higgs_cli.errors import CastError
from higgs_cli.script.document import Script
from higgs_cli.script.heads import head_of
from higgs_cli.script.reader import parse_script
from higgs_cli.settings.views import Reading

KNOWN = ("Ann", "Ben")


def talk(source: str, *known: str, read_as: str = "auto") -> Script:
    return parse_script("talk.txt", source, Reading(read_as=read_as), known or KNOWN)


def turns(script: Script) -> list[tuple[str, str]]:
    return [(turn.speaker, turn.text.text) for turn in script.turns]


@pytest.mark.parametrize(
    "line",
    [
        "**BEN:** Yes.",
        "**BEN**: Yes.",
        "*Ben*: Yes.",
        "_Ben:_ Yes.",
        "- BEN: Yes.",
        "> BEN: Yes.",
        "BEN. Yes.",
        "**Ben.** Yes.",
        "BEN\nYes.",
        "BEN.\nYes.",
        "\nBen\nYes.",
        "BEN'S VOICE: Yes.",
        "BEN (O.S.): Yes.",
        "BEN (V.O.)\nYes.",
        "BEN (CONT'D): Yes.",
        "BEN (cont’d)\nYes.",
    ],
)
def test_a_known_name_speaks_however_it_is_written(line: str) -> None:
    assert turns(talk(f"ANN: Well?\n{line}\n")) == [("Ann", "Well?"), ("Ben", "Yes.")]


@pytest.mark.parametrize("name", ["ALL", "BOTH", "ANN and BEN", "Ann & Ben"])
def test_several_together_are_a_speaker_of_their_own(name: str) -> None:
    assert turns(talk(f"ANN: Well?\n{name}: Yes.\n"))[1] == (name, "Yes.")


@pytest.mark.parametrize(
    "line",
    [
        "CARL: Yes.",
        "**Carl:** Yes.",
        "*CARL*: Yes.",
        "- CARL: Yes.",
        "CARL (O.S.): Yes.",
        "Carl: Yes.",
        "Mr. Hale: Yes.",
        "CARL. Yes.",
        "CARL\nYes.",
        "ANN and CARL: Yes.",
        "ZORG: Yes.",
        "1ST WITCH: Yes.",
        "MAN #2: Yes.",
        "CARL:Yes.",
        "CARL, angrily: Yes.",
        "CARL — yes.",
        "Zorg: One.\nZorg: Two.\nZorg: Three.",
    ],
)
def test_a_name_that_nobody_has_is_refused_where_it_stands(line: str) -> None:
    with pytest.raises(CastError, match=r"talk\.txt, line 2: .*is not a known speaker") as caught:
        talk(f"ANN: Well?\n{line}\n")
    assert caught.value.spot is not None
    assert "--cast" in str(caught.value.hint)


@pytest.mark.parametrize(
    "line",
    ["Zorg: One.", "ZORG. One.", "MAN #2. One.", "ZORG — One.", "ZORG\nOne.", "Question: why?"],
)
def test_what_may_be_a_word_of_the_text_is_warned_of_with_its_lines(line: str) -> None:
    script = talk(f"ANN: Well?\n{line}\n\n{line}\n")
    assert len(list(script.turns)) == 2
    (warning,) = script.warnings
    assert "at the head of 2 lines (2, " in warning


@pytest.mark.parametrize(
    "line",
    ["Note: this.", "NO. I will not.", "he said: no.", "At 10:30 we go.", "It was late. So."],
)
def test_words_that_are_no_names_are_read_in_peace(line: str) -> None:
    script = talk(f"ANN: Well?\n{line}\n")
    assert script.warnings == ()
    assert turns(script) == [("Ann", f"Well? {line}")]


def test_a_backslash_makes_a_head_text() -> None:
    assert turns(talk("ANN: I read:\n\\CARL: gone.\n")) == [("Ann", "I read: CARL: gone.")]


def test_said_to_be_a_dialogue_every_head_before_a_colon_speaks() -> None:
    source = "**CARL:** Hi.\n- DORA (O.S.): Yes.\n*Carl*: So.\n"
    assert turns(talk(source, "", read_as="dialogue")) == [
        ("CARL", "Hi."),
        ("DORA", "Yes."),
        ("CARL", "So."),
    ]


def test_heads_are_found_in_linear_time() -> None:
    took = []
    for size in (20_000, 200_000):
        began = process_time()
        for part in ("A", "A ", "*", "(a) ", "A. ", "A (", "Mr. "):
            head_of(part * size)
        took.append(process_time() - began)
    assert took[1] < 30 * took[0] + 0.1
