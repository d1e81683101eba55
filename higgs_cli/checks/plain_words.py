"""The words of a text and the words that were heard, in one spelling, so that they can be compared.

    written   "Dr. Lee's aeroplane cost twelve hundred."   doctor lees airplane cost twelve hundred
    heard     "Dr Lee's airplane cost 1,200."              the same: figures are read as they fit

A recogniser writes figures where words were said, and the other way round: figures are read in each
way that they can be, and the one that stands in the text counts.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from higgs_cli.checks.figures_said import FIGURE, figures_said, goes_on, roman_said
from higgs_cli.listening.hearing import Hearing
from higgs_cli.planning.estimate import WIDE_CHARACTER
from higgs_cli.script.sound_tags import MARK
from higgs_cli.wording.english.abbreviations import TITLES
from higgs_cli.wording.english.numbers import SCALES, SMALL, TENS

TOKEN = re.compile(rf"{WIDE_CHARACTER.pattern}|{FIGURE}|[^\W\d_]+(?:['’][^\W\d_]+)*['’]?|&")
NOT_SAID = re.compile(r"[\[(][^\[\]()]*[\])]|♪")
"""What a recogniser writes of sounds that are no words."""
CONTRACTED = (
    (re.compile(r"^(?:can't|cannot)$"), "can not"), (re.compile(r"^won't$"), "will not"),
    (re.compile(r"^shan't$"), "shall not"), (re.compile(r"^ain't$"), "aint"),
    (re.compile(r"n't$"), " not"), (re.compile(r"'ll$"), " will"), (re.compile(r"'ve$"), " have"),
    (re.compile(r"'re$"), " are"), (re.compile(r"^i'm$"), "i am"),
    (re.compile(r"^(it|he|she|that|there|what|who|here|where|how)'s$"), r"\1 is"),
    (re.compile(r"^let's$"), "let us"), (re.compile(r"^('tis|tis)$"), "it is"),
    (re.compile(r"^('twas|twas)$"), "it was"),
)  # fmt: skip
OF_OR_IS = re.compile(r"(.*[^\W_])'s")
"""`Joyce's` is of hers, or is `Joyce is`."""
ONE_SPELLING = {
    "gaol": "jail", "aeroplane": "airplane", "mum": "mom", "mr": "mister", "mrs": "missus",
    "ms": "miz", "okay": "ok", "o": "oh", "hullo": "hello", "hallo": "hello",
    "yeah": "yes", "ye": "you", "etc": "etcetera", "versus": "vs", "&": "and", "st": "saint",
    "colonel": "kernel", "lieutenant": "leftenant", "clerk": "clark", "viz": "namely",
    "til": "till", "em": "them", "sergeant": "sarjent",
    "worcester": "wooster", "gloucester": "gloster", "leicester": "lester", "draught": "draft",
    "quay": "key", "choir": "quire", "yacht": "yot", "nought": "naught", "eye": "i", "aye": "i",
    "ay": "i", "eyes": "ize", "once": "wunce", "of": "ov", "who": "hoo",
    "whose": "hooz", "whom": "hoom", "answer": "anser", "busy": "bizzy", "business": "biznes",
    "iron": "iern",
    "island": "iland", "isle": "ile", "subtle": "suttle", "debt": "det", "doubt": "dout",
    "sign": "sine", "reign": "rain", "foreign": "forren", "people": "peeple", "women": "wimmin",
}  # fmt: skip
"""Of one word two spellings, or one that says how it sounds where its own does not."""
TITLE_WORDS = {title.casefold(): said.casefold() for title, said in TITLES.items()}
HESITATIONS = frozenset(("uh", "um", "mm", "hmm", "hm", "mhm", "er", "ah"))
NUMBER_WORDS = frozenset((*SMALL, *TENS, *SCALES[1:], "hundred"))


@dataclass(frozen=True)
class PlainWord:
    """One word in the spelling that is compared."""

    text: str
    shown: str
    """As it stands where it comes from."""
    at: int
    """The number of its word there: of the text's words, or of the hearing's."""
    is_name: bool = False


def written_words(text: str, names: Iterable[str] = (), is_english: bool = True) -> list[PlainWord]:
    """Of what the model was given to say. `names`: words that are names wherever they stand."""
    known = {_folded(word) for name in names for word in name.split()}
    found: list[PlainWord] = []
    begins = True
    spoken = MARK.sub(" ", text)
    for at, match in enumerate(TOKEN.finditer(spoken)):
        shown = match.group()
        is_name = shown[0].isupper() and not begins and shown not in ("I", "O")
        is_name |= _folded(shown).removesuffix("s") in known or _folded(shown) in known
        found += [
            PlainWord(word, shown, at, is_name) for word in next(_readings(shown, is_english))
        ]
        begins = spoken[match.end() : match.end() + 3].lstrip("\"'”’) ")[:1] in tuple(".!?:“‘")
    return _without_and(found)


def written_places(text: str) -> list[tuple[int, int]]:
    """Where each word of a text stands in it, by its number there."""
    spoken = MARK.sub(lambda mark: " " * len(mark.group()), text)
    return [match.span() for match in TOKEN.finditer(spoken)]


def heard_words(
    hearing: Hearing, written: Sequence[PlainWord], is_english: bool = True
) -> list[PlainWord]:
    """Of what was heard; figures as they are read in `written`, where they are."""
    there = " ".join(word.text for word in written)
    found: list[PlainWord] = []
    is_said = True
    for at, text in _whole_figures(hearing):
        is_said = is_said and text[:1] not in ("[", "(")
        if is_said:
            for match in TOKEN.finditer(NOT_SAID.sub(" ", text)):
                found += [
                    PlainWord(plain, match.group(), at)
                    for plain in _fitting(match.group(), there, is_english)
                    if plain not in HESITATIONS or plain in there.split()
                ]
        is_said = is_said or text[-1:] in ("]", ")")
    return _without_and(found)


def _whole_figures(hearing: Hearing) -> Iterator[tuple[int, str]]:
    """The words with their numbers; `1` and `,000` are one."""
    at = 0
    while at < len(hearing.words):
        last = last_of_figures(hearing, at)
        yield at, _joined(hearing, at, last)
        at = last + 1


def last_of_figures(hearing: Hearing, at: int) -> int:
    """The number of the last heard word of a number that begins with this one."""
    figure = _joined(hearing, at, at)
    for last, word in enumerate(hearing.words[at + 1 :], at):
        joint = goes_on(figure, word.text)
        if joint is None:
            return last
        figure += joint + word.text
    return max(at, len(hearing.words) - 1)


def _joined(hearing: Hearing, first: int, last: int) -> str:
    """The pieces of a number as one."""
    figure = ""
    for word in hearing.words[first : last + 1]:
        figure += (goes_on(figure, word.text) or "") + word.text
    return figure


def _fitting(shown: str, there: str, is_english: bool) -> list[str]:
    """The longest reading that stands in the text; else the first."""
    readings = list(_readings(shown, is_english))
    if len(readings) == 1:
        return readings[0]
    fitting = [reading for reading in readings if f" {' '.join(reading)} " in f" {there} "]
    return max(fitting, key=len, default=readings[0])


def _readings(shown: str, is_english: bool) -> Iterator[list[str]]:
    """In each way that it may be said, the first the likeliest."""
    if not any(each.isdigit() for each in shown):
        yield _spelled(_folded(shown), is_english)
        if is_english and (named := OF_OR_IS.fullmatch(_folded(shown))):
            yield [*_spelled(named.group(1), is_english), "is"]
        if is_english:
            yield from (said.replace("-", " ").split() for said in roman_said(shown))
    elif not is_english:
        yield [shown]
    else:
        for said in dict.fromkeys(figures_said(shown)):
            yield _spelled(said.replace("-", " "), is_english=False)


def _spelled(folded: str, is_english: bool) -> list[str]:
    if not is_english:
        return folded.replace("'", "").split()
    folded = folded.removesuffix("'")
    for pattern, full in CONTRACTED:
        if pattern.search(folded):
            folded = pattern.sub(full, folded)
            break
    return [_one_spelling(word.replace("'", "")) for word in folded.split()]


def _one_spelling(word: str) -> str:
    word = TITLE_WORDS.get(word, word) if len(word) > 2 or word == "dr" else word
    return ONE_SPELLING.get(word, word)


def _folded(word: str) -> str:
    """Small letters without accents, and one kind of apostrophe."""
    if word.isascii():
        return word.lower()
    apart = unicodedata.normalize("NFKD", word.replace("’", "'").casefold())
    return "".join(each for each in apart if not unicodedata.combining(each))


def _without_and(words: list[PlainWord]) -> list[PlainWord]:
    """`two hundred and four` and `two hundred four` are one."""
    kept = words[:1]
    for before, word in pairwise(words):
        if word.text == "and" and before.text in ("hundred", *SCALES[1:]):
            word = replace(word, text="")
        kept.append(word)
    for number, (word, after) in enumerate(pairwise(kept)):
        if not word.text and after.text not in NUMBER_WORDS and not _is_compound(after.text):
            kept[number] = replace(word, text="and")
    return [word for word in kept if word.text]


def _is_compound(word: str) -> bool:
    return any(word.startswith(tens) for tens in TENS[2:])
