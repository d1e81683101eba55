"""Pages of our own, for a book whose source has none: a page a chapter, its title, its paragraphs.

Who speaks is shown before their words where several do, and is not read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from higgs_cli.output.read_along.overlay import ACTIVE_CLASS
from higgs_cli.output.read_along.sentences import Sentence, ToldChapter
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
    held: list[Sentence] = []
    for sentence in chapter.sentences:
        if held and sentence.begins_paragraph:
            yield _paragraph(held, chapter, name_speakers)
            held = []
        held.append(sentence)
    if held:
        yield _paragraph(held, chapter, name_speakers)


def _paragraph(sentences: Sequence[Sentence], chapter: ToldChapter, name_speakers: bool) -> str:
    spans = " ".join(
        f'<span id="{sentence.identity}">{safe(sentence.text)}</span>' for sentence in sentences
    )
    said = " ".join(sentence.text for sentence in sentences)
    if sentences[0] is chapter.sentences[0] and _plain(said) == _plain(chapter.title):
        return f"<h2>{spans}</h2>\n"
    speaker = safe(sentences[0].speaker)
    name = f'<span class="speaker">{speaker}</span>: ' if name_speakers else ""
    return f"<p>{name}{spans}</p>\n"


def _plain(text: str) -> str:
    return "".join(each for each in text.casefold() if each.isalnum())
