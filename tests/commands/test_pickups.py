"""What somebody who listened remarks comes back as new takes and as words of the lexicon."""

from __future__ import annotations

from pathlib import Path

import pytest

from higgs_cli.errors import HiggsError
from higgs_cli.wording.lexicon import Pronunciation, read_lexicon
from higgs_cli.wording.lexicon_file import grown_lexicon
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
    again = [line.replace("too fast", "still too fast") for line in remarked]
    higgs.write("back.csv", "\n".join(again))
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
        ("place,remark\n2,x\n99,y\n", (), "--pickups mine.csv: nothing is spoken on line 99"),
        ("place,remark\n2,x\nsomewhere,x\n", (), "mine.csv, row 3: somewhere: 'somewhere' is not"),
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
    grown = grown_lexicon(path, [NEW])
    assert grown.new == (NEW,) and path.read_text() == before
    grown.write()
    assert path.read_text() == after and NEW in read_lexicon(path).entries
    assert grown_lexicon(path, [NEW]).new == ()


@pytest.mark.parametrize("text", ["{lead: led}\n", "words: {lead: led}\n", "Ann's: Anns\n"])
def test_a_lexicon_that_cannot_take_a_word_is_left_alone(tmp_path: Path, text: str) -> None:
    path = tmp_path / "words.yaml"
    path.write_text(text)
    with pytest.raises(HiggsError):
        grown_lexicon(path, [NEW])
    assert path.read_text() == text


def test_a_list_that_was_carried_out_asks_for_nothing_again(higgs: CommandLine) -> None:
    higgs.write("mine.csv", "place,remark\n2,too loud\n3,too fast\n")
    assert higgs(*RENDER, "--pickups", "mine.csv").exit_code == 0 and spoken(higgs) == ["2", "3"]
    higgs.synthesizer = FakeSynthesizer()
    ran = higgs(*RENDER, "--pickups", "mine.csv")
    assert ran.exit_code == 0 and spoken(higgs) == []
    assert "mine.csv: 2 remarks were carried out before" in ran.stderr
    higgs.write("mine.csv", "place,remark,who\n4,too low,me\n2,too loud,me\n3,still too fast,me\n")
    assert higgs(*RENDER, "--pickups", "mine.csv").exit_code == 0 and spoken(higgs) == ["3", "4"]


def test_pickups_that_were_stopped_are_gone_on_with_by_the_command_that_is_named(
    higgs: CommandLine,
) -> None:
    """What was spoken before the stop is not spoken, and paid, twice."""
    from higgs_cli.errors import DeviceError

    higgs.write("mine.csv", "place,remark\n" + "".join(f"{n},again\n" for n in range(1, 5)))

    def fails(chunk: object, attempt: int) -> str | None:
        if len(higgs.synthesizer.chunks_spoken) > 2:
            raise DeviceError("the device was lost")
        return None

    higgs.synthesizer = FakeSynthesizer(lane_count=1)
    higgs.synthesizer.mishap = fails
    assert higgs(*RENDER, "--pickups", "mine.csv").exit_code == 1
    stored = len(list((higgs.folder / "talk.higgs/takes").rglob("*.take")))
    higgs.synthesizer = FakeSynthesizer(lane_count=1)
    assert higgs(*RENDER, "--pickups", "mine.csv").exit_code == 0
    assert len(spoken(higgs)) == 8 - stored
    assert len(list((higgs.folder / "talk.higgs/takes").rglob("*.take"))) == 8


def test_our_own_sheet_with_remarks_stays_as_it_is_and_the_next_one_lies_beside(
    higgs: CommandLine,
) -> None:
    sheet = higgs.folder / "talk.csv"
    for name, place in (("talk.csv", "3"), ("talk.2.csv", "2")):
        higgs.synthesizer = FakeSynthesizer()
        sheet = higgs.folder / name
        lines = sheet.read_text("utf-8-sig").splitlines()
        remarked = [line + "too fast" if f"number {place}," in line else line for line in lines]
        sheet.write_text("\n".join(remarked), "utf-8")
        before = sheet.read_bytes()
        ran = higgs(*RENDER, "--pickups", name)
        assert ran.exit_code == 0 and spoken(higgs) == [place], ran.stderr
        assert sheet.read_bytes() == before
    assert {path.name for path in higgs.folder.glob("*.csv")} == {
        "talk.csv",
        "talk.2.csv",
        "talk.3.csv",
    }
    higgs.synthesizer = FakeSynthesizer()
    assert higgs(*RENDER, "--pickups", "talk.2.csv").exit_code == 0 and spoken(higgs) == []
    assert len(list(higgs.folder.glob("*.csv"))) == 3


def test_nothing_goes_into_the_lexicon_before_all_of_the_list_is_possible(
    higgs: CommandLine,
) -> None:
    higgs.write("mine.csv", "place,remark\n#99,bad\n2,Siobhan = Shi-vawn\n")
    ran = higgs(*RENDER, "--pickups", "mine.csv", "--lexicon", "words.yaml")
    assert ran.exit_code == 2 and "#99" in ran.stderr
    assert not (higgs.folder / "words.yaml").exists()


def test_a_word_that_is_not_in_the_book_is_said(higgs: CommandLine) -> None:
    higgs.write("mine.csv", "place,remark\n2,zebra = zee-bra\n3,siobhan = Shi-vawn\n")
    for more in (("--dry-run",), ()):
        ran = higgs(*RENDER, "--pickups", "mine.csv", "--lexicon", "words.yaml", *more)
        assert ran.exit_code == 0, ran.stderr
        assert ran.stderr.count("warning:") == 1 and '"zebra" is nowhere' in ran.stderr
        assert (higgs.folder / "words.yaml").exists() is not bool(more)


@pytest.mark.parametrize("more", [("--retake", "3"), ("--pickups", "mine.csv")])
def test_a_dry_run_says_what_the_render_speaks(
    higgs: CommandLine, monkeypatch: pytest.MonkeyPatch, more: tuple[str, ...]
) -> None:
    from higgs_cli import pipeline

    class Here:
        name = "fake"

        def identity(self, choice: object) -> object:
            return higgs.synthesizer.description.identity

    monkeypatch.setattr(pipeline, "checkpoint_here", lambda choice: Here())
    higgs.write("mine.csv", "place,remark\n3,too fast\n")
    assert "to be spoken: 0" in higgs(*RENDER, "--dry-run").stdout
    for dry in ((*RENDER, "--dry-run"), ("plan", *RENDER[1:])):
        ran = higgs(*dry, *more)
        assert "to be spoken: 1 (1 another take was requested)" in ran.stdout, ran.stderr
    higgs(*RENDER, *more)
    assert spoken(higgs) == ["3"]
    assert higgs(*RENDER, "--lock", "3").exit_code == 0
    ran = higgs(*RENDER, "--dry-run", "--retake", "3")
    assert ran.exit_code == 2 and "is locked" in ran.stderr


def test_what_is_locked_unlocked_or_chosen_is_said(higgs: CommandLine) -> None:
    assert "kept from now on: #2 take 1, #3 take 1" in higgs(*RENDER, "--lock", "2-3").stderr
    assert "may be spoken again: #3" in higgs(*RENDER, "--unlock", "3").stderr
    assert "used and kept from now on: #3 take 1" in higgs(*RENDER, "--choose", "3=1").stderr


@pytest.mark.parametrize("option", ["--retake", "--lock", "--unlock", "--choose"])
def test_an_option_that_names_no_place_is_refused(higgs: CommandLine, option: str) -> None:
    ran = higgs(*RENDER, f"{option}=")
    assert ran.exit_code == 2 and option in ran.stderr


def test_a_plan_writes_no_words_and_no_retakes_down(higgs: CommandLine) -> None:
    higgs.write("mine.csv", "place,remark\n2,too loud\n3,Siobhan = Shi-vawn\n")
    before = {path: path.stat().st_mtime_ns for path in higgs.folder.rglob("*")}
    options = ("--pickups", "mine.csv", "--lexicon", "words.yaml", "--retake", "4")
    ran = higgs("plan", "talk.txt", "-o", "talk.wav", *options)
    assert ran.exit_code == 0, ran.stderr
    assert (
        "Siobhan is said Shi-vawn (not written, nor counted: a plan writes nothing)" in ran.stderr
    )
    assert {path: path.stat().st_mtime_ns for path in higgs.folder.rglob("*")} == before
    assert higgs("plan", "talk.txt", "-o", "talk.wav", "--retake", "99").exit_code == 2
