"""How well the rules tell who says a quotation, on 600 labelled ones of three novels.

    python -m bench.attribution BOOKS      a folder with the files that the labels name

The labels (`attribution_labels.tsv`) are places in the files, hashes of the words, and names, no
words of the books. One reader made them in two passes; another, in another order and without sight
of the first, said the same of 599 of 600. Every second passage was looked at while the rules
were made (`tuned`), the others were not (`held`). Beside the rules stands proximity alone: whoever
is named nearest in the same paragraph, else last before it.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from higgs_cli.attribution.quotations import Quotation
from higgs_cli.attribution.rules import Attribution
from higgs_cli.attribution.scene import Novel, Paragraph, novel_of
from higgs_cli.script.document import Script
from higgs_cli.script.reader import read_script
from higgs_cli.settings.views import Reading

LABELS = Path(__file__).parent / "attribution_labels.tsv"
FAR = 12


@dataclass(frozen=True)
class Label:
    half: str
    place: tuple[int, int]
    sha256: str
    names: tuple[str, ...]


def labels() -> Mapping[str, list[Label]]:
    """By the file's name."""
    found: dict[str, list[Label]] = defaultdict(list)
    with LABELS.open(encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            place = int(row["start"]), int(row["end"])
            names = tuple(row["who"].split("|"))
            found[row["file"]].append(Label(row["half"], place, row["sha256"], names))
    return found


def scores(script: Script, wanted: list[Label]) -> Iterator[tuple[str, str]]:
    """(half, outcome) of each label: one of all, right, claimed, claimed right, near right."""
    turns = [turn for chapter in script.chapters for turn in chapter.turns]
    scenes = [(chapter.number, turn.scene) for chapter in script.chapters for turn in chapter.turns]
    novel = novel_of([turn.text.text for turn in turns], scenes)
    by_place = {}
    for said in Attribution(novel).all():
        each = said.quotation
        by_place[turns[each.paragraph].text.span(each.start, each.end)] = said
    for label in wanted:
        said = by_place[label.place]
        digest = hashlib.sha256(said.quotation.text.encode()).hexdigest()
        assert digest.startswith(label.sha256), f"other words at {label.place}: another edition?"
        is_right = _means(novel, said.who, label.names)
        yield label.half, "all"
        if is_right:
            yield label.half, "right"
        if said.is_sure:
            yield label.half, "claimed"
            if is_right:
                yield label.half, "claimed right"
        part = novel.paragraphs[said.quotation.paragraph]
        if _means(novel, _nearest(novel, part, said.quotation), label.names):
            yield label.half, "near right"


def _means(novel: Novel, who: str | None, names: tuple[str, ...]) -> bool:
    if who is None:
        return False
    person = novel.people.find(who)
    same = [novel.people.find(name) for name in names]
    is_named = who.casefold() in (name.casefold() for name in names)
    return is_named or (person is not None and any(person is other for other in same))


def _nearest(novel: Novel, part: Paragraph, quotation: Quotation) -> str | None:
    """Whoever the narration names nearest."""
    near = []
    position = 0
    for index, told in enumerate(part.narration):
        for at, person in novel.people.mentions(told):
            place = position + at
            near.append((min(abs(place - quotation.start), abs(place - quotation.end)), person))
        if index < len(part.quotations):
            position = part.quotations[index].end
    if near:
        return min(near, key=lambda each: each[0])[1].name
    for number in range(part.number - 1, max(part.number - FAR, -1), -1):
        before = novel.people.mentions(novel.paragraphs[number].told)
        if before:
            return before[-1][1].name
    return None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("books", type=Path)
    folder = parser.parse_args().books
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for name, wanted in labels().items():
        script = read_script(str(folder / name), Reading())
        for half, outcome in scores(script, wanted):
            for group in ("all", half, f"{name}, {half}"):
                counts[group][outcome] += 1
    print("| quotations | n | claimed | of those right | right in all | proximity alone |")
    print("|---|---|---|---|---|---|")
    for group, count in counts.items():
        n, claimed = count["all"], count["claimed"]
        right = count["claimed right"] / max(claimed, 1)
        print(
            f"| {group} | {n} | {claimed / n:.1%} | {right:.1%} | {count['right'] / n:.1%} "
            f"| {count['near right'] / n:.1%} |"
        )


if __name__ == "__main__":
    main()
