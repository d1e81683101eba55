"""Abbreviations: titles and names in short, words with a point, letters with points."""

from __future__ import annotations

from higgs_cli.script.romans import roman_value
from higgs_cli.wording.english.abbreviations import (
    BARE_TITLES,
    BEFORE_NUMBERS,
    DOTTED,
    ENDING,
    INNER,
    ONLY_AFTER,
    PLACES,
    SENTENCE_OPENERS,
    STREET_NAMES,
    TITLES,
)
from higgs_cli.wording.english.stops import begins_sentence, is_opener, past_stop
from higgs_cli.wording.english.years import FUNCTION_WORDS
from higgs_cli.wording.reading import LIKELY, Manner, Said
from higgs_cli.wording.tokens import Tokens

LONGEST_CHAIN = 12
WITHOUT_POINT = frozenset(("No", "Nos", "Nº", "nº", "AD", "pp", "Op"))
SURE_TITLES = frozenset((
    "Mr", "Mrs", "Ms", "Dr", "Prof", "Rev", "Capt", "Messrs", "Mme", "Mlle", "Lieut", "Sergt",
))  # fmt: skip
TOWN_BEFORE = frozenset(("in", "of", "at", "from", "near", "to", "for"))
BEFORE_TOWNS = frozenset(("St", "Ft", "Mt"))
ALSO_WORDS = frozenset((
    "Pa", "Miss", "La", "Mo", "Ill", "Ore", "Wash", "Mass", "Del", "Cal", "Ark", "Ga", "Ind",
))  # fmt: skip
"""States that are other words too."""
SMALL_PREPOSITIONS = frozenset((
    "on", "in", "at", "to", "from", "of", "near", "off", "into", "down", "up", "along",
    "across", "by",
))  # fmt: skip
INITIAL_AFTER = frozenset((
    "by", "of", "and", "to", "from", "with", "for", "the", "or", "as", "mr", "mrs", "miss", "dr",
))  # fmt: skip


def read_title(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """`Dr. Lee`, `Mr Lee`: before a name."""
    written = tokens.words[index]
    words = TITLES[written]
    if written == "Dr" and (street := _street(tokens, index, "Drive")):
        return street
    if tokens.is_stop(index + 1):
        following = tokens.words[tokens.after_closers(index + 2)]
        if tokens.is_dash(index + 2) and tokens.is_capital(index + 3):
            return Said(words, 2)
        if _is_name(tokens, index + 2) and (written in SURE_TITLES or not is_opener(following)):
            return Said(words, 2)
        is_joined = tokens.is_dash(index - 1) and tokens.words[index - 3] in TITLES
        is_joined = is_joined or (tokens.is_dash(index - 1) and tokens.words[index - 2] in TITLES)
        if written in SURE_TITLES or written in ("Wm", "Chas") or is_joined:
            return Said(words, past_stop(tokens, index + 1, frozenset()) - index, LIKELY)
        return None
    if written in BARE_TITLES and _is_name(tokens, index + 1) and not tokens.is_tight(index + 1):
        return Said(words, 1)
    return None


def read_with(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """`w/o`, `w/`, `c/o`: as telegrams, lists and addresses have them."""
    if tokens.words[index + 1] != "/" or not tokens.is_tight(index + 1) or tokens.is_tight(index):
        return None
    letter = tokens.words[index]
    if tokens.words[index + 2] == "o" and tokens.is_tight(index + 2):
        return Said("without" if letter == "w" else "care of", 3)
    return None if letter == "c" or tokens.is_tight(index + 2) else Said("with", 2)


def _is_name(tokens: Tokens, index: int) -> bool:
    """Does a name begin here, over an opening quote or an emphasis at most?"""
    if tokens.words[index] == "the" and tokens.words[index - 2] in ("Hon", "Rev", "Revd"):
        return True
    if tokens.words[index] in ("“", '"', "‘", "'", "*", "_", "("):
        index += 1
    word = tokens.words[index]
    return word[:1].isupper() or word in (
        "de",
        "la",
        "le",
        "von",
        "van",
        "du",
        "d",
        "del",
        "di",
        "O",
        "&",
        "and",
    )


def read_saint(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """`St. Mary`, `St Paul's`, `Elm St.`"""
    street = _street(tokens, index, "Street")
    if street is not None:
        return street
    has_point = tokens.is_stop(index + 1)
    following = index + 1 + has_point
    if tokens.is_capital(following) or (
        tokens.is_dash(following) and tokens.is_capital(following + 1)
    ):
        return Said("Saint", 1 + has_point)
    return Said("Street", past_stop(tokens, index + 1) - index, LIKELY) if has_point else None


def _street(tokens: Tokens, index: int, words: str) -> Said | None:
    """A name before it, and no name behind it, make it a street."""
    before = tokens.words[index - 1]
    is_ordinal = before in ("st", "nd", "rd", "th", "d") and tokens.is_figures(index - 2)
    is_after_name = before[:1].isupper() and before not in SENTENCE_OPENERS and before not in TITLES
    if not (is_ordinal or is_after_name):
        return None
    has_point = tokens.is_stop(index + 1)
    following = tokens.words[tokens.after_closers(index + 1 + has_point)]
    if following[:1].isupper() and following not in STREET_NAMES:
        is_placed = tokens.lower(index - 2) in SMALL_PREPOSITIONS or tokens.is_figures(index - 2)
        is_placed = is_placed or (tokens.is_figures(index - 3) and tokens.is_capital(index - 2))
        if not ((is_placed or is_ordinal) and (has_point or is_ordinal)):
            return None
        if following not in SENTENCE_OPENERS and not is_ordinal:
            return None
    if not has_point and following[:1].islower() and not is_ordinal:
        return None
    return Said(words, past_stop(tokens, index + 1) - index if has_point else 1)


def read_before_number(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """`No. 5`, `p. 12`, `Chap. iv`, `c. 1850`, `c1850`."""
    written = tokens.words[index]
    end = index + 1
    if written in ("c", "ca") and tokens.is_tight(end) and len(tokens.words[end]) == 4:
        return Said("circa ", 1) if tokens.is_figures(end) else None
    if tokens.is_stop(end):
        end += 1
    elif written not in WITHOUT_POINT or tokens.is_tight(end):
        return None
    is_number = tokens.is_figures(end)
    if not is_number and end > index + 1 and len(written) > 1:
        is_number = roman_value(tokens.words[end]) is not None and tokens.words[end] not in (
            "I",
            "i",
        )
        is_number = is_number or (
            tokens.words[end] == "I" and tokens.words[end + 1] in (".", ",", "", ":")
        )
    if not is_number:
        return None
    is_answer = end == index + 1 and begins_sentence(tokens, index)
    if written in ("No", "no") and is_answer and tokens.is_lower(end + 1):
        return None
    if written == "no" and tokens.is_lower(end + 1) and tokens.words[end + 1] not in FUNCTION_WORDS:
        return None
    gap = " " if tokens.is_tight(end) else ""
    if written == "c" and len(tokens.words[end]) < 3 and tokens.words[index - 1] in (",", ";"):
        return Said(f"chapter{gap}", end - index)
    return Said(BEFORE_NUMBERS[written] + gap, end - index)


def read_numero(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """`N° 5`, where the raised o is written as a degree."""
    is_numero = tokens.words[index + 1] == "°" and tokens.is_tight(index + 1)
    return Said("number", 2) if is_numero and tokens.is_figures(index + 2) else None


def read_abbreviation(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """A word in short with its point."""
    written = tokens.words[index]
    if not tokens.is_stop(index + 1) or not _may_stand(tokens, index, written):
        return None
    if written in ENDING:
        return Said(ENDING[written], past_stop(tokens, index + 1) - index)
    return Said(INNER[written], past_stop(tokens, index + 1, frozenset()) - index)


def read_senor(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """`Sr. Lopez`; behind a name it is senior."""
    before = tokens.words[index - 1]
    is_behind_name = before[:1].isupper() or before == ","
    is_name = tokens.is_capital(index + 2) and not is_opener(tokens.words[index + 2])
    if not tokens.is_stop(index + 1) or not is_name:
        return None
    return None if is_behind_name and not is_opener(before) else Said("Señor", 2)


def _may_stand(tokens: Tokens, index: int, written: str) -> bool:
    """Words that are others as well want a certain one before them."""
    needed = ONLY_AFTER.get(written)
    if needed is None:
        return True
    before = tokens.words[index - 1]
    return before.lower() in needed or (
        written in ("inst", "ult", "prox")
        and (tokens.is_figures(index - 1) or before in ("th", "st", "nd", "rd", "of"))
    )


def read_cited(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """`op. cit.`, `loc. cit.`"""
    if not tokens.is_stop(index + 1) or tokens.words[index + 2] != "cit":
        return None
    return Said(f"{tokens.words[index]} cit", past_stop(tokens, index + 3, frozenset()) - index)


def read_versus(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """`Smith v. Jones`"""
    end = index + 1 + tokens.is_stop(index + 1)
    if not (tokens.is_capital(index - 1) and tokens.is_capital(end)) or tokens.is_tight(end):
        return None
    return Said("versus", end - index)


def read_and_cetera(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """`&c.`; else `&` is and."""
    if tokens.lower(index + 1) == "c" and tokens.is_tight(index + 1):
        gap = " " if tokens.is_tight(index) and tokens.is_word(index - 1) else ""
        end = past_stop(tokens, index + 2)
        return Said(f"{gap}et cetera", end - index)
    left = " " if tokens.is_tight(index) and tokens.words[index - 1].isalnum() else ""
    right = " " if tokens.is_tight(index + 1) and tokens.words[index + 1].isalnum() else ""
    return Said(f"{left}and{right}", 1)


def read_place(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """`Boston, Mass.`"""
    if tokens.words[index - 1] != "," or not tokens.is_stop(index + 1):
        return None
    town = tokens.words[index - 2]
    if not town[:1].isupper() or is_opener(town):
        return None
    before = tokens.words[index - 3 - (tokens.words[index - 4] in BEFORE_TOWNS)]
    is_town = not before or before[0].isupper() or before in TOWN_BEFORE
    if tokens.words[index] in ALSO_WORDS and not is_town:
        return None
    return Said(PLACES[tokens.words[index]], past_stop(tokens, index + 1) - index)


def read_letters(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """`U.S.A.`, `J. R. R. Tolkien`, `e.g.`, `Ph.D.`, `S.W.1`; a lone initial."""
    parts, end = _chain(tokens, index)
    if tokens.is_stop(end) and tokens.is_tight(end + 1) and tokens.is_figures(end + 1):
        return Said(f"{' '.join(parts)} ", end + 1 - index)  # `S.W.1`, `A.D.79`
    if len(parts) < 2:
        return _initial(tokens, index)
    said = DOTTED.get(".".join(parts).lower())
    if said is None:
        if not all(part[0].isupper() for part in parts):
            return None
        return Said(" ".join(parts), past_stop(tokens, end, SENTENCE_OPENERS) - index)
    openers = SENTENCE_OPENERS if said[0].isupper() else None
    inner = said in ("for example", "that is")
    return Said(said, past_stop(tokens, end, frozenset() if inner else openers) - index)


def _chain(tokens: Tokens, index: int) -> tuple[list[str], int]:
    """Letters and short parts, each with a point; the index of the last point."""
    parts = [tokens.words[index]]
    end = index + 1
    while len(parts) < LONGEST_CHAIN and tokens.is_stop(end):
        following = tokens.words[end + 1]
        is_part = following.isalpha() and len(following) <= (4 if following[0].isupper() else 1)
        if not tokens.is_tight(end + 1):
            is_part = len(following) == 1 and is_part and _goes_on(tokens, index, end)
        if not is_part:
            break
        if not tokens.is_stop(end + 2):
            if tokens.is_tight(end + 1) and len(following) == 1:
                return [*parts, following], end + 2
            break
        parts.append(following)
        end += 2
    return parts, end


def _goes_on(tokens: Tokens, index: int, stop: int) -> bool:
    """With space between, only capitals are initials, or `e. g.`, `i. e.`, `p. m.`"""
    first, following = tokens.words[index], tokens.words[stop + 1]
    if first.isupper() and len(first) == 1:
        return following.isupper()
    return f"{first}.{following}" in ("e.g", "i.e", "a.m", "p.m", "q.v")


def _initial(tokens: Tokens, index: int) -> Said | None:
    """`John F. Kennedy`, but not `plan B. Then`; `M. Dupin` is Monsieur."""
    letter = tokens.words[index]
    if len(letter) != 1 or not letter.isupper() or not tokens.is_stop(index + 1):
        return None
    following, before = tokens.words[index + 2], tokens.words[index - 1]
    if tokens.is_tight(index + 2) or not following[:1].isalpha():
        return None
    if following[0].islower():
        return Said(letter, 2, LIKELY) if letter != "I" else None
    if is_opener(following) and not (before[:1].isupper() and len(following) == 1):
        return None
    is_after_name = before[:1].isupper() and before.lower() not in INITIAL_AFTER and len(before) > 1
    if (letter == "I" and not is_after_name) or following in TITLES:
        return None
    if letter == "M" and not is_after_name and not following.isupper():
        return Said("Monsieur", 2, LIKELY)
    is_start = begins_sentence(tokens, index) or before == ","
    if is_after_name or is_start or before.lower() in INITIAL_AFTER:
        return Said(letter, 2, LIKELY)
    return None
