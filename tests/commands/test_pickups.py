"""What somebody who listened remarks comes back as new takes and as words of the lexicon."""

from __future__ import annotations

from pathlib import Path

import pytest

from higgs_cli.errors import HiggsError
from higgs_cli.wording.lexicon import Pronunciation, read_lexicon
from higgs_cli.wording.lexicon_file import add_to_lexicon
from tests.fakes import FakeSynthesizer
from tests.helpers import CommandLine

SCRIPT = "".join(
    f"[SPEAKER{number % 2}] This is line number {number}, and Siobhan says all of it.\n"
    for number in range(1, 5)
)
NAMES = ["one", "two", "three", "four"]
RENDER = ("render", "talk.txt", "-o", "talk.wav")


@pytest.fixture
def higgs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path.parent / "cache"))
    higgs = CommandLine(tmp_path, monkeypatch, capsys)
    higgs.write("talk.txt", SCRIPT)
    assert higgs(*RENDER, "--findings", "talk.csv").exit_code == 0
    higgs.synthesizer = FakeSynthesizer()
    return higgs


def spoken(higgs: CommandLine) -> list[str]:
    """Which lines were spoken now."""
    said = (text.split("number ")[1].split(",")[0] for text in higgs.synthesizer.chunks_spoken)
    return sorted(str(NAMES.index(name) + 1) for name in said)


def test_the_sheet_comes_back_with_remarks_and_only_these_places_are_spoken(
    higgs: CommandLine,
) -> None:
    sheet = (higgs.folder / "talk.csv").read_text("utf-8-sig").splitlines()
    remarked = [line + "too fast" if "number 3," in line else line for line in sheet]
    higgs.write("back.csv", "\n".join(remarked))
    ran = higgs(*RENDER, "--pickups", "back.csv")
    assert ran.exit_code == 0 and spoken(higgs) == ["3"], ran.stderr
    higgs.synthesizer = FakeSynthesizer()
    assert higgs("render", "--from", "talk.json", "--pickups", "back.csv").exit_code == 0
    assert spoken(higgs) == ["3"]


@pytest.mark.parametrize(
    "rows", ["place,remark\n2,too loud\n", "Remark;Place\ntoo loud;line 2\n", "place\tremark\n2\tx"]
)
def test_a_list_of_ones_own_needs_only_place_and_remark(higgs: CommandLine, rows: str) -> None:
    higgs.write("mine.csv", rows)
    assert higgs(*RENDER, "--pickups", "mine.csv", "--retake", "4").exit_code == 0
    assert spoken(higgs) == ["2", "4"]


def test_a_word_goes_into_the_lexicon_and_all_its_places_are_spoken_again(
    higgs: CommandLine,
) -> None:
    higgs.write("mine.csv", "place,remark\n2,Siobhan = Shi-vawn\n")
    ran = higgs(*RENDER, "--pickups", "mine.csv", "--lexicon", "words.yaml")
    assert ran.exit_code == 0 and "words.yaml: Siobhan is said Shi-vawn" in ran.stderr
    assert spoken(higgs) == ["1", "2", "3", "4"]
    before = (higgs.folder / "words.yaml").read_bytes()
    higgs.synthesizer = FakeSynthesizer()
    assert higgs(*RENDER, "--pickups", "mine.csv", "--lexicon", "words.yaml").exit_code == 0
    assert spoken(higgs) == [] and (higgs.folder / "words.yaml").read_bytes() == before


@pytest.mark.parametrize(
    ("rows", "options", "said"),
    [
        ("where,remark\n2,x\n", (), "no column is called place"),
        ("place,remark\n,x\n", (), "row 2: it has a remark, and no place"),
        ("place,remark\n99,x\n", (), "99"),
        ("place,remark\nsomewhere,x\n", (), "somewhere"),
        ("place,remark\n2,Siobhan = Shi\n", (), "none is named"),
        ("place,remark\n2,Siobhan = <SE>\n", ("--lexicon", "w.yaml"), "cannot be spoken"),
        ("place,remark\n1,A = B\n2,a = C\n", ("--lexicon", "w.yaml"), "in two ways"),
        ("place,remark\n1,\udc80x\n", (), "is not UTF-8"),
    ],
)
def test_what_cannot_be_understood_is_said_by_its_row_and_nothing_is_spoken(
    higgs: CommandLine, rows: str, options: tuple[str, ...], said: str
) -> None:
    (higgs.folder / "mine.csv").write_bytes(rows.encode("utf-8", "surrogateescape"))
    ran = higgs(*RENDER, "--pickups", "mine.csv", *options)
    assert ran.exit_code == 2 and said in ran.stderr, ran.stderr
    assert spoken(higgs) == [] and not (higgs.folder / "w.yaml").exists()


def test_words_need_the_script(higgs: CommandLine) -> None:
    higgs.write("mine.csv", "place,remark\n2,Siobhan = Shi-vawn\n")
    ran = higgs("render", "--from", "talk.json", "--pickups", "mine.csv")
    assert ran.exit_code == 2 and "has no script" in ran.stderr


NEW = Pronunciation("Ann's", 'An "z"')


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", 'words:\n  "Ann\'s": "An \\"z\\""\n'),
        ("words: []\n", 'words:\n  "Ann\'s": "An \\"z\\""\n'),
        ("lead: led   # mine", 'lead: led   # mine\n"Ann\'s": "An \\"z\\""\n'),
        ("words:\n    lead: led\n", 'words:\n    lead: led\n    "Ann\'s": "An \\"z\\""\n'),
        (
            "words:\n- {word: lead, replacement: led}\n",
            "words:\n- {word: lead, replacement: led}\n"
            '- {word: "Ann\'s", replacement: "An \\"z\\""}\n',
        ),
    ],
)
def test_a_lexicon_stays_as_it_was_but_for_what_is_added(
    tmp_path: Path, before: str, after: str
) -> None:
    path = tmp_path / "words.yaml"
    path.write_text(before)
    assert add_to_lexicon(path, [NEW]) == (NEW,)
    assert path.read_text() == after and NEW in read_lexicon(path).entries
    assert add_to_lexicon(path, [NEW]) == ()


@pytest.mark.parametrize("text", ["{lead: led}\n", "words: {lead: led}\n", "Ann's: Anns\n"])
def test_a_lexicon_that_cannot_take_a_word_is_left_alone(tmp_path: Path, text: str) -> None:
    path = tmp_path / "words.yaml"
    path.write_text(text)
    with pytest.raises(HiggsError):
        add_to_lexicon(path, [NEW])
    assert path.read_text() == text
