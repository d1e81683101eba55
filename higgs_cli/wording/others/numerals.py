"""Roman numerals: `Kapitel IV`, `Friedrich II.`, `siglo XIX`, `le XIXe siècle`, `François Ier`."""

from __future__ import annotations

from higgs_cli.script.romans import roman_value
from higgs_cli.wording.others.agreement import agreed
from higgs_cli.wording.others.numbers import cardinal, ordinal, short_ordinal
from higgs_cli.wording.others.table import LanguageTable
from higgs_cli.wording.reading import Said
from higgs_cli.wording.tokens import Tokens

LARGEST = 399
MOST_RANK = 10
"""Spanish rulers beyond the tenth have a cardinal."""
FRENCH_SUFFIXES = ("er", "re", "ème", "e")
QUEENS = frozenset(("Isabel", "Juana", "María", "Catalina", "Cristina", "Ana", "Victoria"))


def read_roman(tokens: Tokens, index: int, table: LanguageTable) -> Said | None:
    """A numeral, where something beside it says that it is one."""
    word, language = tokens.words[index], table.language
    suffix = _suffix(word) if language == "fr" else ""
    bare = word.removesuffix(suffix)
    value = roman_value(bare) if bare.isupper() else None
    if value is None or value > LARGEST or (suffix and len(bare) == 1 and bare not in "IVX"):
        return None  # `Le`, `De`, `Me`
    if suffix:
        return Said(ordinal(value, language, is_feminine=suffix == "re"), 1)
    if _thing_before(tokens, index, table):
        return _of_thing(tokens, index, value, table)
    for read in (_of_ruler, _before_noun):
        if said := read(tokens, index, value, table):
            return said
    return None


def _suffix(word: str) -> str:
    return next((suffix for suffix in FRENCH_SUFFIXES if word.endswith(suffix)), "")


def _of_thing(tokens: Tokens, index: int, value: int, table: LanguageTable) -> Said:
    """Its number, or two of them with a dash; the point of a German ordinal goes with it."""
    words, end = cardinal(value, table.language), index + 1
    last = roman_value(tokens.words[end + 1]) if tokens.is_dash(end) else None
    if last is not None:
        words, end = f"{words} {table.to} {cardinal(last, table.language)}", end + 2
    is_inner = table.language == "de" and tokens.is_lower(end + 1)
    return Said(words, end - index + (is_inner and tokens.is_stop(end)))


def _thing_before(tokens: Tokens, index: int, table: LanguageTable) -> bool:
    """`siglo XIX`, `cap. IV`, and the second of `siglos XVI y XVII`."""
    before = index - 1
    if tokens.words[before] in table.row:
        before -= 1 + (tokens.words[before - 1] == ".")
        is_numeral = roman_value(tokens.words[before]) is not None
        return is_numeral and _thing_before(tokens, before, table)
    if tokens.words[before] == "." and tokens.is_tight(before):
        before -= 1
    return tokens.lower(before) in table.things


def _of_ruler(tokens: Tokens, index: int, value: int, table: LanguageTable) -> Said | None:
    name, language = tokens.words[index - 1], table.language
    is_ruler = name[:1].isupper() and name.isalpha() and len(name) > 2
    has_point = tokens.is_stop(index + 1)
    is_long = len(tokens.words[index]) > 1 or name in table.rulers
    if not is_ruler or not (has_point if language == "de" else is_long):
        return None
    if language == "de":
        is_genitive = name.endswith("s") and name[:-1] in table.rulers
        said = f"{'des' if is_genitive else 'der'} {ordinal(value, language).capitalize()}"
        return Said(said + "n" * is_genitive, 1 + (has_point and bool(tokens.words[index + 2])))
    if language == "es" and value <= MOST_RANK:
        return Said(ordinal(value, language, is_feminine=name in QUEENS), 1)
    first = language == "fr" and value == 1
    return Said(ordinal(1, "fr") if first else cardinal(value, language), 1)


def _before_noun(tokens: Tokens, index: int, value: int, table: LanguageTable) -> Said | None:
    """Spanish `el III Congreso`, `la II Guerra Mundial`."""
    article, noun = tokens.lower(index - 1), tokens.words[index + 1]
    is_counted = article in ("el", "la", "del", "al") and noun[:1].isupper() and noun.isalpha()
    if table.language != "es" or not is_counted:
        return None
    if article == "la" or agreed("uno", noun.lower(), table) == "una":
        return Said(ordinal(value, "es", is_feminine=True), 1)
    return Said(short_ordinal(value, "es"), 1)
