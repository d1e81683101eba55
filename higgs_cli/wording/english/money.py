"""Money new and old: `£5.50`, `$2 million`, `£5 10s. 6d.`, `3/6`, `7/-`, `50¢`, `a £10-note`."""

from __future__ import annotations

from higgs_cli.wording.english.amounts import Amount, amount_at, range_at
from higgs_cli.wording.english.numbers import cardinal, counted, number_words
from higgs_cli.wording.english.stops import past_stop
from higgs_cli.wording.english.units import COINS, CURRENCIES, DOLLARS, SCALES
from higgs_cli.wording.english.years import FUNCTION_WORDS
from higgs_cli.wording.reading import LIKELY, Manner, Said
from higgs_cli.wording.tokens import Tokens

ARTICLES = frozenset((
    "a", "an", "another", "one", "every", "each", "the", "his", "her", "my", "this", "that",
    "your", "our", "their",
))  # fmt: skip
BEFORE_DECADES = frozenset(("the", "his", "her", "their", "my", "early", "late", "mid"))
NO_NOUNS = frozenset((
    "per", "each", "worth", "odd", "more", "less", "apiece", "extra", "left", "or",
))  # fmt: skip
PRICE_WORDS = frozenset((
    "at", "for", "cost", "costs", "price", "priced", "paid", "pay", "of", "only", "worth", "a",
    "sold", "bought", "was", "is", "charge", "charged",
))  # fmt: skip


def read_sign(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """Money that begins with its sign."""
    currency = CURRENCIES[tokens.words[index]]
    if tokens.words[index + 1] == "-" and tokens.is_tight(index + 2):
        return None
    amount = _leading(tokens, index + 1, manner)
    if amount is None:
        return None
    old = _old_parts(tokens, amount, manner) if tokens.words[index] in "£₤" else None
    if old is not None:
        return Said(old[0], old[1] - index)
    words, end = _money(tokens, amount, currency, manner)
    return Said(words, end - index)


def read_dollars(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """`US$5`, `HK$10`, `U.S.$5`."""
    if tokens.words[index + 1] != "$" or not tokens.is_tight(index + 1):
        return None
    return _dollars(tokens, index, index + 2, DOLLARS[tokens.words[index]], manner)


def read_dotted_dollars(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """`U.S.$5`"""
    if "".join(tokens.words[index : index + 5]) != "U.S.$":
        return None
    return _dollars(tokens, index, index + 5, DOLLARS["US"], manner)


def _dollars(tokens: Tokens, index: int, at: int, name: str, manner: Manner) -> Said | None:
    """The dollars of a country, their amount at `at`."""
    amount = range_at(tokens, at, manner)
    if amount is None:
        return None
    currency = (f"{name} dollar", f"{name} dollars", "cent", "cents")
    words, end = _money(tokens, amount, currency, manner)
    return Said(words, end - index)


def read_rupees(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """`Rs. 500`"""
    amount = amount_at(tokens, index + 1 + tokens.is_stop(index + 1), manner)
    return amount and Said(f"{amount.words} rupees", amount.end - index)


def _leading(tokens: Tokens, index: int, manner: Manner) -> Amount | None:
    """The amount behind a sign: `5`, `5-10`, `.50`, and `£5-£10`."""
    if tokens.words[index] == "." and tokens.is_tight(index + 1) and tokens.is_figures(index + 1):
        return Amount("", index + 2, False, "0", tokens.words[index + 1])
    first = range_at(tokens, index, manner)
    if (
        first is None
        or not tokens.is_dash(first.end)
        or tokens.words[first.end + 1] not in CURRENCIES
    ):
        return first
    last = amount_at(tokens, first.end + 2, manner)
    return last and Amount(f"{first.words} to {last.words}", last.end, is_range=True)


def _money(
    tokens: Tokens, amount: Amount, currency: tuple[str, str, str, str], manner: Manner
) -> tuple[str, int]:
    """The words of an amount of a currency, and the index behind all that they stand for."""
    one, many, part, parts = currency
    end, words = amount.end, amount.words
    scale = SCALES.get(tokens.words[end]) if tokens.words[end] else None
    is_tight_dash = tokens.is_dash(end) and tokens.words[end + 1] in ("million", "billion")
    if is_tight_dash:
        scale, end = SCALES[tokens.words[end + 1]], end + 1
    if scale and not (len(tokens.words[end]) == 1 and not tokens.is_tight(end)):
        return _attributed(tokens, end + 1, f"{words} {scale}", one, many)
    if amount.fraction and not amount.whole and amount.fraction.bottom == 2:
        return f"half a {one}", end
    if amount.is_range or amount.fraction or (amount.decimals and len(amount.decimals) != 2):
        return _attributed(tokens, end, words, one, many)
    if not amount.decimals or int(amount.decimals) == 0:
        said = number_words(amount.whole, manner.with_and)
        return _attributed(tokens, end, said, one, one if counted(amount.whole) == 1 else many)
    small = f"{cardinal(int(amount.decimals))} {part if int(amount.decimals) == 1 else parts}"
    if counted(amount.whole) == 0:
        return small, end
    big = number_words(amount.whole, manner.with_and)
    return f"{big} {one if counted(amount.whole) == 1 else many} and {small}", end


def _attributed(tokens: Tokens, end: int, words: str, one: str, many: str) -> tuple[str, int]:
    """`ten pounds`, but `a ten-pound note`."""
    if tokens.is_dash(end) and tokens.is_lower(end + 1):
        is_rate = tokens.words[end + 1] in ("a", "per", "an", "worth")
        compound = f"{words.replace(' ', '-')}-{one}"
        return (compound, end) if is_rate else (f"{compound} ", end + 1)
    before = tokens.lower(_start_of(tokens, end) - 1)
    if before in ARTICLES and _is_noun(tokens, end):
        return f"{words.replace(' ', '-')}-{one}", end
    return f"{words} {many}", end


def _is_noun(tokens: Tokens, index: int) -> bool:
    """Does a thing follow that the money describes?"""
    word = tokens.words[index]
    is_noun = word[:1].islower() and word not in FUNCTION_WORDS and word not in NO_NOUNS
    return is_noun and not word.endswith("ly") and not tokens.is_tight(index)


def _start_of(tokens: Tokens, end: int) -> int:
    """Where the money began: at its sign, at most a few tokens back."""
    for back in range(1, 12):
        if tokens.words[end - back] in CURRENCIES:
            return end - back
    return end


def _old_parts(tokens: Tokens, amount: Amount, manner: Manner) -> tuple[str, int] | None:
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
    amount = amount_at(tokens, index, manner)
    if amount is None or amount.decimals:
        return None
    letter = tokens.words[amount.end]
    if letter not in ("s", "d", "l") or not _is_coin(tokens, index, amount):
        return None
    end = past_stop(tokens, amount.end + 1)
    if letter == "d":
        words = _with_half(amount)
        if amount.fraction is None and amount.whole.isdecimal():
            number = int(amount.whole) if len(amount.whole) < 6 else 0
            is_described = tokens.lower(index - 1) in ARTICLES and _is_noun(tokens, end)
            is_described = is_described and 1 < number < 12
            said = pence_words(number) if number or amount.whole == "0" else words
            words = f"{cardinal(number)}penny" if is_described else said
        return Said(_joined(tokens, index) + words, end - index)
    one, many = ("pound", "pounds") if letter == "l" else ("shilling", "shillings")
    if tokens.is_dash(end) and tokens.is_lower(end + 1):
        return Said(f"{amount.words}-{one} ", end + 1 - index)
    if tokens.lower(index - 1) in ARTICLES and _is_noun(tokens, end):
        return Said(f"{amount.words.replace(' ', '-')}-{one}", end - index)
    return Said(f"{amount.words} {one if amount.is_one else many}", end - index)


def _with_half(amount: Amount) -> str:
    """`twopence halfpenny`, `three halfpence`, `a farthing`."""
    if amount.fraction is None or amount.fraction.bottom not in (2, 4):
        return f"{amount.words} pence"
    top, bottom = amount.fraction.top, amount.fraction.bottom
    small = "halfpenny" if bottom == 2 else "farthing" if top == 1 else "three farthings"
    if not amount.whole:
        return small if top > 1 else f"a {small}"
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
    if is_round and not beside and tokens.lower(index - 1) in BEFORE_DECADES:
        return False
    if letter == "d" and not beside and _is_old_ordinal(tokens, index, amount):
        return False
    is_small = amount.whole.isdecimal() and len(amount.whole) < 3 and int(amount.whole) < 20
    is_small = is_small and (letter == "s" or tokens.is_tight(end)) and amount.whole not in "23"
    return has_point or beside or is_small


def _is_beside_coins(tokens: Tokens, index: int, amount: Amount) -> bool:
    """`£5 10s`, `2s 6d`: another coin before it or behind it."""
    back = 2 if tokens.words[index - 1] in (",", ".", ";") else 1
    before, end = tokens.words[index - back], amount.end
    is_after = before in ("s", "l", "£")
    is_after = is_after or (
        tokens.is_figures(index - back) and tokens.words[index - back - 1] == "£"
    )
    is_before = tokens.is_figures(end + 1) and tokens.words[end + 2] == "d"
    return is_after or (is_before and tokens.words[end] != "d")


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


def read_coins_behind(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """`50¢`, `20 frs.`, `5 gs.`, `10p`."""
    amount = range_at(tokens, index, manner)
    if amount is None:
        return None
    name = tokens.words[amount.end]
    if name in CURRENCIES and (
        tokens.is_tight(amount.end) or not tokens.is_figures(amount.end + 1)
    ):
        one, many = CURRENCIES[name][:2]
    elif name in COINS and _is_named(tokens, amount.end, name):
        one, many = COINS[name]
    else:
        return None
    end = past_stop(tokens, amount.end + 1)
    return Said(f"{amount.words} {one if amount.is_one else many}", end - index, LIKELY)


def _is_named(tokens: Tokens, index: int, name: str) -> bool:
    if name in ("p", "c"):
        return tokens.is_tight(index) and (name == "p" or tokens.is_stop(index + 1))
    return name in ("¢", "EUR", "USD", "GBP", "gns", "frs", "fcs", "cts") or tokens.is_stop(
        index + 1
    )
