"""Chinese figures as they are said: years digit by digit, the clock, money, units, ranges."""

from __future__ import annotations

import re

from higgs_cli.script.source_text import SourceText
from higgs_cli.wording.others.chinese_numbers import by_digit, counted

UNITS = {
    "km/h": "公里每小时", "km²": "平方公里", "km2": "平方公里", "m²": "平方米", "㎡": "平方米",
    "m³": "立方米", "km": "公里", "cm": "厘米", "mm": "毫米", "m": "米", "kg": "公斤",
    "mg": "毫克", "g": "克", "ml": "毫升", "mL": "毫升", "L": "升", "l": "升", "t": "吨",
    "kW": "千瓦", "W": "瓦", "V": "伏", "℃": "摄氏度", "°C": "摄氏度", "℉": "华氏度",
    "°F": "华氏度", "°": "度", "km/s": "公里每秒", "m/s": "米每秒",
}  # fmt: skip
DEGREES = frozenset(("℃", "°C", "℉", "°F"))
MONEY = {"¥": "元", "￥": "元", "$": "美元", "€": "欧元", "£": "英镑"}
COUNTERS = "个名位只条本张天岁次件头家杯座层点种块辆匹间朵棵颗片双对套份倍米斤瓶封幅顶艘匙场"
"""Words that count: two before them is 两."""
LONG_COUNTERS = ("小时", "分钟", "公里", "公斤", "千", "万", "亿", "百万", "平方")
_UNITS = "|".join(re.escape(unit) for unit in sorted(UNITS, key=len, reverse=True))
_WHOLE = r"(?:\d{1,3}(?:,\d{3})++|\d++)"
NUMBER = re.compile(
    rf"(?P<minus>(?<![A-Za-z0-9-])[-−])?(?P<money>[¥￥$€£])?(?<![\d.])(?P<whole>{_WHOLE})"
    rf"(?:\.(?P<decimals>\d++)|/(?P<bottom>\d++)"
    rf"|[:：](?P<minute>[0-5]\d)(?![\d:：])|[:：](?P<score>\d++)(?![\d:：])"
    rf"|[-–—~～](?P<last>{_WHOLE}(?:\.\d++)?)(?![-–—~～\d]))?"
    rf"(?P<behind>[%％]|年(?!级)|(?:{_UNITS})(?![A-Za-z/]))?(?![\w.]{0, 64}@)"
)
AFTER_YEARS = ("前", "后", "以", "来", "多", "内", "时间", "了")
YEARS = ("公元前", "西元前", "公元")
TELEPHONES = ("电话", "手机", "号码", "传真", "编号")
MOBILE = re.compile(r"1\d{10}")


def written_out(text: SourceText) -> SourceText:
    """The text with its figures in words."""
    return text.replace(NUMBER, _spoken, "expansion")


def _spoken(match: re.Match[str]) -> str:
    minus = "负" if match["minus"] else ""
    if match["behind"] in DEGREES and minus:
        minus = "零下"
    behind = match["behind"] or ""
    end = MONEY.get(match["money"] or "", "") or UNITS.get(behind, behind)
    if behind and behind in "%％":
        return f"{minus}百分之{_value(match)}"
    return f"{minus}{_value(match)}{end}"


def _value(match: re.Match[str]) -> str:
    """The number without what stands around it."""
    whole = match["whole"].replace(",", "")
    for part, read in (
        ("minute", _clock),
        ("bottom", _fraction),
        ("score", _score),
        ("last", _range),
    ):
        if match[part]:
            return read(match, whole)
    if _is_by_digit(match, whole):
        return by_digit(whole)
    if match["decimals"]:
        return f"{counted(whole)}点{by_digit(match['decimals'])}"
    return "两" if whole == "2" and _counts(match) else counted(whole)


def _clock(match: re.Match[str], hour: str) -> str:
    minute = match["minute"]
    if minute == "00":
        return f"{counted(hour)}点整"
    return f"{counted(hour)}点{'零' * (minute[0] == '0')}{counted(minute.lstrip('0'))}分"


def _fraction(match: re.Match[str], top: str) -> str:
    return f"{counted(match['bottom'])}分之{counted(top)}"


def _score(match: re.Match[str], first: str) -> str:
    return f"{counted(first)}比{counted(match['score'])}"


def _range(match: re.Match[str], first: str) -> str:
    """`10～15`, `1999-2001年`; what begins with zero is a telephone number."""
    last = match["last"].replace(",", "")
    if first[0] == "0":
        return by_digit(first + last.replace(".", ""))
    if match["behind"] == "年" and len(first) == 4:
        return f"{by_digit(first)}至{by_digit(last)}"
    whole, _, decimals = last.partition(".")
    return f"{counted(first)}至{counted(whole)}{'点' + by_digit(decimals) if decimals else ''}"


def _is_by_digit(match: re.Match[str], whole: str) -> bool:
    """Years, telephone numbers, and years that are a title."""
    if match["decimals"] or "," in match[0]:
        return False
    text, end = match.string, match.end()
    is_year = match["behind"] == "年" and (len(whole) == 4 or _is_behind(match, *YEARS))
    is_title = len(whole) == 4 and _is_behind(match, "《") and text.startswith("》", end)
    is_number = len(whole) > 4 and _is_behind(match, *TELEPHONES)
    return is_year or is_title or is_number or MOBILE.fullmatch(whole) is not None


def _is_behind(match: re.Match[str], *words: str) -> bool:
    """Does it stand right behind one of these?"""
    return match.string.endswith(words, 0, match.start())


def _counts(match: re.Match[str]) -> bool:
    """Does a word that counts follow, and no place of a row?"""
    if _is_behind(match, "第"):
        return False
    behind, text, end = match["behind"], match.string, match.end()
    if behind == "年":
        return text.startswith(AFTER_YEARS, end)
    if behind:
        return behind not in DEGREES
    return text.startswith((*COUNTERS, *LONG_COUNTERS), end)
