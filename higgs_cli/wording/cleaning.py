"""From what is written to what the model is given: sounds, lexicon, figures, punctuation, space.

`spoken_words` settles the words of a turn; sentences are found in its result, while the writer's
quotes still show where speech begins and ends; `model_text` then dresses each chunk for the model.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from higgs_cli.errors import ScriptError, SourceSpot
from higgs_cli.script.paragraphs import WIDE
from higgs_cli.script.sound_tags import SOUND_MARKS, nearest_sounds, sound_name, unclosed_tag
from higgs_cli.script.source_text import Piece, SourceText, joined
from higgs_cli.wording.lexicon import Lexicon
from higgs_cli.wording.marks import without_marks
from higgs_cli.wording.reading import Manner

ESCAPED = re.compile(r"\\[\[\]【】［］*_#\\]")
TAG = re.compile(r"(?<!\\)[\[【［]([^\[\]【】［］\n]{1,80}?)(?<!\\)[\]】］]")
UNCLOSED = re.compile(r"\s*+([\[【［]\s*+[^\W\d_][^\s\[\]【】［］]*+)")
STRAY_BRACKET = re.compile(r"(?<!\\)[\[\]【】［］]")
INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\ufffc\ufffd]")
CONTROL = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ue000-\uf8ff]")
BLANK = re.compile(r"\s{2,}|[^\S ]")
SPACE_BEFORE_MARK = re.compile(r"(?<! ) ++(?=[,.;:!?](?:[\s\"']|$))")
PARENTHESIS = re.compile(r"(?:(?<=\w)\s)?[(（]|[)）]")
LONGEST_ASIDE = 400
MIDDLE_DOT = re.compile(r"(?<=\w)[·・‧](?=\w)")
DASHES = re.compile(r" ?(?:[—―]+|(?<= )–+(?= )|(?<=\w)--+(?=\w)|(?<= )--+(?= )) ?")
FRENCH_QUOTES = re.compile(r"(?<![^\s(—–-])«\s++|(?<!\s)\s++»(?![^\s.,;:!?…)])")
"""Guillemets with space inside; German ones point the other way."""
DEGREE_NAMES = {"zh": {"C": "摄氏度", "F": "华氏度"}}
DEGREES = re.compile(r"°\s?([CF])\b")

PUNCTUATION = {
    "，": ", ",
    "。": ".",
    "：": ":",
    "；": ";",
    "？": "?",
    "！": "!",
    "《": "<",
    "》": ">",
    "“": '"',
    "”": '"',
    "„": '"',
    "«": '"',
    "»": '"',
    "‘": "'",
    "’": "'",
    "‚": "'",
    "「": '"',
    "」": '"',
    "『": '"',
    "』": '"',
    "、": ", ",
    "…": "...",
    "‥": "...",
    "·": ".",
    "・": " ",
    "–": "-",
    "‑": "-",
    "−": "-",
    "％": "%",
    "～": "-",
}
"""Full-width and typographic marks, as the model knows them."""

MARKS = re.compile("[" + re.escape("".join(PUNCTUATION)) + "]")
FULL_WIDTH = re.compile(r"[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a]")

CLOSINGS = (".", "!", "?", ",", ";", '"', "'", "</SE_e>", "</SE_s>", "</SE>")
PLAIN = re.compile(r"[\w.,;:!?\"'-]++(?: [\w\"'-][\w.,;:!?\"'-]*+)*+", re.ASCII)
"""Words that are dressed already (but for `--`): most chunks of a plain text."""
ENDED = re.compile(r"[.!?,;:…。！？；，、：—>-][\"'”’»」』）)]*$")
TRAILING = re.compile(r"(?<![\s:-])[\s:-]+$")

Spot = Callable[[int, int], SourceSpot]


@dataclass(frozen=True)
class Cleaning:
    """How a text is prepared."""

    language: str = "en"
    region: str = ""
    """GB, US …: what a language says differently in its countries."""
    expands: bool = True
    """Are figures and abbreviations written out?"""
    brackets_are_text: bool = False
    lexicon: Lexicon = field(default_factory=Lexicon)


def spoken_words(
    text: SourceText,
    cleaning: Cleaning,
    spot: Spot,
    *,
    is_heading: bool = False,
    is_letter: bool = False,
    speaker: str | None = None,
) -> SourceText:
    """The words that will be said; punctuation is still the writer's. `spot` places a mistake."""
    text = _sounds(text, cleaning, spot)
    text = text.replace(ESCAPED, _unescaped, "space")
    text = text.replace(INVISIBLE, lambda match: "", "space")
    text = without_marks(text)
    text = cleaning.lexicon.applied(text, speaker)
    if cleaning.expands:
        text = _written_out(text, cleaning, Manner(cleaning.region, is_heading, is_letter))
    names = DEGREE_NAMES.get(cleaning.language, {})
    text = text.replace(DEGREES, lambda match: names.get(match[1]), "expansion")
    return text.stripped()


def _written_out(text: SourceText, cleaning: Cleaning, manner: Manner) -> SourceText:
    """Figures and abbreviations as the language says them; English for those without a grammar."""
    if cleaning.language == "zh":
        from higgs_cli.wording.others import chinese

        return chinese.written_out(text)
    from higgs_cli.wording.others import grammar as others

    if others.can_write_out(cleaning.language):
        return others.written_out(text, cleaning.language)
    if cleaning.language in others.TABLES:
        return text
    from higgs_cli.wording.english.grammar import written_out

    return written_out(text, manner)


def model_text(text: SourceText, *, goes_on: bool = False) -> SourceText:
    """The same words with the punctuation that the model knows, and a mark at the end.

    A sentence that `goes_on` in the next chunk gets no mark that its writer did not set.
    """
    if "--" in text.text or not PLAIN.fullmatch(text.text):
        text = _dressed(text)
    return text.stripped() if goes_on else _closed(text.stripped())


def _dressed(text: SourceText) -> SourceText:
    """Its blanks, dashes, marks and brackets as the model knows them."""
    text = text.replace(BLANK, lambda match: " ", "space")
    text = text.replace(DASHES, lambda match: " - ", "punctuation")
    text = text.replace(FRENCH_QUOTES, lambda match: match[0].strip(), "punctuation")
    text = text.replace(MIDDLE_DOT, lambda match: " ", "punctuation")
    text = text.replace(MARKS, lambda match: PUNCTUATION[match[0]], "punctuation")
    text = text.replace(FULL_WIDTH, lambda match: chr(ord(match[0]) - 0xFEE0), "punctuation")
    text = text.replace(PARENTHESIS, _parenthesis, "parenthesis")
    text = text.replace(CONTROL, lambda match: " ", "space")
    text = text.replace(BLANK, lambda match: " ", "space")
    return text.replace(SPACE_BEFORE_MARK, lambda match: "", "space")


def _parenthesis(match: re.Match[str]) -> str:
    """A short rest before and behind what is said aside, `so (he said) it was`; else nothing."""
    text, at = match.string, match.end() - 1
    if text[at] in "(（":
        end = _nearest(text, at + 1, 1)
        is_aside = end is not None and _is_aside(text, at, end)
        return ", " if is_aside else " " * len(match[0])
    start = _nearest(text, at - 1, -1)
    is_aside = start is not None and _is_aside(text, start, at)
    goes_on = text[at - 1].isalnum() and text[at + 1 : at + 2].isspace()
    return ", " if is_aside and goes_on else " "


def _nearest(text: str, at: int, step: int) -> int | None:
    """The next bracket, if it is the other one."""
    for _ in range(LONGEST_ASIDE):
        if not 0 <= at < len(text) or text[at] in ("(（" if step > 0 else ")）"):
            return None
        if text[at] in "()（）":
            return at
        at += step
    return None


def _is_aside(text: str, start: int, end: int) -> bool:
    """Is it of two words at least, behind a word and a space, and not run into what follows?"""
    before, behind = text[max(start - 2, 0) : start], text[end + 1 : end + 2]
    is_behind_a_word = len(before) == 2 and before[0].isalnum() and before[1].isspace()
    has_words = len(text[start + 1 : end].split(maxsplit=1)) > 1
    return is_behind_a_word and has_words and not behind.isalnum()


def as_one(parts: Sequence[SourceText], *, is_cut: bool = False) -> SourceText:
    """Turns that are said in one go, each ended by a mark so that they do not run together.

    Parts of one sentence that was cut (`is_cut`) get none.
    """
    whole = SourceText()
    for part in parts:
        if not whole:
            whole = part
            continue
        is_wide = WIDE.match(whole.text[-1]) is not None
        if not is_cut and not ENDED.search(whole.text):
            mark = Piece("。" if is_wide else ".", whole.end, whole.end, "closing")
            whole += SourceText((mark,))
        is_tight = is_wide and WIDE.match(part.text[0])
        whole = joined([whole, part], "" if is_tight else " ")
    return whole


def _unescaped(match: re.Match[str]) -> str:
    return "" if match[0][1] in "[]【】［］" else match[0][1]


def _sounds(text: SourceText, cleaning: Cleaning, spot: Spot) -> SourceText:
    def mark(match: re.Match[str]) -> str | None:
        name = sound_name(match[1])
        if name is not None:
            return SOUND_MARKS[name]
        if cleaning.brackets_are_text:
            return None
        raise _unknown_tag(match[1], spot(*text.span(*match.span())))

    text = text.replace(TAG, mark, "sound")
    if not cleaning.brackets_are_text and (unclosed := UNCLOSED.match(text.text)):
        raise unclosed_tag(unclosed[1], spot(*text.span(*unclosed.span(1))))
    return text.replace(STRAY_BRACKET, lambda match: " ", "parenthesis")


def _unknown_tag(written: str, spot: SourceSpot) -> ScriptError:
    near = nearest_sounds(written, likeness=0.4)
    meant = f"did you mean [{near[0]}]? " if near else ""
    known = ", ".join(f"[{name}]" for name in SOUND_MARKS)
    speaker = f'"--cast {written}=VOICE" makes it a speaker; ' if not spot.start else ""
    return ScriptError(
        f'"[{written}]" is not a sound the model knows',
        spot=spot,
        hint=f"{meant}{speaker}--brackets text reads brackets as text; the sounds are {known}",
    )


def _closed(text: SourceText) -> SourceText:
    """The text with a mark at its end, where it has none: a full stop, or a comma for a colon."""
    written = text.text
    if not written or written.endswith(CLOSINGS):
        return text
    if written[-1] in ":-":
        return text.replace(TRAILING, lambda match: ",", "closing")
    return text + SourceText((Piece(".", text.end, text.end, "closing"),))


def has_words(text: str) -> bool:
    """Is there anything to say: a letter, a figure or a sound?"""
    return re.search(r"\w", text) is not None
