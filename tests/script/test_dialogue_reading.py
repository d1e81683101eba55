"""How lines become turns: tags, names, continuations, comments, breaks, pauses."""

from __future__ import annotations

from pathlib import Path

import pytest

from higgs_cli.app import main
from higgs_cli.errors import ScriptError
from higgs_cli.script.document import Script
from higgs_cli.script.reader import parse_script
from higgs_cli.settings.views import Reading


def turns(script: Script) -> list[tuple[str, str]]:
    return [(turn.speaker, turn.text.text) for turn in script.turns]


def dialogue(source: str, *known: str, read_as: str = "auto") -> list[tuple[str, str]]:
    return turns(parse_script("talk.txt", source, Reading(read_as=read_as), known))


@pytest.mark.parametrize(
    ("line", "speaker"),
    [
        ("[SPEAKER0] Hello.", "SPEAKER0"),
        ("[speaker 0] Hello.", "SPEAKER0"),
        ("【SPEAKER0】Hello.", "SPEAKER0"),
        ("［SPEAKER0］ Hello.", "SPEAKER0"),
        ("  [SPEAKER12]: Hello.", "SPEAKER12"),
        ("ELENA: Hello.", "Elena"),
        ("elena： Hello.", "Elena"),
        ("[Elena] Hello.", "Elena"),
        ("【ELENA】Hello.", "Elena"),
        ("[Elena]: Hello.", "Elena"),
    ],
)
def test_every_way_of_naming_a_speaker_is_read(line: str, speaker: str) -> None:
    assert dialogue(line, "Elena") == [(speaker, "Hello.")]


def test_a_mood_belongs_to_the_turn_and_not_to_the_name() -> None:
    script = parse_script("t.txt", "Elena (whisper): Hush.\n[ELENA (Angry)] No!\n", None, ["Elena"])
    assert [(turn.speaker, turn.mood) for turn in script.turns] == [
        ("Elena", "whisper"),
        ("Elena", "angry"),
    ]


def test_an_unknown_name_before_a_colon_is_prose() -> None:
    assert dialogue("Note: this is prose.") == [("NARRATOR", "Note: this is prose.")]
    assert dialogue("[SPEAKER0] One.\nNote: two.") == [("SPEAKER0", "One. Note: two.")]


def test_said_to_be_a_dialogue_it_names_anyone() -> None:
    read = dialogue("Ann: Hi.\nMr. Ben Hale: Yes.\nhe said: no.\nANN: Bye.", read_as="dialogue")
    assert read == [("Ann", "Hi."), ("Mr. Ben Hale", "Yes. he said: no."), ("Ann", "Bye.")]


def test_names_left_unread_are_reported() -> None:
    script = parse_script("t.txt", "Ann: Hi.\n\nBen: Yes.\n\nAnn: So.\n\nBen: Bye.")
    assert script.form == "prose"
    assert script.names_left_unread == ("Ann", "Ben")


def test_a_sound_at_the_start_of_a_line_is_a_sound() -> None:
    read = dialogue("[SPEAKER0] Hm.\n[laugh] Good one.\n[music start] la [music end]", "laugh")
    assert read == [("SPEAKER0", "Hm. [laugh] Good one. [music start] la [music end]")]


def test_an_unknown_tag_shows_its_place_and_the_nearest_names() -> None:
    with pytest.raises(ScriptError) as caught:
        dialogue("[SPEAKER0] Hello.\n[Elenna] Yes.", "Elena")
    error = caught.value
    assert "line 2" in error.message and error.spot is not None
    assert error.spot.line[error.spot.start : error.spot.end] == "[Elenna]"
    assert "[Elena]" in str(error.hint)


def test_lines_without_a_speaker_go_on_and_blank_lines_begin_a_paragraph() -> None:
    read = dialogue("[SPEAKER0] One\n  two.\n\nThree.\n[SPEAKER1]\nFour.")
    assert read == [("SPEAKER0", "One two."), ("SPEAKER0", "Three."), ("SPEAKER1", "Four.")]


def test_a_tag_inside_a_line_begins_a_turn() -> None:
    read = dialogue("[SPEAKER0] Yes. [SPEAKER1] No. 【SPEAKER0】Oh.")
    assert read == [("SPEAKER0", "Yes."), ("SPEAKER1", "No."), ("SPEAKER0", "Oh.")]


def test_comments_are_left_out_and_kept_on_record() -> None:
    source = "// first\n[SPEAKER0] One <!-- not\nthis --> two.\n"
    script = parse_script("t.txt", source)
    assert turns(script) == [("SPEAKER0", "One  two.")] or turns(script) == [
        ("SPEAKER0", "One two.")
    ]
    assert sum(part.kind == "comment" for part in script.unspoken) == 2


def test_a_comment_that_never_ends_is_an_error() -> None:
    with pytest.raises(ScriptError, match=r"line 2: this comment is never closed"):
        dialogue("[SPEAKER0] Hi.\nand <!-- so on\n")


def test_breaks_part_scenes_and_headings_part_chapters() -> None:
    script = parse_script(
        "t.txt", "# One\n[SPEAKER0] A.\n***\n[SPEAKER0] B.\n* * *\nC.\n# Two\n[SPEAKER0] D.\n"
    )
    assert [(part.title, len(part.turns)) for part in script.chapters] == [("One", 3), ("Two", 1)]
    assert [turn.scene for turn in script.turns] == [0, 1, 2, 0]


def test_headings_of_a_dialogue_are_silent_unless_asked_for() -> None:
    source = "# One\n[SPEAKER0] A.\n"
    assert dialogue(source) == [("SPEAKER0", "A.")]
    spoken = parse_script("t.txt", source, Reading(headings="spoken"))
    assert turns(spoken) == [("NARRATOR", "One"), ("SPEAKER0", "A.")]


def test_pauses_part_turns_and_are_not_spoken() -> None:
    script = parse_script("t.txt", "[SPEAKER0] A. [pause 1.5] B.\n[pause]\n[pause 2s]\nC.")
    assert [(turn.text.text, turn.pause_before_seconds) for turn in script.turns] == [
        ("A.", None),
        ("B.", 1.5),
        ("C.", 3.0),
    ]


@pytest.mark.parametrize("written", ["[pause long]", "[pause 61]", "[pause -1]"])
def test_a_pause_that_is_none_is_an_error(written: str) -> None:
    with pytest.raises(ScriptError, match="is not a pause"):
        dialogue(f"[SPEAKER0] A. {written} B.")


def test_pauses_in_a_row_are_bounded_like_one_and_named_by_line() -> None:
    ten_minutes = "[pause 60]\n" * 10
    script = parse_script("t.txt", f"[SPEAKER0] A.\n{ten_minutes}B.")
    assert list(script.turns)[1].pause_before_seconds == 600
    with pytest.raises(ScriptError, match=r"t\.txt, line 12: .*over 600 seconds"):
        parse_script("t.txt", f"[SPEAKER0] A.\n{ten_minutes}[pause 0.1]\nB.")


@pytest.mark.parametrize("written", ["[pause 1 [laugh]", "[pause [pause 1]"])
def test_a_pause_that_another_bracket_interrupts_is_an_error(written: str) -> None:
    with pytest.raises(ScriptError, match="is not a pause"):
        dialogue(f"[SPEAKER0] A. {written} B.")


def test_a_pause_that_nothing_closes_is_text() -> None:
    assert dialogue("[SPEAKER0] A. [pause 1 B.") == [("SPEAKER0", "A. [pause 1 B.")]


def test_many_tags_on_one_line_are_as_many_turns() -> None:
    read = dialogue("[SPEAKER0] A. [SPEAKER1]B. [ speaker 0 ] C.")
    assert read == [("SPEAKER0", "A."), ("SPEAKER1", "B."), ("SPEAKER0", "C.")]


def test_one_name_in_any_case_is_one_speaker_and_similar_names_are_two() -> None:
    read = dialogue("SUBARU: A.\nSubaru: B.\nMr. Bennet: C.\nMrs. Bennet: D.", read_as="dialogue")
    assert [speaker for speaker, _ in read] == ["SUBARU", "SUBARU", "Mr. Bennet", "Mrs. Bennet"]


HEADER = """---
title: The Lamp
language: en
cast:
  Elena: juniper
  Mr. Hale: {voice: grimsby, aliases: [Hale, The Keeper]}
---
The Keeper: Who is there?
ELENA: It is me.
"""


def test_the_header_makes_names_and_aliases_known() -> None:
    script = parse_script("t.txt", HEADER)
    assert turns(script) == [("Mr. Hale", "Who is there?"), ("Elena", "It is me.")]
    assert script.header.title == "The Lamp"
    assert [entry.voice for entry in script.header.cast] == ["juniper", "grimsby"]


@pytest.mark.parametrize(
    ("wrong", "message", "line"),
    [
        ("titel: x\n", 'unknown key "titel"', 2),
        ("cast:\n  A: {voise: x}\n", 'unknown key "voise"', 3),
        ("cast:\n  A: {voice: x, aliases: [B]}\n  B: y\n", "is a name of A and of B", None),
        ("cast: [A]\n", "must be a table", 2),
        ("title: [x\n", "not YAML", None),
    ],
)
def test_a_mistake_in_the_header_is_shown_in_its_line(
    wrong: str, message: str, line: int | None
) -> None:
    with pytest.raises(ScriptError, match=message) as caught:
        dialogue(f"---\n{wrong}---\nHello.")
    if line:
        assert f"line {line}" in caught.value.message


def test_a_rule_at_the_top_is_not_a_header() -> None:
    assert dialogue("---\nHello there.\n---\nAgain.") == [
        ("NARRATOR", "Hello there."),
        ("NARRATOR", "Again."),
    ]


def test_a_script_that_says_nothing_is_refused() -> None:
    with pytest.raises(ScriptError, match="nothing in it is spoken"):
        dialogue("// only a comment\n\n***\n")


@pytest.mark.parametrize("form", ["auto", "dialogue", "prose"])
def test_a_tag_that_is_never_closed_is_a_mistake_with_its_place(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("talk.txt").write_text("[SPEAKER0] Who is it?\n\n[SPAEKER1 It was the wind.\n")
    if form == "prose":
        Path("talk.txt").write_text("Who is it?\n\n[SPAEKER1 It was the wind.\n")
    assert main(["plan", "talk.txt", "--as", form]) == 2
    said = capsys.readouterr().err
    assert "line 3" in said and "[SPAEKER1 It was the wind.\n" in said
    assert "| ^^^^^^^^^\n" in said and "never closed" in said
    assert form == "prose" or "write [SPEAKER1]" in said
    assert main(["plan", "talk.txt", "--as", form, "--brackets", "text"]) == 0


def test_an_escaped_bracket_at_the_head_of_a_line_is_text() -> None:
    script = parse_script("t.txt", "[SPEAKER0] One.\n\\[sic it says here.\n")
    assert "[sic" in next(script.turns).text.text


def test_brackets_of_a_dialogue_can_be_left_out() -> None:
    source = "[SPEAKER0] Well [he sits] then. [laugh] Go."
    turns = parse_script("t.txt", source, Reading(brackets="silent")).turns
    assert [" ".join(turn.text.text.split()) for turn in turns] == ["Well then. [laugh] Go."]


def test_a_place_counts_paragraphs_whatever_pauses_part_them() -> None:
    script = parse_script("t.txt", "One [pause 1] of it. [pause 2] All.\n\nTwo.\n\nThree.\n")
    places = [script.place_of_turn(turn.number) for turn in script.turns]
    assert places == ["1:1", "1:1", "1:1", "1:2", "1:3"]


def test_a_header_that_is_never_closed_is_a_mistake() -> None:
    with pytest.raises(ScriptError, match=r"t\.txt, line 1: this header is never closed"):
        parse_script("t.txt", "---\ntitle: The Lamp\ncast:\n  Ann: wren\n\nANN: Well?\n")
    assert turns(parse_script("t.txt", "---\n\nOne.\n")) == [("NARRATOR", "One.")]
