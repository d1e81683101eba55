"""What Korean writes in figures: the table, and what is counted with numbers of its own."""

from __future__ import annotations

from higgs_cli.wording.others.table import LanguageTable

NATIVE_COUNTERS = (
    "시간", "시", "마리", "명", "살", "번째", "번", "잔", "권", "사람", "그루", "켤레", "송이",
    "가지", "군데", "달", "병", "줄", "쌍", "자루", "포기", "접시", "그릇", "방울", "조각",
    "바퀴", "걸음", "마디", "곳", "통", "장",
)  # fmt: skip
SHORT_COUNTERS = ("개", "대", "채", "벌", "배", "알", "척", "필")
"""These begin other words too: only particles may stand behind them."""
PARTICLES = (
    "", "가", "이", "를", "을", "는", "은", "의", "로", "으로", "와", "과", "도", "에", "만",
    "씩", "나", "쯤", "였다", "이다", "이었다", "입니다",
)  # fmt: skip
ORDINAL_PREFIX = "제"
"""Tight before a number of its place, which is never counted natively."""
MONTHS = {6: "유", 10: "시"}
"""Two months are said otherwise than their numbers."""
ZERO = "공"
"""Of telephone numbers."""
BELOW_ZERO = "영하"

KOREAN = LanguageTable(
    language="ko", decimal=".", point="점", percent="퍼센트", minus="마이너스", to="에서",
    ratio="대",
    currencies={"₩": ("원", "원"), "$": ("달러", "달러"), "€": ("유로", "유로"),
                "£": ("파운드", "파운드"), "¥": ("엔", "엔")},
    units={"km": ("킬로미터", "킬로미터"), "m": ("미터", "미터"), "cm": ("센티미터", "센티미터"),
           "mm": ("밀리미터", "밀리미터"), "kg": ("킬로그램", "킬로그램"), "g": ("그램", "그램"),
           "l": ("리터", "리터"), "ml": ("밀리리터", "밀리리터"), "m²": ("제곱미터", "제곱미터"),
           "㎡": ("제곱미터", "제곱미터"), "km/h": ("킬로미터", "킬로미터"), "℃": ("도", "도"),
           "°C": ("도", "도"), "°": ("도", "도")},
    abbreviations={"&": "그리고"},
    clock="{hour}시 {minute}분", full_hour="{hour}시",
)  # fmt: skip
