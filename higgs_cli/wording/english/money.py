"""Money with its sign or its name: `£5.50`, `$2 million`, `US$5`, `50¢`, `a £10-note`."""

from __future__ import annotations

from higgs_cli.wording.english.amounts import Amount, amount_at, range_at
from higgs_cli.wording.english.described import described
from higgs_cli.wording.english.numbers import cardinal, counted, digits, number_words
from higgs_cli.wording.english.old_money import old_parts
from higgs_cli.wording.english.stops import past_stop
from higgs_cli.wording.english.units import COINS, CURRENCIES, DOLLARS, SCALES
from higgs_cli.wording.reading import LIKELY, Manner, Said
from higgs_cli.wording.tokens import Tokens


def read_sign(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """Money that begins with its sign."""
    currency = CURRENCIES[tokens.words[index]]
    if tokens.words[index + 1] == "-" and tokens.is_tight(index + 2):
        return None
    amount = _leading(tokens, index + 1, manner)
    if amount is None:
        return None
    old = old_parts(tokens, amount, manner) if tokens.words[index] in "£₤" else None
    if old is not None:
        return Said(old[0], old[1] - index)
    words, end = _money(tokens, index, amount, currency, manner)
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
    words, end = _money(tokens, index, amount, currency, manner)
    return Said(words, end - index)


def read_rupees(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """`Rs. 500`"""
    amount = amount_at(tokens, index + 1 + tokens.is_stop(index + 1), manner)
    return amount and Said(f"{amount.words} rupees", amount.end - index)


def _leading(tokens: Tokens, index: int, manner: Manner) -> Amount | None:
    """The amount behind a sign: `5`, `5-10`, `.50`, and `£5-£10`."""
    if tokens.words[index] == "." and tokens.is_tight(index + 1) and tokens.is_figures(index + 1):
        figures = tokens.words[index + 1]
        return Amount(f"point {digits(figures)}", index + 2, False, "0", figures)
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
    tokens: Tokens,
    index: int,
    amount: Amount,
    currency: tuple[str, str, str, str],
    manner: Manner,
) -> tuple[str, int]:
    """The words of an amount that is written from `index` on, and the index behind it all."""
    one, many, part, parts = currency
    end, words = amount.end, amount.words
    scale = SCALES.get(tokens.words[end]) if tokens.words[end] else None
    is_tight_dash = tokens.is_dash(end) and tokens.words[end + 1] in ("million", "billion")
    if is_tight_dash:
        scale, end = SCALES[tokens.words[end + 1]], end + 1
    if scale and not (len(tokens.words[end]) == 1 and not tokens.is_tight(end)):
        return described(tokens, index, end + 1, f"{words} {scale}", one, many)
    if amount.fraction and not amount.whole and amount.fraction.bottom == 2:
        return f"half a {one}", end
    if amount.is_range or amount.fraction or (amount.decimals and len(amount.decimals) != 2):
        return described(tokens, index, end, words, one, many)
    if not amount.decimals or int(amount.decimals) == 0:
        said = number_words(amount.whole, manner.with_and)
        return described(tokens, index, end, said, one, one if counted(amount.whole) == 1 else many)
    small = f"{cardinal(int(amount.decimals))} {part if int(amount.decimals) == 1 else parts}"
    if counted(amount.whole) == 0:
        return small, end
    big = number_words(amount.whole, manner.with_and)
    return f"{big} {one if counted(amount.whole) == 1 else many} and {small}", end


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
