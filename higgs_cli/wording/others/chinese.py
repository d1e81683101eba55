"""Chinese figures as they are said: years digit by digit, dates, the clock, money, percentages."""

from __future__ import annotations

import re

from higgs_cli.script.source_text import SourceText

DIGITS = "零一二三四五六七八九"
SCALES = ("", "万", "亿", "万亿")
MOST_FIGURES = 16
NUMBER = re.compile(
    r"(?P<minus>(?<![A-Za-z0-9-])[-−])?(?P<money>[¥￥$€£])?(?<![\d.])(?P<whole>\d{1,3}(?:,\d{3})++|\d++)"
    r"(?:\.(?P<decimals>\d++)|/(?P<bottom>\d++)|[:：](?P<minute>[0-5]\d)(?!\d))?"
    r"(?P<behind>[%％]|年|[个名位只条本张天岁次件头家杯座层]|℃|°C)?(?![\w]*@)"
)
MONEY = {"¥": "元", "￥": "元", "$": "美元", "€": "欧元", "£": "英镑"}
TWO_BEFORE = frozenset("个名位只条本张天岁次件头家杯座层")


def written_out(text: SourceText) -> SourceText:
    """The text with its figures in words."""
    return text.replace(NUMBER, _spoken, "expansion")


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
        words += gap + _below_ten_thousand(group) + SCALES[place]
    words = words or "零"
    return words[1:] if words.startswith("一十") else words


def by_digit(written: str) -> str:
    return "".join(DIGITS[int(figure)] for figure in written)


def _below_ten_thousand(number: int) -> str:
    words, has_gap = "", False
    for size, sign in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        figure, number = divmod(number, size)
        if figure:
            words += ("零" if has_gap and words else "") + DIGITS[figure] + sign
        has_gap = not figure
    return words


def _spoken(match: re.Match[str]) -> str:
    whole = match["whole"].replace(",", "")
    behind, minus = match["behind"] or "", "负" if match["minus"] else ""
    if match["minute"]:
        minute = match["minute"]
        return f"{counted(whole)}点{'整' if minute == '00' else counted(minute.lstrip('0')) + '分'}"
    if match["bottom"]:
        return f"{counted(match['bottom'])}分之{counted(whole)}{behind}"
    if (behind == "年" and len(whole) == 4) or (
        not behind and len(whole) >= 7 and "," not in match[0]
    ):
        return minus + by_digit(whole) + behind
    words = "两" if whole == "2" and behind in TWO_BEFORE and behind else counted(whole)
    if match["decimals"]:
        words += "点" + by_digit(match["decimals"])
    if behind in ("%", "％") and behind:
        return f"{minus}百分之{words}"
    if behind in ("℃", "°C"):
        return f"{'零下' if minus else ''}{words}摄氏度"
    return minus + words + behind + MONEY.get(match["money"] or "", "")
