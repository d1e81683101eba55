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
