"""Pages of our own, for a book whose source has none: a page a chapter, its title, its paragraphs.

Who speaks is shown before their words where several do, and is not read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby

from higgs_cli.output.read_along.overlay import ACTIVE_CLASS
from higgs_cli.output.read_along.sentences import Sentence, ToldChapter
from higgs_cli.output.written_words import joined
from higgs_cli.plain_text import without_steering

BODY = "body"
STYLES = f"""body {{ margin: 1em; line-height: 1.5; }}
h1, h2 {{ line-height: 1.2; }}
p {{ margin: 0 0 0.6em; }}
.speaker {{ font-variant: small-caps; font-weight: bold; }}
.{ACTIVE_CLASS} {{ background-color: #ffe08a; color: #000; }}
"""


def chapter_page(chapter: ToldChapter, language: str, *, name_speakers: bool) -> bytes:
    """The page of a chapter; every sentence has its identity."""
    body = "".join(_paragraphs(chapter, name_speakers))
    return page(chapter.title, language, body)


def page(title: str, language: str, body: str) -> bytes:
    """An XHTML page in our styles."""
    spoken = escape(language, quote=True)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE html>\n'
        '<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" '
        f'lang="{spoken}" xml:lang="{spoken}"><head><title>{safe(title)}</title>'
        '<link rel="stylesheet" type="text/css" href="styles.css"/></head>\n'
        f'<body id="{BODY}">\n{body}</body></html>\n'
    ).encode()


def safe(text: str) -> str:
    """Text from anywhere, as XML can hold it."""
    return escape(without_steering(text))


def _paragraphs(chapter: ToldChapter, name_speakers: bool) -> Iterator[str]:
    """The title, where nobody says it, and all that is said."""
    parts = list(_parted(chapter.sentences))
    if chapter.title and not _says_title(parts[0], chapter.title):
        yield f"<h2>{safe(chapter.title)}</h2>\n"
    is_opening = True
    for part in parts:
        is_title = is_opening and (part[0].is_heading or _says_title(part, chapter.title))
        is_opening = is_title
        heading = "h2" if is_title else "h3" if part[0].is_heading else None
        yield _paragraph(part, heading, name_speakers)


def _parted(sentences: Sequence[Sentence]) -> Iterator[list[Sentence]]:
    held: list[Sentence] = []
    for sentence in sentences:
        if held and sentence.begins_paragraph:
            yield held
            held = []
        held.append(sentence)
    if held:
        yield held


def _says_title(part: Sequence[Sentence], title: str) -> bool:
    """Is a paragraph the title, or a heading that stands above it or for a part of it?"""
    said = _plain(" ".join(sentence.text for sentence in part))
    return part[0].is_heading or said == _plain(title)


def _paragraph(part: Sequence[Sentence], heading: str | None, name_speakers: bool) -> str:
    spans = " ".join(f'<span id="{each.identity}">{_words(each)}</span>' for each in part)
    if heading:
        return f"<{heading}>{spans}</{heading}>\n"
    speaker = safe(part[0].speaker)
    name = f'<span class="speaker">{speaker}</span>: ' if name_speakers else ""
    return f"<p>{name}{spans}</p>\n"


def _words(sentence: Sentence) -> str:
    """The words of a sentence, with what is stressed in italics."""
    if not sentence.stressed:
        return safe(sentence.text)
    found: list[str] = []
    numbered = enumerate(sentence.words)
    for is_stressed, group in groupby(numbered, lambda each: each[0] in sentence.stressed):
        words = [word.word for _, word in group]
        text = safe(joined(words))
        space = " " if found and words[0].is_spaced else ""
        found.append(space + (f"<em>{text}</em>" if is_stressed else text))
    return "".join(found)


def _plain(text: str) -> str:
    return "".join(each for each in text.casefold() if each.isalnum())
