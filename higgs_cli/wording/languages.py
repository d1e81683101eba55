"""Languages: how well the model speaks each, and which one a text is written in."""

from __future__ import annotations

import re
from collections import Counter

from higgs_cli.errors import UsageError

LEVELS = {
    "en": "high",
    "zh": "high",
    "es": "medium",
    "fr": "medium",
    "ko": "medium",
    "de": "medium",
}
"""What the model was trained on enough to rely on; every other language is `low`."""

NAMES = {
    "en": "English",
    "zh": "Chinese",
    "es": "Spanish",
    "fr": "French",
    "ko": "Korean",
    "de": "German",
    "ja": "Japanese",
    "ru": "Russian",
    "it": "Italian",
    "pt": "Portuguese",
    "nl": "Dutch",
    "ar": "Arabic",
    "hi": "Hindi",
    "el": "Greek",
    "he": "Hebrew",
    "th": "Thai",
}
ALPHABETS = (
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("ko", re.compile(r"[\u1100-\u11ff\uac00-\ud7af]")),
    ("zh", re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
    ("ar", re.compile(r"[\u0600-\u06ff]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
    ("el", re.compile(r"[\u0370-\u03ff]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
)
ALPHABET_NAMES = {
    "ja": "Japanese", "ko": "Korean", "zh": "Chinese", "ru": "Cyrillic", "ar": "Arabic",
    "hi": "Devanagari", "el": "Greek", "he": "Hebrew", "th": "Thai",
}  # fmt: skip
COMMON_WORDS = {
    "en": "the and of to was that it he she you with for his her not had is",
    "es": "el los las que y una por con para del está pero como más su no se",
    "fr": "le les des et une est que pas pour dans il elle vous avec qui du ne",
    "de": "der die das und ist nicht ein eine ich sie er mit zu den auf sich war",
    "it": "il gli che e un una non per con della sono di si lo come più era",
    "pt": "o os que e um uma não para com por mais como do da em se ele",
    "nl": "de het een en van is niet dat ik zij hij met voor op was te zijn",
}


def language_of(text: str) -> str:
    """The language a text is most likely written in, by its letters and commonest words."""
    sample = text[:20_000]
    letters = sum(char.isalpha() for char in sample) or 1
    for language, alphabet in ALPHABETS:
        share = len(alphabet.findall(sample)) / letters
        if share > (0.05 if language == "ja" else 0.3):
            return language
    counts = Counter(re.findall(r"[^\W\d_]+", sample.lower()))
    scores = {
        language: sum(counts[word] for word in words.split())
        for language, words in COMMON_WORDS.items()
    }
    best = max(scores, key=lambda language: scores[language])
    # A few words prove nothing: another language must win clearly.
    return best if scores[best] >= 3 and scores[best] > 1.3 * scores["en"] else "en"


def checked_language(declared: str | None, text: str) -> str:
    """The base of the language that was declared, or else found: `en-GB` is `en`."""
    if declared is None:
        return language_of(text)
    base = re.split(r"[-_]", declared.strip().lower())[0]
    by_name = {name.lower(): code for code, name in NAMES.items()}
    base = by_name.get(base, base)
    if not re.fullmatch(r"[a-z]{2,3}", base):
        raise UsageError(f'"{declared}" is not a language', hint="use en, zh, es, fr, ko, de …")
    return base


def foreign_letters(text: str, language: str) -> dict[str, int]:
    """How many letters of alphabets other than the language's own, by their name."""
    found: Counter[str] = Counter()
    if text.isascii():
        return {}
    own = {"ja": ("ja", "zh"), "ko": ("ko", "zh")}.get(language, (language,))
    for each, alphabet in ALPHABETS:
        if each not in own and (count := len(alphabet.findall(text))):
            found[ALPHABET_NAMES[each]] += count
    return dict(found)


def region_of(declared: str | None) -> str:
    """The country of a declared language: `en-GB` is `GB`; without one, nothing."""
    parts = re.split(r"[-_]", (declared or "").strip())
    last = parts[-1].upper()
    return last if len(parts) > 1 and len(last) == 2 and last.isalpha() else ""


def language_warning(language: str, *, is_strict: bool) -> str | None:
    """What to say of a language; the ones that are spoken badly are refused when strict."""
    level = LEVELS.get(language, "low")
    name = NAMES.get(language, language)
    if level == "high":
        return None
    if level == "medium":
        return f"{name} is spoken less well than English or Chinese; listen to a sample first"
    message = f"{name} is not a language the model was trained to speak"
    if is_strict:
        known = ", ".join(LEVELS)
        raise UsageError(
            message, hint=f"it speaks {known}; without --strict-language it tries anyway"
        )
    return f"{message}, so expect wrong words"
