"""Numbers of other languages: from num2words (extra `text`), and what it lacks."""

from __future__ import annotations

MOST_FIGURES = 15
KOREAN_ONES = ("", "한", "두", "세", "네", "다섯", "여섯", "일곱", "여덟", "아홉")
KOREAN_TENS = ("", "열", "스물", "서른", "마흔", "쉰", "예순", "일흔", "여든", "아흔")


def cardinal(number: int | str, language: str) -> str:
    """A number counted out; a very long one, or one that begins with zero, digit by digit."""
    from num2words import num2words

    written = str(number)
    if len(written) > MOST_FIGURES or (len(written) > 1 and written[0] == "0"):
        return digits(written, language)
    return str(num2words(int(written), lang=language)).replace("\u00ad", "")


def digits(written: str, language: str, *, zero: str = "", between: str = " ") -> str:
    """Each figure by itself."""
    from num2words import num2words

    named = (zero if zero and figure == "0" else num2words(int(figure), lang=language)
             for figure in written)  # fmt: skip
    return between.join(map(str, named))


def ordinal(number: int, language: str, *, is_feminine: bool = False) -> str:
    """The number of a place."""
    from num2words import num2words

    words = str(num2words(number, lang=language, to="ordinal"))
    if is_feminine and language == "fr":
        return "première" if number == 1 else words
    return words[:-1] + "a" if is_feminine and words.endswith("o") else words


def short_ordinal(number: int, language: str) -> str:
    """Before a masculine noun: Spanish `primer`, `tercer`."""
    words = ordinal(number, language)
    return words[:-1] if language == "es" and words.endswith(("primero", "tercero")) else words


def year(number: int, language: str) -> str:
    """German counts years in hundreds, and nothing of a French one is a plural."""
    from num2words import num2words

    if language == "de":
        return str(num2words(number, lang="de", to="year"))
    words = cardinal(number, language)
    return words[:-1] if language == "fr" and words.endswith(("cents", "vingts")) else words


def native_korean(number: int) -> str:
    """Hours and things are counted so: `일곱`, `스무`."""
    if number == 20:
        return "스무"
    return KOREAN_TENS[number // 10] + KOREAN_ONES[number % 10] if 0 < number < 100 else "영"
