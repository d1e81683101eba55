"""Time grows with the input and not with its square, whatever the input says.

`--slow` tries more inputs, longer ones, and every reader by itself.
"""

from __future__ import annotations

import io
import json
import random
import re
from collections.abc import Callable
from contextlib import redirect_stdout, suppress
from pathlib import Path

import pytest

from higgs_cli.casting.voice_library import read_voices
from higgs_cli.errors import HiggsError, SourceSpot
from higgs_cli.jobs.book import planned
from higgs_cli.jobs.render_job import job_from_script
from higgs_cli.output.subtitles import _split
from higgs_cli.planning.keys import KnownRecipes
from higgs_cli.planning.places import spans_of
from higgs_cli.planning.sentences import sentences
from higgs_cli.planning.summary import NothingStored, summarise
from higgs_cli.script.source_text import SourceText
from higgs_cli.settings.sources import resolve_settings
from higgs_cli.settings.table import Settings
from higgs_cli.terminal.console import Console
from higgs_cli.terminal.plan_view import show_plan
from higgs_cli.wording.cleaning import Cleaning, spoken_words
from higgs_cli.wording.lexicon import Lexicon, Pronunciation, read_lexicon
from tests.reliability.doubling import Hostile, too_steep
from tests.reliability.patterns import SPOILER, Used, every_pattern

pytestmark = pytest.mark.timeout(1800)  # of a wall clock, on a machine that may be busy

SEED = 20261

FOUND = {
    "spaces in a heading": Hostile("# a", " ", "x"),
    "spaces in a bracket": Hostile("[", " ", ""),
    "comments that are never closed": Hostile("", "<!--", ""),
    "pauses that are never closed": Hostile("Hi ", "[pause ", ""),
    "stops within a word": Hostile("a", ".", "a"),
    "marks after a heading": Hostile("# a", "#", "x"),
    "years": Hostile("", "In 1999 x ", ""),
    "initials": Hostile("", "John B. ", "Hale"),
    "speakers": Hostile("", "[SPEAKER{n}] Hi.\n", ""),
    "headings": Hostile("", "# Part {n}\n\nText.\n\n", ""),
    "tags on a line": Hostile("", "[SPEAKER0] Hi. [SPEAKER1] Ho. ", ""),
    "sentences of a paragraph": Hostile("", "It was late, and she knew it well. ", ""),
}
"""What hostile testers found to take minutes."""

MORE = {
    "dots and spaces": Hostile("", ". ", "x"),
    "ellipses within a word": Hostile("a", "…", "a"),
    "stops between wide letters": Hostile("", "中.", "a"),
    "closed stops": Hostile("", "中…）", "a"),
    "quotes": Hostile("Go.", "”", "x"),
    "abbreviations": Hostile("", "St. ", "x"),
    "dotted letters": Hostile("", "U.S.A. ", "x"),
    "dotted letters in one": Hostile("", "A.", "x"),
    "thousands": Hostile("1", ",111", "x"),
    "numbers without spaces": Hostile("", ")1999", ""),
    "digits": Hostile("$", "9", "x"),
    "ordinals": Hostile("", "21st 1,000th ", ""),
    "dashes": Hostile("a ", "-", "x"),
    "long dashes": Hostile("a ", "— ", "x"),
    "stars": Hostile("", "*a", ""),
    "backticks": Hostile("", "`a", "``"),
    "brackets": Hostile("x ", "[", "]"),
    "links": Hostile("", "[a](", ""),
    "images": Hostile("", "![a](b", ""),
    "tags of HTML": Hostile("", "<a ", ""),
    "comments": Hostile("Hi ", "<!-- x --> ", "x"),
    "one comment of many lines": Hostile("Hi <!--", "x\n", "--> x"),
    "lines of a paragraph": Hostile("", "Words and words\n", ""),
    "paragraphs": Hostile("", "Words.\n\n", ""),
    "short and long sentences": Hostile("", "Hi. " + "and so it went on " * 24 + ". ", ""),
    "wide": Hostile("", "中", ""),
    "wide sentences": Hostile("", "你好，世界。", ""),
    "one word": Hostile("", "a", ""),
    "invisible": Hostile("a", "\u200b", "a"),
    "escapes": Hostile("a", "\\*", "a"),
    "sounds": Hostile("", "Ha [laugh] ha. ", ""),
    "pauses": Hostile("", "Ha. [pause 0.1] ", ""),
    "breaks": Hostile("", "Hi.\n\n***\n\n", ""),
    "names": Hostile("", "Name {n}: Hi.\n", ""),
    "colons": Hostile("", "a" + " " * 60 + ":", ""),
    "quoted lines": Hostile("", "> Hi.\n", ""),
    "footnotes": Hostile("", "Hi[^{n}].\n\n[^{n}]: there\n\n", ""),
    "fences": Hostile("Hi.\n", "```\nx\n", ""),
    "header": Hostile("---\ntitle: x\ncast:\n", "  N{n}: smart\n", "---\nN1: Hi.\n"),
    "header without end": Hostile("---\n", "a: b\n", "Hi."),
    "list": Hostile("", "- Hi.\n", ""),
    "ampersands": Hostile("", "a & b &", ""),
    "mixed spaces": Hostile("a", " \t", "b"),
}

WAYS = {
    "text": (".txt", Settings(expand=True)),
    "markdown": (".md", Settings(expand=True)),
    "dialogue": (".txt", Settings(read_as="dialogue", expand=True)),
    "whole turns": (".md", Settings(read_as="prose", chunk="speaker", brackets="text")),
}


def plan_and_show(path: Path, settings: Settings) -> Callable[[str], None]:
    """All of `higgs plan --all`, for a person and for a program."""

    def run(text: str) -> None:
        path.write_text(text, encoding="utf-8")
        with suppress(HiggsError), redirect_stdout(io.StringIO()):
            plan = planned(job_from_script(str(path), None, settings))
            summary = summarise(plan, NothingStored(), None)
            json.dumps(summary.document())
            show_plan(summary, Console(), shows_all=True)

    return run


def steep_patterns(count: int, largest: int) -> list[str]:
    """Patterns that some text makes slow, each with the first such text."""
    chance = random.Random(SEED)
    found = []
    for used in every_pattern():
        steep = (too_steep(used.run, each, largest) for each in used.hostile(chance, count))
        first = next((each for each in steep if each), None)
        if first:
            found.append(f"{used.name} {used.written}: {first}")
    return found


def test_a_pattern_that_is_not_linear_is_found() -> None:
    used = Used("bad", re.compile(r"<!--.*?-->", re.DOTALL), is_searched=True)
    assert too_steep(used.run, Hostile("", "<!--", ""), 2**15)


def test_every_pattern_of_the_tree_is_collected() -> None:
    names = {used.name.partition(" ")[0] for used in every_pattern()}
    assert len(names) > 80
    assert {"higgs_cli.script.dialogue.BRACKETED", "higgs_cli.wording.tokens.TOKEN"} <= names


def test_every_pattern_is_linear() -> None:
    assert not steep_patterns(16, 2**13)


GRAMMAR_PARTS = (
    "1,111", "1-1-", "1.1.", "1/2 ", "A.", "A. ", "a.b.", "£5 ", "5s. ", "6d.", "1 1/2", "½",
    "²", "₂", "H₂", "etc. ”", "etc. “", "- - ", "St. ", "Mr. ", "I and ", "Part I and ",
    "IV-IV", "IV. ", "5 ft. ", "5' ", "°", "1:1:", "1-", "555-0199 ", "(1) ", "+1 ", "a@",
    "a.com", "www.", "http://", "Jan. ", "5 Jan. to ", "1871-2-", "’9", "’60s", "C. 5:",
    "1 Cor. ", "A1", "1A", "1x1x", "= 1 ", "#", "~1", "&", "&c.", "@", "_a_", "**", "* ", "| ",
    "&amp;", "<br", "{#a", ":::", "~~", "\\\n",
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("part", GRAMMAR_PARTS)
def test_the_grammar_reads_in_linear_time(part: str) -> None:
    def run(text: str) -> None:
        words = SourceText.of(text, 0, len(text))
        cleaning = Cleaning(brackets_are_text=True)
        spoken_words(words, cleaning, lambda first, last: SourceSpot("", 1, "", 0, 0))

    for before, after in (("", ""), ("Chapter ", "x"), ("£1", " I")):
        assert not too_steep(run, Hostile(before, part, after), 2**15)


@pytest.mark.slow
def test_every_pattern_is_linear_on_many_long_texts() -> None:
    assert not steep_patterns(100, 2**16)


@pytest.mark.parametrize("name", FOUND)
def test_a_plan_of_what_was_found_to_be_slow_is_linear(tmp_path: Path, name: str) -> None:
    run = plan_and_show(tmp_path / "book.md", Settings(expand=True))
    assert not too_steep(run, FOUND[name], 2**16)


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", FOUND | MORE)
def test_a_plan_is_linear_in_every_way_of_reading(tmp_path: Path, name: str, way: str) -> None:
    suffix, settings = WAYS[way]
    run = plan_and_show(tmp_path / f"book{suffix}", settings)
    assert not too_steep(run, (FOUND | MORE)[name], 2**19)


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_a_plan_of_chance_fragments_is_linear(tmp_path: Path, way: str) -> None:
    chance = random.Random(SEED)
    suffix, settings = WAYS[way]
    run = plan_and_show(tmp_path / f"book{suffix}", settings)
    for _ in range(20):
        hostile = chance_text(chance)
        assert not too_steep(run, hostile, 2**16), (SEED, hostile)


def chance_text(chance: random.Random) -> Hostile:
    """Parts of the known ones, put together anew."""
    known = [*FOUND.values(), *MORE.values()]
    part = "".join(chance.choice(known).part for _ in range(chance.randint(1, 3)))
    return Hostile(chance.choice(known).before, part, chance.choice((SPOILER, "x", "]", "\n")))


def test_a_longer_lexicon_costs_no_more_on_a_text(tmp_path: Path) -> None:
    def run(text: str) -> None:
        words = text.split()
        lexicon = Lexicon(tuple(Pronunciation(word, "said") for word in words))
        said = lexicon.applied(SourceText.of(text, 0, len(text)))
        assert said.text.split() == ["said"] * len(words)

    assert not too_steep(run, Hostile("", "word{n} ", ""), 2**17)


# -- readers of files ----------------------------------------------------------------------

YAML_PARTS = [
    Hostile("a: ", "[", ""), Hostile("", "- ", "x"), Hostile("a: '", "x", "'"),
    Hostile("", "#", ""),
    Hostile("profiles: {", "v{n}: x, ", "}"), Hostile("words:\n", "  w{n}: x\n", ""),
    Hostile("profiles:\n", "  v{n}: deep\n", ""), Hostile("a: |\n", " x\n", ""),
    Hostile("a: ", "x ", ""), Hostile("", "? ", ""), Hostile('a: "', "\\n", '"'),
    Hostile("", "\n", "a"), Hostile("a: ", " ", "x: y"), Hostile("", "a: ", ""),
    Hostile("words: [", "{word: w{n}, replacement: x}, ", "]"), Hostile("a: [", "1,", "]"),
]  # fmt: skip
TOML_PARTS = [
    Hostile("", "a.", "a = 1"), Hostile("[", "a.", "a]"), Hostile("a = ", "[", ""),
    Hostile("a = ", "{a = ", ""), Hostile("", "a{n} = 1\n", ""), Hostile("", "[a{n}]\n", ""),
    Hostile("[cast]\n", "A{n} = 'x'\n", ""), Hostile('scene = "', "x", '"'), Hostile("", "#", ""),
    Hostile("seed = ", "9", ""), Hostile("cast = [", "'A=x', ", "]"), Hostile("", " ", "x"),
]  # fmt: skip


def reading(path: Path, read: Callable[[Path], object]) -> Callable[[str], None]:
    def run(text: str) -> None:
        path.write_text(text, encoding="utf-8")
        with suppress(HiggsError):
            read(path)

    return run


@pytest.mark.slow
def test_profiles_and_lexicons_are_read_in_linear_time(tmp_path: Path) -> None:
    for read in (read_voices, read_lexicon):
        for hostile in YAML_PARTS:
            steep = too_steep(reading(tmp_path / "x.yaml", read), hostile, 2**17)
            assert not steep, (read.__name__, steep)


def test_settings_are_read_in_linear_time(tmp_path: Path) -> None:
    run = reading(tmp_path / "higgs.toml", lambda path: resolve_settings({}, {}, path))
    for hostile in TOML_PARTS:
        assert not too_steep(run, hostile, 2**15)


@pytest.mark.slow
@pytest.mark.parametrize("name", FOUND | MORE)
def test_sentences_and_subtitles_are_cut_in_linear_time(name: str) -> None:
    for cut in (sentences, _split):
        steep = too_steep(cut, (FOUND | MORE)[name], 2**19)
        assert not steep, (cut.__name__, steep)


def test_places_are_read_in_linear_time() -> None:
    for hostile in (
        Hostile("", "1,", "1"),
        Hostile("", "{n}-99999999,", "1"),
        Hostile("", "9", ""),
        Hostile("", "#1-2,3:4-5,", "1"),
        Hostile("", "1:1-2,", "#1"),
    ):
        assert not too_steep(lambda text: spans_of(text, "--retake"), hostile, 2**17)


def test_a_line_that_is_stored_ten_thousand_times_is_explained_in_linear_time() -> None:
    def run(text: str) -> None:
        recipes = [{"text": "la", "seed": "1", "occurrence": str(n)} for n in range(len(text))]
        known = KnownRecipes(recipes)
        assert known.why_new({**recipes[0], "seed": "2"}) == "changed: seed"
        assert all(known.why_new({**recipe, "occurrence": "x"}) for recipe in recipes)

    assert not too_steep(run, Hostile("", "x", ""), 2**16)
