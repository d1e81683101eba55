"""Chinese numbers: counted, and digit by digit."""

from __future__ import annotations

DIGITS = "零一二三四五六七八九"
SCALES = ("", "万", "亿", "万亿")
MOST_FIGURES = 16


def counted(written: str) -> str:
    """`1204` is `一千二百零四`; a very long one digit by digit."""
    if len(written) > MOST_FIGURES or (len(written) > 1 and written[0] == "0"):
        return by_digit(written)
    groups: list[int] = []
    words = ""
    while written:
        groups.append(int(written[-4:]))
        written = written[:-4]
    for place, group in reversed(list(enumerate(groups))):
        if not group:
            words += "零" if words and any(groups[:place]) and not words.endswith("零") else ""
            continue
        gap = "零" if words and group < 1000 and not words.endswith("零") else ""
        is_two = group == 2 and bool(place)
        words += gap + ("两" if is_two else _below_ten_thousand(group)) + SCALES[place]
    words = words or "零"
    return words[1:] if words.startswith("一十") else words


def by_digit(written: str) -> str:
    return "".join(DIGITS[int(figure)] for figure in written)


def _below_ten_thousand(number: int) -> str:
    words, has_gap = "", False
    for size, sign in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        figure, number = divmod(number, size)
        if figure:
            said = "两" if figure == 2 and size == 1000 and not words else DIGITS[figure]
            words += ("零" if has_gap and words else "") + said + sign
        has_gap = not figure
    return words
