"""How far what is said agrees with a table of written forms: agreement, and each failure.

    python -m bench.wording FILE.tsv [--beside]

A line is `sentence TAB expected`, or `field TAB language TAB sentence TAB expected`; several
expected wordings stand between ` || `. Compared are the words: no case, no punctuation, and no
matter whether two words are written with a space, a hyphen or as one. `--beside` also lets
num2words (extra `text`) read the same sentences, number by number, as a program without a grammar.
"""

from __future__ import annotations

import argparse
import re
import time
import unicodedata
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from higgs_cli.errors import SourceSpot
from higgs_cli.script.source_text import SourceText
from higgs_cli.wording.cleaning import Cleaning, model_text, spoken_words
from higgs_cli.wording.languages import checked_language, region_of

NUMBER = re.compile(r"(?P<currency>[$£€])?(?P<number>\d[\d,]*(?:\.\d+)?)(?P<ordinal>st|nd|rd|th)?")
CURRENCIES = {"$": "USD", "£": "GBP", "€": "EUR"}


@dataclass(frozen=True)
class Form:
    """A line of a table: how something stands in a book, and how it is said."""

    field: str
    language: str
    is_heading: bool
    written: str
    spoken: tuple[str, ...]


def forms(path: Path) -> list[Form]:
    """The forms of a table, in its order."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [_form(line) for line in lines if line.strip() and not line.startswith("# ")]


def _form(line: str) -> Form:
    parts = line.split("\t")
    field, declared, written, spoken = ["", "en", *parts] if len(parts) == 2 else parts[:4]
    language, _, kind = declared.partition(" ")
    return Form(field, language, kind == "heading", written, tuple(spoken.split(" || ")))


def said(written: str, language: str = "en", *, is_heading: bool = False) -> str:
    """What the model is given for a text."""
    text = SourceText.of(written, 0, len(written))
    cleaning = Cleaning(checked_language(language, written), region_of(language))
    spot = lambda start, end: SourceSpot("", 1, written, start, end)  # noqa: E731
    text = spoken_words(text, cleaning, spot, is_heading=is_heading)
    return model_text(text).text if text else ""


def compared(text: str) -> str:
    """The letters and figures of a text and nothing else."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(char for char in folded if char.isalnum())


def agrees(form: Form, spoken: str) -> bool:
    return compared(spoken) in {compared(each) for each in form.spoken}


def by_num2words(form: Form) -> str:
    """The same sentence with each number read by itself."""
    from num2words import CONVERTER_CLASSES, num2words

    if form.language[:2] not in CONVERTER_CLASSES:
        return form.written

    def words(match: re.Match[str]) -> str:
        number = match["number"].replace(",", "")
        value = float(number) if "." in number else int(number)
        if match["currency"]:
            return str(
                num2words(float(number), to="currency", currency=CURRENCIES[match["currency"]])
            )
        if match["ordinal"]:
            return str(num2words(value, to="ordinal"))
        is_year = len(number) == 4 and number.isdecimal() and 1100 <= value <= 2099
        return str(num2words(value, lang=form.language[:2], to="year" if is_year else "cardinal"))

    return NUMBER.sub(words, form.written)


def report(table: list[Form], say: Callable[[Form], str], *, shows_failures: bool) -> float:
    """Print the agreement, by field, with each failure; the share that agrees."""
    wrong: Counter[str] = Counter()
    for form in table:
        spoken = say(form)
        if not agrees(form, spoken):
            wrong[form.field] += 1
            if shows_failures:
                print(f"{form.written}\n    expected  {form.spoken[0]}\n    said      {spoken}")
    total = Counter(form.field for form in table)
    for field in total:
        print(f"{field or 'all':16} {total[field] - wrong[field]:4} of {total[field]}")
    share = 1 - wrong.total() / max(1, len(table))
    print(f"agreement {share:.1%} of {len(table)}")
    return share


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("table", type=Path)
    parser.add_argument("--beside", action="store_true", help="let num2words read them too")
    asked = parser.parse_args()
    table = forms(asked.table)
    begun = time.process_time()
    report(table, lambda form: said(form.written, form.language, is_heading=form.is_heading),
           shows_failures=True)  # fmt: skip
    print(f"{time.process_time() - begun:.2f} s of CPU")
    if asked.beside:
        print("\nby num2words, number by number")
        report(table, by_num2words, shows_failures=False)


if __name__ == "__main__":
    main()
