"""Years: which four figures are one, ranges of them, decades, and years in short."""

from __future__ import annotations

from higgs_cli.wording.english.calendar import MONTH_NAMES
from higgs_cli.wording.english.numbers import as_plural, cardinal, decade, year
from higgs_cli.wording.reading import LIKELY, Manner, Said
from higgs_cli.wording.tokens import Tokens

YEAR_WORDS = frozenset((
    "in", "year", "since", "circa", "ca", "until", "till", "before", "after", "during", "anno",
    "ad", "summer", "winter", "spring", "autumn", "fall", "early", "late", "born", "died",
    "season", "vintage", "by", "from", "year's", "christmas", "easter",
))  # fmt: skip
STRONG_YEAR_WORDS = YEAR_WORDS - {"by", "from", "after", "before", "in", "until", "till"}
PREFIXES = frozenset(("pre", "post", "mid", "early", "late", "anti", "ante"))
ERAS = frozenset(("BC", "AD", "BCE", "CE"))
FUNCTION_WORDS = frozenset((
    "the", "a", "an", "and", "or", "but", "nor", "so", "yet", "of", "in", "on", "at", "by",
    "to", "for", "from", "with", "as", "if", "when", "where", "while", "who", "whom", "which",
    "that", "this", "these", "those", "his", "her", "its", "their", "our", "my", "your", "he",
    "she", "it", "they", "we", "you", "was", "is", "has", "does", "were", "are", "had", "have",
    "been", "be", "until", "till", "since", "because", "though", "although", "however", "thus",
    "us", "ours", "always", "perhaps", "sometimes", "besides", "towards", "afterwards",
    "upwards", "onwards", "across", "unless", "did", "would", "could", "should", "may", "might",
    "must", "there", "here", "then", "than", "not", "no", "only", "also", "once", "never",
    "ever", "alone", "still", "about", "after", "before", "during", "under", "over", "between",
    "into", "upon", "without", "against", "edition",
))  # fmt: skip
PLURALS = frozenset((
    "men", "people", "women", "children", "feet", "sheep", "cattle", "horse", "foot", "souls",
    "dozen", "head", "copies", "persons", "odd", "votes", "infantry", "cavalry", "troops",
    "prisoners", "acres", "miles",
))  # fmt: skip
BLANKS = frozenset("-–—―_")
APOSTROPHES = frozenset("'’‘")


def read_years(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """`1871`, `1871-2`, `1914–18`: where the words beside it say that it is a year."""
    written = tokens.words[index]
    if len(written) != 4 or not is_year(tokens, index):
        return None
    first = int(written)
    last = _last_of_range(tokens, index, first)
    if last is not None:
        words = f"{year(first, manner.with_and)} to {year(last, manner.with_and)}"
        return Said(words, 3, LIKELY)
    if tokens.is_dash(index + 1) and tokens.is_figures(index + 2):
        return None
    return Said(year(first, manner.with_and), 1, LIKELY)


def read_blank_year(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """`in the year 18—`, `in 17--`: the rest is nobody's business."""
    written, end = tokens.words[index], index + 1
    while tokens.words[end] in BLANKS and tokens.is_tight(end):
        end += 1
    length = tokens.starts[end - 1] - tokens.starts[index + 1] + 1
    is_blank = end > index + 1 and (length > 1 or tokens.words[index + 1] in "—―")
    is_free = not (tokens.is_tight(end) and tokens.words[end][:1].isalnum())
    if not (is_blank and is_free) or written not in ("15", "16", "17", "18", "19"):
        return None
    before = tokens.words[index - 1]
    before = tokens.words[index - 2] if before == "," else before
    if before.lower() not in YEAR_WORDS and before not in MONTH_NAMES:
        return None
    return Said(f"{cardinal(int(written))} something", end - index)


def is_year(tokens: Tokens, index: int) -> bool:
    """Four figures from 1100 to 2099 are, but for a count of things; earlier ones by their word."""
    number = int(tokens.words[index])
    before = _word_before(tokens, index)
    says_so = (
        before in YEAR_WORDS or before in MONTH_NAMES or tokens.lower(index + 1) in ("b", "bc")
    )
    if not (1010 if says_so or before in ("of", "and", "to") else 1100) <= number <= 2099:
        return False
    if before.lower() in STRONG_YEAR_WORDS or before in MONTH_NAMES:
        return True
    if tokens.goes_on(index + 1, ",") or tokens.goes_on(index + 1, "."):
        return False
    return not _counts_things(tokens, index + 1, number, before.lower())


def read_decade(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """`1860s`, `1840's`, `the 60s`; `in his 40s`."""
    written, end = tokens.words[index], index + 1
    if tokens.words[end] in APOSTROPHES and tokens.is_tight(end):
        end += 1
    if tokens.words[end] != "s" or not tokens.is_tight(end) or not written.endswith("0"):
        return None
    if len(written) == 4 and 1100 <= int(written) <= 2090:
        return Said(decade(int(written), manner.with_and), end + 1 - index)
    if len(written) == 2 and int(written) >= 20:
        return Said(as_plural(cardinal(int(written))), end + 1 - index, LIKELY)
    return None


def read_short_year(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """`’98`, `'60s`, `the '45`: an apostrophe for the century."""
    if tokens.is_tight(index) and tokens.words[index - 1] not in '(“"‘—–-':
        return None
    written = tokens.words[index + 1]
    if not (len(written) == 2 and written.isdecimal() and tokens.is_tight(index + 1)):
        return None
    plural = read_decade(tokens, index + 1, manner)
    if plural is not None and plural.words is not None:
        return Said(plural.words, plural.count + 1)
    if tokens.is_tight(index + 2) and tokens.words[index + 2] in ("'", "’"):
        return None  # a number in quotation marks
    number = int(written)
    words = f"oh {cardinal(number)}" if number < 10 else cardinal(number)
    dash = tokens.is_dash(index + 2) and len(tokens.words[index + 3]) == 2
    if dash and tokens.is_figures(index + 3):
        return Said(f"{words} to {cardinal(int(tokens.words[index + 3]))}", 4, LIKELY)
    return Said(words, 2, LIKELY)


def _word_before(tokens: Tokens, index: int) -> str:
    """The word that the year depends on: over a comma or a day, the month."""
    before = tokens.words[index - 1]
    if before == "." and tokens.words[index - 2] in MONTH_NAMES:
        return tokens.words[index - 2]
    if before == "." and tokens.words[index - 2] == "D" and tokens.words[index - 4] == "A":
        return "ad"
    if before == "." and tokens.words[index - 2] in ("c", "ca", "b", "d"):
        return "circa"
    if before == "," or tokens.is_figures(index - 1):
        for back in (2, 3, 4, 5):
            if tokens.words[index - back] in MONTH_NAMES:
                return tokens.words[index - back]
    if before in "-–" and tokens.lower(index - 2) in PREFIXES:
        return "year"
    return before if before in MONTH_NAMES else before.lower()


def _last_of_range(tokens: Tokens, index: int, first: int) -> int | None:
    """The second year of `1871-2`, `1871–72`, `1871-1875`, `1871/2`."""
    is_slash = tokens.words[index + 1] == "/" and tokens.is_tight(index + 1)
    if not (tokens.is_dash(index + 1) or (is_slash and tokens.is_tight(index + 2))):
        return None
    written = tokens.words[index + 2]
    if not written.isdecimal() or len(written) not in (1, 2, 4):
        return None
    if (tokens.is_dash(index + 3) or tokens.words[index + 3] == "/") and tokens.is_tight(index + 3):
        return None
    last = int(str(first)[: 4 - len(written)] + written)
    if is_slash and written == "00" and first % 100 == 99:
        last += 100
    if is_slash and last != first + 1:
        return None
    return last if first < last <= 2099 else None


def _counts_things(tokens: Tokens, index: int, number: int, before: str) -> bool:
    """Does a plain noun follow, so that the figures count it?"""
    word = tokens.words[index]
    if not word or not word[0].islower() or tokens.is_tight(index):
        return False
    is_round = number % 50 == 0
    if before in ("in", "by", "of", "and", "to", "from", "after", "before") and not is_round:
        return False
    if _is_plural(word):
        return True
    following = tokens.words[index + 1]
    is_adjective = word not in FUNCTION_WORDS and not word.endswith(("ed", "ly"))
    is_adjective = is_adjective or word == "armed"
    return is_round and is_adjective and following[:1].islower() and _is_plural(following)


def _is_plural(word: str) -> bool:
    if word in PLURALS:
        return True
    is_noun = word.endswith("s") and not word.endswith(("ss", "us", "'s", "’s"))
    return is_noun and len(word) > 3 and word not in FUNCTION_WORDS


def read_era(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """`55 BC`, `AD 79`: letters beside a number."""
    if tokens.is_figures(index - 1) or tokens.is_figures(index + 1):
        return Said(" ".join(tokens.words[index]), 1)
    return None
