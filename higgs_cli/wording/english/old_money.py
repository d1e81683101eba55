"""Pounds, shillings and pence: `£5 10s. 6d.`, `4½d.`, `20,000l.`, `3/6`, `7/-`."""

from __future__ import annotations

from higgs_cli.wording.english.amounts import Amount, amount_at, part_at
from higgs_cli.wording.english.described import ARTICLES, as_attribute, is_noun
from higgs_cli.wording.english.numbers import cardinal, number_words
from higgs_cli.wording.english.stops import past_stop
from higgs_cli.wording.reading import LIKELY, Manner, Said
from higgs_cli.wording.tokens import Tokens

SMALLER = {"l": "sd", "s": "d", "d": ""}
"""The coins that may follow each in a sum."""
FIRST_YEAR, LAST_YEAR = 1100, 2090
BEFORE_DECADES = frozenset(("the", "his", "her", "their", "my", "early", "late", "mid"))
PRICE_WORDS = frozenset((
    "at", "for", "cost", "costs", "price", "priced", "paid", "pay", "of", "only", "worth", "a",
    "sold", "bought", "was", "is", "charge", "charged",
))  # fmt: skip


def old_parts(tokens: Tokens, amount: Amount, manner: Manner) -> tuple[str, int] | None:
    """`£5.10s.`, `£5.10.6`, `£3/17/6`: coins whose letters are not all written."""
    end = amount.end
    if tokens.is_stop(end) and tokens.is_figures(end + 1) and tokens.words[end + 2] == "s":
        return _pounds(amount, manner), end + 1
    pounds = _pounds(amount, manner)
    if len(amount.decimals) in (1, 2) and tokens.words[end] == "s" and tokens.is_tight(end):
        end = past_stop(tokens, end + 1)
        return f"{pounds} {_shillings(amount.decimals)}", end
    marks = tokens.words[end]
    if amount.decimals and marks == "." and tokens.is_tight(end + 1) and tokens.is_figures(end + 1):
        return _three(pounds, amount.decimals, tokens.words[end + 1], end + 2)
    is_row = tokens.goes_on(end, marks) and tokens.goes_on(end + 2, marks)
    if marks in ("/", ":") and not amount.decimals and is_row:
        return _three(pounds, tokens.words[end + 1], tokens.words[end + 3], end + 4)
    return None


def _pounds(amount: Amount, manner: Manner) -> str:
    whole = number_words(amount.whole, manner.with_and)
    return f"{whole} {'pound' if amount.whole == '1' else 'pounds'}"


def _three(pounds: str, shillings: str, pence: str, end: int) -> tuple[str, int] | None:
    is_short = shillings.isdecimal() and pence.isdecimal() and max(len(shillings), len(pence)) < 3
    if not is_short or int(shillings) > 19 or int(pence) > 11:
        return None
    words = [pounds]
    if int(shillings):
        words.append(_shillings(shillings))
    if int(pence):
        words.append(f"and {pence_words(int(pence))}")
    return " ".join(words), end


def _shillings(written: str) -> str:
    return f"{cardinal(int(written))} {'shilling' if int(written) == 1 else 'shillings'}"


def pence_words(number: int) -> str:
    """`sixpence`; above eleven, apart."""
    if number < 2:
        return ("no pence", "one penny")[number]
    return f"{cardinal(number)}pence" if number < 12 else f"{cardinal(number)} pence"


def read_old_coins(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """`10s.`, `6d.`, `4½d.`, `20,000l.`: a number with the letter of the coin."""
    amount = part_at(tokens, index) or amount_at(tokens, index, manner)
    if amount is None or amount.decimals:
        return None
    letter = tokens.words[amount.end]
    if letter == "d" and amount.fraction is not None and amount.fraction.bottom not in (2, 4, 8):
        return None  # `2/6d.`: shillings and pence
    if letter not in ("s", "d", "l") or not _is_coin(tokens, index, amount):
        return None
    end = past_stop(tokens, amount.end + 1)
    if letter == "d":
        words = _with_half(amount, has_article=tokens.lower(index - 1) in ARTICLES)
        if amount.fraction is None and amount.whole.isdecimal():
            number = int(amount.whole) if len(amount.whole) < 6 else 0
            is_described = tokens.lower(index - 1) in ARTICLES and is_noun(tokens, end)
            is_described = is_described and 1 < number < 12
            said = pence_words(number) if number or amount.whole == "0" else words
            words = f"{cardinal(number)}penny" if is_described else said
        return Said(_joined(tokens, index) + words, end - index)
    one, many = ("pound", "pounds") if letter == "l" else ("shilling", "shillings")
    if tokens.is_dash(end) and tokens.is_lower(end + 1):
        return Said(f"{amount.words}-{one} ", end + 1 - index)
    if tokens.lower(index - 1) in ARTICLES and is_noun(tokens, end):
        return Said(as_attribute(amount.words, one), end - index)
    return Said(f"{amount.words} {one if amount.is_one else many}", end - index)


def _with_half(amount: Amount, *, has_article: bool) -> str:
    """`twopence halfpenny`, `three halfpence`, `a farthing`."""
    if amount.fraction is None or amount.fraction.bottom not in (2, 4):
        return f"{amount.words} pence"
    top, bottom = amount.fraction.top, amount.fraction.bottom
    small = "halfpenny" if bottom == 2 else "farthing" if top == 1 else "three farthings"
    if not amount.whole:
        return small if top > 1 or has_article else f"a {small}"
    if amount.whole == "1" and bottom == 2:
        return "three halfpence"
    return f"{pence_words(int(amount.whole))} {small}"


def _is_coin(tokens: Tokens, index: int, amount: Amount) -> bool:
    """A number and a letter: coins where the letter has a point, or other coins stand beside it."""
    end, letter = amount.end, tokens.words[amount.end]
    has_point, beside = tokens.is_stop(end + 1), _is_beside_coins(tokens, index, amount)
    if letter == "s" and not tokens.is_tight(end) and not has_point:
        return False
    if letter == "l":
        return has_point and (len(amount.whole) > 1 or beside)
    is_round = letter == "s" and amount.whole.endswith("0")
    if is_round and not beside and _is_decade(tokens, index, amount.whole):
        return False
    if letter == "d" and not beside and _is_old_ordinal(tokens, index, amount):
        return False
    is_small = amount.whole.isdecimal() and len(amount.whole) < 3 and int(amount.whole) < 20
    is_small = is_small and (letter == "s" or tokens.is_tight(end)) and amount.whole not in "23"
    return has_point or beside or is_small


def _is_decade(tokens: Tokens, index: int, whole: str) -> bool:
    """`the 90s.`, `1890s.`, `mid-1890s.`"""
    before = index - 2 if tokens.is_dash(index - 1) else index - 1
    is_year = len(whole) == 4 and FIRST_YEAR <= int(whole) <= LAST_YEAR
    is_year = is_year and len(tokens.words[index]) == 4
    return is_year or tokens.lower(before) in BEFORE_DECADES


def _is_beside_coins(tokens: Tokens, index: int, amount: Amount) -> bool:
    """`£5 10s`, `2s 6d`, `3l. 10s.`: another coin before it or behind it."""
    back = 2 if tokens.words[index - 1] in (",", ".", ";") else 1
    before, end = tokens.words[index - back], amount.end
    is_after = before in ("s", "l", "£")
    is_after = is_after or (
        tokens.is_figures(index - back) and tokens.words[index - back - 1] == "£"
    )
    following = end + 2 if tokens.words[end + 1] in (".", ",") else end + 1
    coin = tokens.words[following + 1]
    is_before = tokens.is_figures(following) and coin in tuple(SMALLER[tokens.words[end]])
    return is_after or (is_before and tokens.is_tight(following + 1))


def _is_old_ordinal(tokens: Tokens, index: int, amount: Amount) -> bool:
    """`the 3d of June`, `the 42d Foot`."""
    if amount.fraction or amount.whole[-1:] not in ("2", "3") or amount.whole[-2:] in ("12", "13"):
        return False
    is_rank = tokens.lower(index - 1) in ("the", "of") or tokens.is_capital(amount.end + 1)
    return is_rank or tokens.words[amount.end + 1] == "of"


def _joined(tokens: Tokens, index: int) -> str:
    """`and` before the pence of a sum."""
    before = index - 1
    while tokens.words[before] in (",", "."):
        before -= 1
    return "and " if tokens.words[before] == "s" and tokens.is_figures(before - 1) else ""


def read_slashed(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """`7/-`, `3/6`, `12/6d.`: shillings and pence with a slash."""
    written = tokens.words[index]
    if tokens.words[index + 1] != "/" or not tokens.is_tight(index + 1) or len(written) > 3:
        return None
    if not tokens.is_tight(index + 2) or (
        tokens.is_tight(index) and tokens.words[index - 1] in "/.,-"
    ):
        return None
    pence = tokens.words[index + 2]
    if pence in ("-", "–", "—", "="):
        return Said(_shillings(written), 3)
    if not (pence.isdecimal() and len(pence) <= 2 and int(pence) < 12) or manner.is_american:
        return None
    if tokens.words[index + 3] == "/" and tokens.is_tight(index + 3):
        return None
    has_letter = tokens.words[index + 3] == "d" and tokens.is_tight(index + 3)
    top, bottom = int(written), int(pence)
    is_price = has_letter or (tokens.lower(index - 1) in PRICE_WORDS and bottom in (3, 6, 9))
    if not is_price and (
        bottom not in (6, 9, 11) or (bottom == 9 and top < 9) or (top, bottom) in ((1, 6), (5, 6))
    ):
        return None
    if bottom == 0:
        return None
    count = 4 if has_letter else 3
    count = past_stop(tokens, index + count) - index if has_letter else count
    end = pence_words(bottom) if has_letter and bottom > 1 else cardinal(bottom)
    return Said(f"{cardinal(top)} and {end}", count, LIKELY)
