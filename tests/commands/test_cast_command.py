"""`higgs cast`: everybody who speaks, a voice for each and why, as a sheet to correct."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.helpers import CommandLine

TALK = """Lady Bracknell: Good afternoon, dear Algernon, I hope you are behaving very well.
ALGERNON (O.S.): I am feeling very well, Aunt Augusta.
Lane: Yes, sir.
Old Tom: Hm.
Lady Bracknell: That is not quite the same thing.
"""


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    return CommandLine(tmp_path, monkeypatch, capsys)


def rows(shown: str) -> dict[str, list[str]]:
    table = [line.split("\t") for line in shown.splitlines()]
    return {row[0]: row[1:] for row in table[1:]}


def test_everybody_is_listed_with_turns_minutes_first_line_and_why(command: CommandLine) -> None:
    command.write("talk.txt", TALK)
    ran = command("cast", "talk.txt")
    assert ran.exit_code == 0
    found = rows(ran.stdout)
    assert list(found) == ["Lady Bracknell", "ALGERNON", "Lane", "Old Tom"]
    assert found["Lady Bracknell"][0] == "juniper"
    assert found["Lady Bracknell"][1] == "2"
    assert found["Lady Bracknell"][3] == "a woman (lady)"
    assert found["Lady Bracknell"][4].startswith("Good afternoon")
    assert "a man" in found["ALGERNON"][3] and "a man" in found["Old Tom"][3]
    assert len({row[0] for row in found.values()}) == 4


def test_the_same_script_gives_the_same_sheet(command: CommandLine) -> None:
    command.write("talk.txt", TALK)
    for name in ("one.yaml", "two.yaml"):
        assert command("cast", "talk.txt", "-o", name).exit_code == 0
    one, two = ((command.folder / name).read_bytes() for name in ("one.yaml", "two.yaml"))
    assert one == two


def test_a_sheet_casts_a_render_and_a_pair_wins_over_it(command: CommandLine) -> None:
    command.write("talk.txt", TALK)
    command("cast", "talk.txt", "-o", "cast.yaml")
    plan = json.loads(command("plan", "talk.txt", "--cast", "cast.yaml", "--json").stdout)
    assert {each["why"] for each in plan["cast"]} == {"cast sheet"}
    both = ("--cast", "cast.yaml", "--cast", "Lane=wren")
    plan = json.loads(command("plan", "talk.txt", *both, "--json").stdout)
    assert {each["speaker"]: each["voice"] for each in plan["cast"]}["Lane"] == "wren"
    assert command("render", "talk.txt", "--cast", "cast.yaml", "-o", "talk.wav").exit_code == 0


def test_corrections_stay_when_the_script_is_edited(command: CommandLine) -> None:
    command.write("talk.txt", TALK)
    command("cast", "talk.txt", "-o", "cast.yaml")
    sheet = command.folder / "cast.yaml"
    corrected = sheet.read_text().replace('voice: "juniper"', "voice: wren\n    pause_scale: 2")
    sheet.write_text(corrected)
    command.write("talk.txt", "MARY: A new line at the top.\n" + TALK.replace("Old Tom: Hm.\n", ""))
    found = rows(command("cast", "talk.txt", "-o", "cast.yaml").stdout)
    assert list(found) == ["MARY", "Lady Bracknell", "ALGERNON", "Lane"]
    assert found["Lady Bracknell"][0] == "wren"
    assert found["MARY"][0] in ("juniper", "marigold")
    assert "pause_scale: 2" in sheet.read_text()


def test_a_speakers_pauses_are_scaled(command: CommandLine) -> None:
    command.write("talk.txt", "ANN: One.\nBEN: Two.\nANN: Three.\n")
    sheet = "cast: {ANN: {voice: wren, pause_scale: 2}, BEN: tobias}\n"
    command.write("cast.yaml", sheet)
    plan = json.loads(command("plan", "talk.txt", "--cast", "cast.yaml", "--json").stdout)
    assert [each["pause"]["seconds"] for each in plan["chunks"]] == [0, 0.45, 0.9]


def test_who_has_several_names_is_one_speaker(command: CommandLine) -> None:
    command.write("talk.txt", "A MAN: One.\nBEN: Two.\n")
    command.write("cast.yaml", "cast: {BEN: {voice: tobias, aliases: [A MAN]}}\n")
    plan = json.loads(command("plan", "talk.txt", "--cast", "cast.yaml", "--json").stdout)
    assert [each["speaker"] for each in plan["cast"]] == ["BEN"]


def test_whoever_is_not_in_the_sheet_is_named(command: CommandLine) -> None:
    command.write("talk.txt", TALK)
    command.write("cast.yaml", "read: dialogue\ncast: {ALGERNON: tobias, Lane: fergus}\n")
    ran = command("plan", "talk.txt", "--cast", "cast.yaml")
    assert ran.exit_code == 2
    assert 'no voice for "Lady Bracknell" (nor for Old Tom)' in ran.stderr
    assert "higgs cast" in ran.stderr


@pytest.mark.parametrize(
    ("sheet", "message"),
    [
        ("cast: {ANN: {voice: wren, colour: red}}", 'unknown key "colour"'),
        ("cast: {ANN: {why: x}}", "has no voice"),
        ("cast: {ANN: wren, BEN: {voice: wren, aliases: [ANN]}}", "is a name of"),
        ("read: opera\ncast: {ANN: wren}", "`read` is one of"),
        ("words: []", 'unknown key "words"'),
        ("{}", "no `cast:` table"),
        ("cast: {ANN: nobody_has_this}", "no voice is called"),
    ],
)
def test_a_mistake_in_a_sheet_is_one_line(command: CommandLine, sheet: str, message: str) -> None:
    command.write("talk.txt", "ANN: One.\n")
    command.write("cast.yaml", sheet)
    ran = command("plan", "talk.txt", "--as", "dialogue", "--cast", "cast.yaml")
    assert ran.exit_code == 2
    assert message in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_sheet_replaces_no_file_that_is_none(command: CommandLine) -> None:
    command.write("talk.txt", TALK)
    other = command.write("other.yaml", "profiles: {ann: A woman}\n")
    assert command("cast", "talk.txt", "-o", "other.yaml").exit_code == 2
    assert command("cast", "talk.txt", "-o", "talk.txt").exit_code == 2
    assert other.read_text().startswith("profiles")
    assert (command.folder / "talk.txt").read_text() == TALK


def test_a_library_without_a_cast_is_dealt_by_gender_and_says_so(command: CommandLine) -> None:
    command.write("talk.txt", "GWENDOLEN: Yes.\nALGERNON: No.\n")
    lines = ["profiles:", "  tom: male; low", "  dick: male", "  meg: female; bright"]
    command.write("profile.yaml", "\n".join(lines))
    both = ("--as", "dialogue", "--voices", "profile.yaml")
    ran = command("plan", "talk.txt", *both, "--json")
    cast = {each["speaker"]: each["voice"] for each in json.loads(ran.stdout)["cast"]}
    assert cast == {"GWENDOLEN": "meg", "ALGERNON": "tom"}
    ran = command("render", "talk.txt", *both, "-o", "talk.wav")
    assert "GWENDOLEN = meg (a woman (gwendolen)); ALGERNON = tom" in ran.stderr


def test_main_speakers_share_no_voice_while_there_is_another_of_their_kind(
    command: CommandLine,
) -> None:
    names = ["Ann", "Beth", "Clara", "Dan", "Emma"]
    command.write("talk.txt", "".join(f"{name}: Some words to say here.\n" for name in names))
    found = rows(command("cast", "talk.txt").stdout)
    women = [found[name][0] for name in names if name != "Dan"]
    assert len(set(women)) == 4
    assert set(women) <= {"marigold", "juniper", "wren", "female_en_story", "female_en_british"}


NOVEL = """CHAPTER I

Mr. Hale kept the light, and Elinor Vane taught his boy.

“The oil is low,” said Mr. Hale.

“Then send somebody,” said Elinor.

“Whom?”

“Anybody.”

The wind rose. It blew all night. Nobody slept.

In the morning it was still.

“Hark!”

Nobody answered. It had been the sea.

“The oil is lower,” said Mr. Hale.
"""


def speakers_of(plan: str) -> list[tuple[str, str]]:
    return [(chunk["speaker"], chunk["text"]) for chunk in json.loads(plan)["chunks"]]


def test_a_novel_is_read_by_its_narrator_until_a_sheet_says_otherwise(command: CommandLine) -> None:
    command.write("novel.txt", NOVEL)
    told = speakers_of(command("plan", "novel.txt", "--json").stdout)
    assert {speaker for speaker, _ in told} == {"NARRATOR"}
    command("cast", "novel.txt", "-o", "cast.yaml")
    said = speakers_of(command("plan", "novel.txt", "--cast", "cast.yaml", "--json").stdout)
    assert [who for who, text in said if "Whom" in text or "Anybody" in text] == [
        "Mr. Hale",
        "Elinor Vane",
    ]
    assert [who for who, text in said if text.startswith("said")] == ["NARRATOR"] * 3
    narrated = (command.folder / "cast.yaml").read_text().replace("attributed", "narrator", 1)
    command.write("cast.yaml", narrated)
    told = speakers_of(command("plan", "novel.txt", "--cast", "cast.yaml", "--json").stdout)
    assert {speaker for speaker, _ in told} == {"NARRATOR"}


def test_what_is_not_sure_is_listed_and_stays_decided_when_the_text_is_edited(
    command: CommandLine,
) -> None:
    command.write("novel.txt", NOVEL)
    command("cast", "novel.txt", "-o", "cast.yaml")
    sheet = (command.folder / "cast.yaml").read_text()
    assert 'words: "Hark!"' in sheet
    unsure = next(line for line in sheet.splitlines() if line.endswith('?"'))
    command.write("cast.yaml", sheet.replace(unsure, f'{unsure.split(":")[0]}: "Elinor"'))
    edited = NOVEL.replace("CHAPTER I\n", "CHAPTER I\n\nIt was the year of the storms.\n")
    command.write("novel.txt", edited)
    command("cast", "novel.txt", "-o", "cast.yaml")
    said = speakers_of(command("plan", "novel.txt", "--cast", "cast.yaml", "--json").stdout)
    assert [who for who, text in said if "Hark" in text] == ["Elinor"]


def test_a_decision_stays_where_its_words_change_a_little(command: CommandLine) -> None:
    novel = NOVEL.replace("“Hark!”", "“Hark, there goes the old bell again!”")
    command.write("novel.txt", novel)
    command("cast", "novel.txt", "-o", "cast.yaml")
    sheet = (command.folder / "cast.yaml").read_text()
    unsure = next(line for line in sheet.splitlines() if line.endswith('?"'))
    command.write("cast.yaml", sheet.replace(unsure, f'{unsure.split(":")[0]}: "Elinor Vane"'))
    command.write("novel.txt", novel.replace("old bell again", "great bell again"))
    ran = command("plan", "novel.txt", "--cast", "cast.yaml", "--json")
    assert [who for who, text in speakers_of(ran.stdout) if "Hark" in text] == ["Elinor Vane"]
    assert "no longer in the text" not in ran.stdout + ran.stderr
    command("cast", "novel.txt", "-o", "cast.yaml")
    sheet = (command.folder / "cast.yaml").read_text()
    assert 'who: "Elinor Vane"\n    words: "Hark, there goes the great bell again!"' in sheet


def test_a_decision_whose_words_are_gone_is_kept_and_named(command: CommandLine) -> None:
    command.write("novel.txt", NOVEL)
    command("cast", "novel.txt", "-o", "cast.yaml")
    sheet = (command.folder / "cast.yaml").read_text()
    command.write("cast.yaml", sheet.replace('?"', '"'))
    command.write("novel.txt", NOVEL.replace("“Hark!”", "“Nothing of the kind will happen.”"))
    ran = command("plan", "novel.txt", "--cast", "cast.yaml")
    assert "1 decided quotation is no longer in the text: “Hark!”" in ran.stdout + ran.stderr
    ran = command("cast", "novel.txt", "-o", "cast.yaml")
    assert "1 decided quotation is no longer in the text" in ran.stdout + ran.stderr
    assert "not in the text as it is now" in (command.folder / "cast.yaml").read_text()


def test_a_name_of_the_sheet_that_says_nothing_is_told_of(command: CommandLine) -> None:
    command.write("talk.txt", TALK)
    command("cast", "talk.txt", "-o", "cast.yaml")
    sheet = (command.folder / "cast.yaml").read_text()
    assert "says nothing" not in command("plan", "talk.txt", "--cast", "cast.yaml").stderr
    command.write("cast.yaml", sheet.replace("cast:\n", 'cast:\n  "Nemo": wren\n'))
    ran = command("plan", "talk.txt", "--cast", "cast.yaml")
    assert "the cast sheet names one who says nothing in this script: Nemo" in ran.stderr


def test_chapters_that_share_a_store_share_a_generated_narrator(command: CommandLine) -> None:
    for name in ("one", "two"):
        text = f"This is chapter {name}, and it is long enough to make a voice of.\n"
        command.write(f"{name}.txt", text * 2)
        assert command("render", f"{name}.txt", "--store", "book.higgs").exit_code == 0
    made = [
        json.loads((command.folder / f"{name}.json").read_text())["cast"][0]
        for name in ("one", "two")
    ]
    assert made[0] == made[1]


def test_an_audition_speaks_a_line_of_each_speaker_in_three_voices(command: CommandLine) -> None:
    command.write("talk.txt", TALK)
    ran = command("cast", "talk.txt", "-o", "cast.yaml", "--audition", "heard")
    assert ran.exit_code == 0
    files = sorted(path.name for path in (command.folder / "heard").glob("*.wav"))
    assert len(files) == 4 * 3
    assert "lady-bracknell-juniper.wav" in files
    page = (command.folder / "heard" / "index.html").read_text()
    assert all(name in page for name in files)
    assert "Good afternoon, dear Algernon" in page
    assert command("cast", "talk.txt", "--audition", "heard").exit_code == 0


def test_an_audition_overwrites_no_page_of_somebody_else(command: CommandLine) -> None:
    command.write("talk.txt", TALK)
    command.write("heard/index.html", "<p>mine</p>")
    ran = command("cast", "talk.txt", "--audition", "heard")
    assert ran.exit_code == 2 and "is there already" in ran.stderr
    assert (command.folder / "heard" / "index.html").read_text() == "<p>mine</p>"
