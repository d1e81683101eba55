"""Plays in the usual prints are read by those who are named; nobody speaks a stage direction."""

from __future__ import annotations

import pytest

from higgs_cli.casting.roles import roles_of
from higgs_cli.script.document import Script
from higgs_cli.script.reader import parse_script
from higgs_cli.settings.views import Reading

SPEECHES = [
    ("MRS. HALE", "Who has left the lamp burning?"),
    ("TOM", "I have not touched it."),
    ("MRS. HALE", "Then somebody has been here."),
    ("TOM", "Nobody comes here."),
    ("THE KEEPER", "I do."),
    ("MRS. HALE", "You!"),
    ("TOM", "How did you get in?"),
    ("THE KEEPER", "By the door, like everybody."),
    ("MRS. HALE", "It was locked."),
    ("TOM", "I locked it myself."),
]


def play(source: str, path: str = "play.txt", **reading: str) -> Script:
    return parse_script(path, source, Reading(**reading))  # type: ignore[arg-type]


def turns(script: Script) -> list[tuple[str, str]]:
    return [(turn.speaker, turn.text.text) for turn in script.turns if not turn.is_heading]


def printed(form: str) -> str:
    return "".join(form.format(name=name, said=said) for name, said in SPEECHES)


@pytest.mark.parametrize("notes", ["inline", "end"])
def test_notes_of_a_play_are_the_narrators(notes: str) -> None:
    source = "ACT I\n\n" + printed("{name}.\n\n{said}\n\n").replace("burning?", "burning?[1]")
    script = play(source + "[1] In the first print.\n", notes=notes)
    assert [who for who, said in turns(script) if "first print" in said] == ["NARRATOR"]
    assert turns(script).count(("TOM", "I have not touched it.")) == 1


def test_a_list_of_persons_announces_a_play_and_above_it_stand_titles() -> None:
    """Few speeches, a printer's line like a speech, a scene that ends in a direction."""
    source = (
        "THE LAMP\n\nBY ANN LEE\n\nLONDON: 1894\n\nTHE PERSONS OF THE PLAY\n\nMRS. HALE\n\nTOM\n\n"
        "ACT I\n\nSCENE I.--_A room in the tower. Evening. "
        "A window, c., opens on the sea below it._\n\n"
    )
    few = "".join(f"{name}.\n\n{said}\n\n" for name, said in SPEECHES[:4] + SPEECHES[5:9])
    script = play(source + few)
    assert script.form == "play"
    assert {turn.speaker for turn in script.turns} == {
        "NARRATOR", "MRS. HALE", "TOM", "THE KEEPER",
    }  # fmt: skip
    unclosed = play(source + few + "TOM.\n\nI will. [_Exeunt omnes._\n\n")
    assert turns(unclosed)[-1] == ("TOM", "I will.")
    said = [text for _, text in turns(script)]
    assert "LONDON: 1894" in said and "SCENE I." in [turn.text.text for turn in script.turns]


@pytest.mark.parametrize(
    "form",
    [
        "{name}.\n\n{said}\n\n",
        "{name}.\n{said}\n\n",
        "{name}. {said}\n\n",
        "{name}. {said}\n",
        "{name}\n{said}\n\n",
        "{name}: {said}\n\n",
        "_{name}._ {said}\n\n",
        "**{name}.** {said}\n\n",
        "{name} [rising]. {said}\n\n",
        "{name}. [_Rising._] {said}\n\n",
        "{name}. (_Rising._) {said}\n\n",
        "{name} (rising). {said}\n\n",
        "{name}.\n\n[_Rising slowly\nfrom the chair._] {said}\n\n",
        "{name}. _Rising slowly._ {said}\n\n",
        "  {name:<14}  {said}\n",
    ],
)
def test_every_print_gives_the_same_speeches(form: str) -> None:
    source = "ACT I\n\n" + printed(form) + ("\n" + printed(form) if "<14" in form else "")
    script = play(source)
    assert script.form == "play"
    assert turns(script)[: len(SPEECHES)] == SPEECHES


def test_tables_of_markdown_are_plays_and_rows_without_a_name_directions() -> None:
    source = "## Act I\n\n| | |\n|---|---|\n| | *A room. **Tom** sits.* |\n"
    source += printed("| {name} | {said} *Rising.* |\n")
    assert turns(play(source, "play.md")) == SPEECHES
    told = turns(play(source, "play.md", directions="narrator"))
    assert told[0] == ("NARRATOR", "A room. Tom sits.")
    assert told[1:3] == [SPEECHES[0], ("NARRATOR", "Rising.")]


def test_stress_in_a_speech_is_no_direction() -> None:
    source = printed("**{name}.** {said}\n\n") + "**TOM.** I did *not*. _She_ did. *He goes.*\n"
    assert turns(play(source, "p.md"))[-1] == ("TOM", "I did not. She did.")


def test_a_direction_over_paragraphs_is_one_and_the_speech_goes_on() -> None:
    source = printed("{name}.\n\n{said}\n\n") + "[_The lamp\n\ngoes out._]\n\nIt is dark.\n"
    assert turns(play(source))[-2:] == [SPEECHES[-1], ("TOM", "It is dark.")]


@pytest.mark.parametrize("closing", ["_]", "_", "]"])
def test_a_name_at_the_head_of_a_line_of_a_direction_speaks_nothing(closing: str) -> None:
    source = printed("{name}.\n\n{said}\n\n")
    source += "  [_She goes to the window, and with her\n  TOM and THE KEEPER. They are pale."
    source += f"{closing}\n\n"
    read = play(source + "TOM.\n\nIt is dark.\n")
    assert turns(read)[-2:] == [SPEECHES[-1], ("TOM", "It is dark.")]
    assert "TOM and THE KEEPER" not in read.speakers


def test_what_stands_behind_a_direction_begins_with_no_comma() -> None:
    source = printed("{name}. {said}\n\n") + "TOM. Wait [_he rises_], wait [_sits_]; no.\n"
    assert turns(play(source))[-3:] == [("TOM", "Wait"), ("TOM", "wait"), ("TOM", "no.")]


def test_directions_are_listed_as_left_out_and_a_setting_reads_them() -> None:
    source = printed("{name}. [_Rising._] {said}\n\n")
    silent = play(source)
    assert sum(part.kind == "direction" for part in silent.unspoken) == len(SPEECHES)
    told = turns(play(source, directions="narrator"))
    assert told[:2] == [("NARRATOR", "Rising."), SPEECHES[0]]
    moods = play(source, directions="mood")
    assert {turn.manner for turn in moods.turns} == {"Rising."}


def test_the_list_of_persons_tells_who_they_are() -> None:
    source = "DRAMATIS PERSONAE\n\nTOM, an old sailor.\n\nTHE KEEPER, Jane Gray, a young woman.\n\n"
    script = play(source + "ACT I\n\n" + printed("{name}.\n\n{said}\n\n"))
    traits = {role.speaker: role.traits for role in roles_of(script)}
    assert (traits["TOM"].gender, traits["TOM"].age) == ("male", "old")
    assert (traits["THE KEEPER"].gender, traits["THE KEEPER"].age) == ("female", "young")


def test_a_screenplay_speaks_what_stands_under_a_name() -> None:
    source = "Title: The Lamp\nAuthor: Nobody\n\nINT. TOWER - NIGHT\n\nA lamp burns.\n\n"
    source += printed("{name} (O.S.)\n(quietly)\n{said}\n\nHe waits.\n\n") + "CUT TO:\n"
    script = play(source, "lamp.fountain")
    assert turns(script) == SPEECHES
    told = turns(play(source, "lamp.fountain", directions="narrator"))
    assert ("NARRATOR", "A lamp burns.") in told and ("NARRATOR", "He waits.") in told


def test_several_who_speak_together_are_a_speaker() -> None:
    source = printed("{name}.\n\n{said}\n\n") + "TOM and MRS. HALE.\n\nNever!\n\nALL.\n\nNever!\n"
    assert turns(play(source))[-2:] == [("TOM and MRS. HALE", "Never!"), ("ALL", "Never!")]


def test_a_novel_with_words_in_capitals_is_no_play() -> None:
    page = "CHAPTER I\n\nIT was late. He knew it.\n\nNO. He would not go there again.\n\n"
    page += '"Go," said Tom. "I will not."\n\nSTOP!\n\nHe did not.\n\n'
    assert play(page * 5).form == "prose"


def test_prose_can_be_asked_for() -> None:
    assert play(printed("{name}.\n\n{said}\n\n"), read_as="prose").form == "prose"


def test_a_row_without_a_name_goes_on_behind_its_direction() -> None:
    rows = "".join(f"| {name} | {said} |\n" for name, said in SPEECHES)
    rows += "|  | ***Tom** opens the door, and the light falls in.* Here it is, all of it. |\n"
    script = play(f"| | |\n| --- | --- |\n{rows}", "play.md")
    assert turns(script)[-1] == ("TOM", "Here it is, all of it.")


def test_italics_in_italics_are_one_direction() -> None:
    said = (
        "Leave me! *A hubbub. Cries of *Who is it? etc.*, from the crowd; **Tom** gives way.* No."
    )
    rows = "".join(f"| {name} | {line} |\n" for name, line in [*SPEECHES, ("TOM", said)])
    script = play(f"| | |\n| --- | --- |\n{rows}", "play.md")
    assert turns(script)[-2:] == [("TOM", "Leave me!"), ("TOM", "No.")]


def test_names_that_begin_with_a_figure_or_have_a_number_speak() -> None:
    source = (
        printed("{name}. {said}\n\n") + "1ST WITCH. Hail!\n\nMAN #2. No.\n\n1ST WITCH. Well?\n\n"
    )
    assert turns(play(source + "MAN #2. Never.\n"))[-4:] == [
        ("1ST WITCH", "Hail!"), ("MAN #2", "No."), ("1ST WITCH", "Well?"), ("MAN #2", "Never."),
    ]  # fmt: skip


def test_a_small_screenplay_is_one_by_its_name_and_its_title_page_is_not_spoken() -> None:
    source = "Title: _The Lamp_\nAuthor: Ann Hale\n\nINT. TOWER - NIGHT\n\nA lamp burns.\n\n"
    source += "1ST WITCH\nWell.\n(beat)\nNo (beat) never.\n\nMAN #2\n(softly)\nGone.\n"
    script = play(source, "lamp.fountain")
    assert (script.header.title, script.header.author) == ("The Lamp", "Ann Hale")
    said = [("1ST WITCH", "Well."), ("1ST WITCH", "No"), ("1ST WITCH", "never.")]
    assert turns(script) == [*said, ("MAN #2", "Gone.")]
    assert len(list(script.turns)) == 4


@pytest.mark.parametrize(
    "line", ["Enter HALE.", "Exit", "Exeunt.", "CURTAIN", "Re-enter TOM, with a lamp.", "Exit Tom."]
)
@pytest.mark.parametrize("gap", ["\n", "\n\n"])
def test_who_comes_and_goes_is_said_by_nobody(line: str, gap: str) -> None:
    source = printed("{name}. {said}\n\n") + f"TOM. Well?{gap}{line}\n\nTOM. Enter, my friend.\n"
    script = play(source)
    assert turns(script)[-2:] == [("TOM", "Well?"), ("TOM", "Enter, my friend.")]
    assert [script.source[p.start : p.end] for p in script.unspoken if p.kind == "direction"] == [
        line
    ]


def test_a_person_without_a_description_stays_in_the_list() -> None:
    source = "PERSONS\n\nA BOY.\nTOM, an old man.\nTHE KEEPER. A ghost.\n\nACT I\n\n"
    script = play(source + printed("{name}. {said}\n\n"), read_as="play")
    told = " ".join(text for speaker, text in turns(script) if speaker == "NARRATOR")
    assert told == "A BOY. TOM, an old man. THE KEEPER. A ghost."


def test_columns_below_a_rule_keep_their_directions() -> None:
    rows = "  ------------ ------------------------------\n               A bell rings.\n"
    rows += printed("  {name:<12} {said}\n")
    script = play(f"ACT I\n\n{rows}  ------------ ------------------------------\n")
    assert turns(script) == SPEECHES
