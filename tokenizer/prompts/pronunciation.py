"""How words sound, for checkpoints that declare that they read sounds instead of letters.

A checkpoint does so by a `text_frontend.json` beside its weights; one without never comes here.
Known words come from its dictionary, others from letter rules learned from that dictionary. Sounds
are written as single characters of Unicode's private use area, which no script contains and which
the checkpoint's `tokenizer.json` lists one by one.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

from tokenizer.errors import TextError
from tokenizer.files.json_file import MOST_BYTES, read_json, read_plain
from tokenizer.prompts.number_words import with_numbers_spoken

FRONT_END_FILE = "text_frontend.json"
FORMAT, VERSION = "pronunciation", 1

# Letters seen to the left and right, widest first; the rules hold what differs from narrower ones.
WINDOWS = ((3, 3), (2, 3), (2, 2), (1, 2), (1, 1), (0, 1), (0, 0))

_KEPT = re.compile(r"(\[SPEAKER\d+\])")
_TOKEN = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*'?|[.,!?;:]")
_PUNCTUATION = ".,!?;:"
_REWRITES = str.maketrans(
    {"’": "'", "‘": "'", "—": ",", "–": ",", "…": ".",
     "&": " and ", "%": " percent ", "$": " dollars ",
     "é": "e", "è": "e", "ê": "e", "à": "a", "ç": "c", "ï": "i", "ö": "o", "ü": "u", "ñ": "n",
     "æ": "ae", "œ": "oe"}
)  # fmt: skip


class PronunciationFrontEnd:
    """Spells text as sounds."""

    def __init__(
        self,
        words: Mapping[str, str],
        rules: Mapping[str, str],
        symbols: Mapping[str, str],
        *,
        has_sounds: bool = True,
    ) -> None:
        self.has_sounds = has_sounds
        self._words = words
        self._rules = rules
        self._symbols = symbols

    @classmethod
    def from_folder(cls, folder: str | Path) -> PronunciationFrontEnd:
        """Read what the checkpoint in `folder` declares."""
        folder = Path(folder)
        declared = folder / FRONT_END_FILE
        try:
            values = read_json(declared)
            if (values["format"], values["version"]) != (FORMAT, VERSION):
                raise TextError(f"{declared}: not a front end of format {FORMAT} {VERSION}")
            words = _read_table(folder, values["dictionary"])
            rules = _read_table(folder, values["rules"])
            has_sounds = values.get("sounds", True) is not False
            return cls(words, rules, _text_table(values["symbols"]), has_sounds=has_sounds)
        except (OSError, ValueError, KeyError, TypeError, EOFError, zlib.error) as error:
            raise TextError(f"{declared}: cannot be read ({error!r})") from error

    def spell(self, text: str) -> str:
        """Sounds of the words, a space between words; punctuation and `[SPEAKERn]` tags stay."""
        parts = _KEPT.split(text)
        return "".join(
            part if index % 2 else self._spell_plain(part) for index, part in enumerate(parts)
        )

    def pronounce(self, word: str) -> str:
        """The sounds of one lower-case word."""
        known = self._words.get(word)
        if known is not None:
            return known
        if word.endswith("'s") and word[:-2]:
            return self._with_s(self.pronounce(word[:-2]))
        plain = word.replace("'", "")
        return self._words.get(plain) or self._by_rules(plain)

    def _spell_plain(self, text: str) -> str:
        simple = with_numbers_spoken(text.translate(_REWRITES).replace("-", " "))
        spelled = ""
        for token in _TOKEN.findall(simple):
            if token in _PUNCTUATION:
                # One mark at a time: "?!" and "..." say no more than their first.
                spelled = spelled if spelled[-1:] in _PUNCTUATION else spelled + token
            else:
                spelled += (" " if spelled else "") + self._spell_word(token)
        return spelled

    def _spell_word(self, token: str) -> str:
        word = token.lower().rstrip("'")
        if token.isupper() and len(token) > 1 and word not in self._words:
            return " ".join(self.pronounce(letter) for letter in word if letter.isalpha())
        return self.pronounce(word)

    def _by_rules(self, word: str) -> str:
        padded = f"###{word}###"
        sounds = (self._letter(padded, index + 3) for index in range(len(word)))
        return "".join(sounds)

    def _letter(self, padded: str, index: int) -> str:
        for left, right in WINDOWS:
            sound = self._rules.get(context(padded, index, left, right))
            if sound is not None:
                return sound
        return ""

    def _with_s(self, sounds: str) -> str:
        """A possessive: hisses get a vowel, voiceless sounds an s, the others a z."""
        names = {symbol: name for name, symbol in self._symbols.items()}
        last = names.get(sounds[-1:], "")
        if last in ("s", "z", "sh", "zh", "ch", "jh"):
            return sounds + self._symbols["ax0"] + self._symbols["z"]
        return sounds + self._symbols["s" if last in ("p", "t", "k", "f", "th") else "z"]


def context(padded: str, index: int, left: int, right: int) -> str:
    """The key of a letter between its neighbours, as the rules are stored."""
    return f"{padded[index - left : index]}|{padded[index]}|{padded[index + 1 : index + 1 + right]}"


def _read_table(folder: Path, name: str) -> dict[str, str]:
    """`key<TAB>value` lines, gzipped; the file must lie in the folder itself."""
    if Path(name).name != name:
        raise TextError(f"{folder / FRONT_END_FILE}: {name!r} is not a file name")
    with gzip.open(BytesIO(read_plain(folder / name))) as table:
        data = table.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise ValueError(f"{name} unpacks to more than {MOST_BYTES >> 20} MiB")
    return dict(line.split("\t") for line in data.decode("utf-8").splitlines())


def _text_table(values: object) -> dict[str, str]:
    if not isinstance(values, dict) or not all(isinstance(each, str) for each in values.values()):
        raise TypeError("symbols is not a table of texts")
    return values
