"""One table of findings, as a list, a sheet and a page; each says the same."""

from __future__ import annotations

import csv
import io
import json
import re
from html import escape
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from higgs_cli.output.findings import FindingsRow, exceptions_first
from higgs_cli.output.findings_csv import COLUMNS, findings_csv
from higgs_cli.output.report.page import MOST_BYTES, ReportFacts, TrackFacts, report_html
from higgs_cli.output.sketch import BANDS, BookSketch, Sketch
from higgs_cli.planning.plan import Plan
from higgs_cli.takes.take import Finding, Verdict
from tests.fakes import FakeSynthesizer
from tests.helpers import CommandLine
from tests.plans import plan_of

RATE = 24000
SCRIPT = (
    "# One\n\nDr. Lee said all of this before anybody else could.\n\n"
    "Then something went very wrong here, as it often does.\n\n"
    "# Two\n\nAnd <b>this</b> & that was the end of it.\n"
)
RENDER = ("render", "b.md", "-o", "b.wav", "--findings", "b.csv", "--report", "b.html")


@pytest.fixture
def higgs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path.parent / "cache"))
    higgs = CommandLine(tmp_path, monkeypatch, capsys)
    higgs.write("b.md", SCRIPT)
    higgs.synthesizer = FakeSynthesizer(
        mishap=lambda chunk, attempt: "clipping" if "wrong" in chunk.text else None
    )
    return higgs


def row(number: int, text: str, verdict: Verdict = Verdict.PASS) -> FindingsRow:
    found = () if verdict is Verdict.PASS else (Finding("looping", verdict, "it loops"),)
    return FindingsRow(
        number,
        0,
        f"#{number + 1}",
        f"line {number}",
        float(number),
        number + 0.9,
        text,
        text,
        "ANN",
        verdict,
        found,
        True,
        f"higgs render --from b.json --retake {number}",
    )


def sheet(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


def quiet(seconds: float) -> Sketch:
    count = round(100 * seconds)
    levels, spectra = np.full(count, 0.1, np.float16), np.zeros((count, BANDS), np.uint8)
    powers = np.full(count // 10, 20.0)
    return Sketch(
        RATE, count * RATE // 100, levels, levels, powers, spectra, np.arange(count) / 100
    )


def page(plan: Plan, rows: list[FindingsRow], seconds: float) -> str:
    facts = ReportFacts((TrackFacts("b.wav", 0.0, seconds),), seconds, -19.0, -1.5, "mini")
    sketch = BookSketch({None: quiet(seconds)})
    return report_html(plan, rows, sketch, facts).decode()


class Page(HTMLParser):
    """Every tag with its attributes; that tags are closed as they were opened is checked."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_a_failure_is_in_the_list_the_sheet_and_the_page(higgs: CommandLine) -> None:
    ran = higgs(*RENDER)
    assert ran.exit_code == 1 and ran.stdout.split()[:3] == ["b.wav", "b.csv", "b.html"]
    said = re.search(r"failed: #3  (\S+)  NARRATOR, line 5: clipping: ", ran.stderr)
    rows = sheet((higgs.folder / "b.csv").read_bytes())
    assert said and [each["verdict"] for each in rows] == ["failed", *["good"] * (len(rows) - 1)]
    assert rows[0]["start"] == said[1] and rows[0]["place"] == "#3" and rows[0]["where"] == "line 5"
    assert rows[0]["source"] == "Then something went very wrong here, as it often does."
    assert rows[0]["retake"] == "higgs render --from b.json --retake=#3"
    text = (higgs.folder / "b.html").read_text()
    cards = [tag for tag, given in Page(text).tags if given.get("class") == "card failed"]
    assert len(cards) == 1 and escape(rows[0]["retake"]) in text
    assert "Dr. Lee said all of this before anybody else could." in text and "Doctor" not in text


def test_the_sheet_has_every_chunk_in_both_wordings(higgs: CommandLine) -> None:
    higgs(*RENDER)
    rows = sheet((higgs.folder / "b.csv").read_bytes())
    chunks = json.loads((higgs.folder / "b.json").read_text())["chunks"]
    assert sorted(each["place"] for each in rows) == [f"#{each['number'] + 1}" for each in chunks]
    assert {each["spoken"] for each in rows} == {each["text"] for each in chunks}
    assert tuple(rows[0]) == COLUMNS and rows[0]["remark"] == ""


def test_no_cell_is_a_formula_and_none_has_lines_of_its_own() -> None:
    (read,) = sheet(findings_csv([row(1, "=HYPERLINK(1)\nnext")]))
    assert read["source"] == "'=HYPERLINK(1)\\nnext"


def test_exceptions_come_first_and_failures_before_doubts() -> None:
    rows = [row(1, "a"), row(2, "b", Verdict.INCONCLUSIVE), row(3, "c", Verdict.FAIL)]
    assert [each.number for each in exceptions_first(rows)] == [3, 2, 1]


def test_the_page_asks_nothing_of_anybody_and_runs_nothing_of_the_book(higgs: CommandLine) -> None:
    higgs.write("b.md", SCRIPT + '\n\n<script>alert(1)</script> "onload=" said `x`.\n')
    higgs(*RENDER, "--brackets", "text")
    text = (higgs.folder / "b.html").read_text()
    addresses = [
        given[name]
        for _, given in Page(text).tags
        for name in ("src", "href")
        if given.get(name) is not None
    ]
    assert addresses[0] == "./b.wav"
    assert all(str(each).startswith("data:image/png;base64,") for each in addresses[1:])
    assert text.count("<script>") == 1 and "alert(1)" not in text.split("<script>")[1]
    assert "default-src 'none'" in text and "url(" not in text and "@import" not in text


def test_the_page_of_a_hundred_hours_is_not_too_large_and_says_what_is_missing() -> None:
    lines = [
        ("ANN", f"This is line {number} of a very long book indeed.") for number in range(30000)
    ]
    rows = [
        row(number, text, Verdict.INCONCLUSIVE if number % 3 == 0 else Verdict.PASS)
        for number, (_, text) in enumerate(lines)
    ]
    plan = plan_of([("ANN", "x")] * len(lines))
    text = page(plan, rows, 30000.0)
    assert len(text.encode()) <= MOST_BYTES
    assert "more; the sheet of findings has all of them" in text
    assert "not here in full" in text
    Page(text)


def test_a_book_without_exceptions_says_so() -> None:
    plan = plan_of([("ANN", "Hello there.")])
    text = page(plan, [row(0, "Hello there.")], 2.0)
    assert "no check of any chunk found fault" in text


def test_the_same_findings_are_the_same_bytes(higgs: CommandLine) -> None:
    higgs(*RENDER)
    before = [(higgs.folder / name).read_bytes() for name in ("b.csv", "b.html")]
    for name in ("b.csv", "b.html", "b.json", "b.wav"):
        (higgs.folder / name).unlink()
    higgs(*RENDER)
    assert [(higgs.folder / name).read_bytes() for name in ("b.csv", "b.html")] == before
