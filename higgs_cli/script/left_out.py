"""What nobody reads aloud: licences, contents pages, indexes … found by what blocks say.

Readers of formats mark what the file itself calls so; these rules find the rest, alike for every
format. Each leaves out whole blocks for a named reason; none touches a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from higgs_cli.script.manuscript import Block, Facts, Manuscript
from higgs_cli.script.outer_pages import advertisements, rights
from higgs_cli.script.titles import bare_title, is_number_alone

START = re.compile(
    r"\*{3}\s*START OF TH(?:E|IS) PROJECT GUTENBERG|\*END\*? ?THE SMALL PRINT", re.IGNORECASE
)
END = re.compile(
    r"\*{3}\s*END OF TH(?:E|IS) PROJECT GUTENBERG|End of (?:the |this )?Project Gutenberg",
    re.IGNORECASE,
)
CREDITS = re.compile(
    r"(?:Produced|E-?text prepared|Transcribed|Digitized|Scanned|This e-?(?:text|book) was"
    r"|Etext produced|Updated editions?)\b",
    re.IGNORECASE,
)
CONTENTS = re.compile(
    r"(?:table of )?contents\.?|inhalt(?:sverzeichnis)?|table des matières|[ií]ndice"
    r"|(?:list of )?(?:illustrations|plates|figures|tables|maps)\.?",
    re.IGNORECASE,
)
OF_A_PICTURE = re.compile(
    r"\W*(?:fig(?:ure|s)?|plate|illustration|illus|photo(?:graph)?|picture|image|map|abb(?:ildung)?)"
    r"\b\.?\s*[\divxl]{0,8}\s*[.:–—-]",
    re.IGNORECASE,
)
PAGE = re.compile(r"(?:\d{1,4}|[ivxlc]{1,7})")
LEADERS = ("..", ". .", "  ", "\t", "…")
"""What stands between an entry of a contents page and its page."""
PAGE_HEAD = re.compile(r"(?:page|chap(?:ter)?)\.?(?: +page)?\.?", re.IGNORECASE)
SECTIONS = (
    ("index", re.compile(r"(?:general |subject )?index(?: of .{1,40})?\.?", re.IGNORECASE)),
    (
        "bibliography",
        re.compile(
            r"(?:select(?:ed)? )?bibliography|works cited|references|further reading"
            r"|literaturverzeichnis",
            re.IGNORECASE,
        ),
    ),
    ("note", re.compile(r"(?:end|foot)?notes?(?: to .{1,40})?\.?|anmerkungen", re.IGNORECASE)),
    (
        "transcriber",
        re.compile(r"transcriber[’']?s?[’']? (?:note|amendment)s?[.:]?", re.IGNORECASE),
    ),
    (
        "copyright",
        re.compile(r"copyright(?: page| notice)?|colophon|imprint|uncopyright", re.IGNORECASE),
    ),
    (
        "licence",
        re.compile(
            r"(?:the )?full project gutenberg licen[sc]e|section \d\. +general terms.*",
            re.IGNORECASE,
        ),
    ),
)
ERRATA = re.compile(
    r"errata\b.{0,40}\btranscrib.{0,30}|transcriber[’']?s errata.{0,30}", re.IGNORECASE
)
BACK_MATTER = {"index", "bibliography", "note"}
FACT = re.compile(r"^(Title|Author|Language): *(\S.*)$", re.MULTILINE)
LANGUAGES = {
    "english": "en",
    "german": "de",
    "french": "fr",
    "spanish": "es",
    "chinese": "zh",
    "italian": "it",
    "dutch": "nl",
    "portuguese": "pt",
    "korean": "ko",
    "finnish": "fi",
}
SHORT = 80


def with_left_out(manuscript: Manuscript) -> Manuscript:
    """The same with a reason at each block that nobody reads."""
    blocks = list(manuscript.blocks)
    texts = [manuscript.text(block) for block in blocks]
    for first, last, why in _found(blocks, texts):
        for index in range(first, last):
            if blocks[index].left_out is None:
                blocks[index] = replace(blocks[index], left_out=why)
    return replace(manuscript, blocks=tuple(blocks))


def is_framed(source: str) -> bool:
    """Does a text have the frame of Project Gutenberg around it?"""
    return START.search(source) is not None


def text_facts(source: str) -> Facts:
    """What the lines above a text of Project Gutenberg say of it."""
    start = START.search(source)
    above = source[: start.start()] if start else ""
    found = {match[1].lower(): " ".join(match[2].split()) for match in FACT.finditer(above)}
    return Facts(found.get("title"), found.get("author"), _language(found.get("language")))


def _language(name: str | None) -> str | None:
    return LANGUAGES.get(name.lower()) if name else None


def _found(blocks: Sequence[Block], texts: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    first, last = _body(texts)
    yield 0, first, "licence"
    yield last, len(blocks), "licence"
    if first and first < last:
        yield from _credits(texts, first)
    yield from _contents(blocks, texts, first, last)
    yield from _captions(blocks, texts)
    yield from _sections(blocks, texts, first, last)
    yield from rights(blocks, texts, first, last)
    yield from advertisements(blocks, texts, first, last)


def _body(texts: Sequence[str]) -> tuple[int, int]:
    """The blocks between the lines that Project Gutenberg draws around a text."""
    first, last = 0, len(texts)
    for index, text in enumerate(texts):
        if START.search(text) and index < len(texts) // 2 + 1:
            first = index + 1
        elif END.search(text) and index > first and index > len(texts) // 2:
            return first, index
    return first, last


def _credits(texts: Sequence[str], first: int) -> Iterator[tuple[int, int, str]]:
    for index in range(first, min(first + 4, len(texts))):
        if CREDITS.match(texts[index].lstrip("_ ")):
            yield index, index + 1, "transcriber"


def _contents(
    blocks: Sequence[Block], texts: Sequence[str], first: int, last: int
) -> Iterator[tuple[int, int, str]]:
    """A heading `Contents` and the lines below it that are entries: they come again later."""
    later = _last_occurrences(blocks, texts)
    index = first
    while index < last:
        if not CONTENTS.fullmatch(texts[index].strip(" _*.")) or blocks[index].left_out:
            index += 1
            continue
        end = index + 1
        while end < last and _is_entry(blocks[end], texts[end], end, later):
            end += 1
        if end > index + 1:
            yield index, end, "contents"
        index = end


def _captions(blocks: Sequence[Block], texts: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """`Fig. 3. The harbour`, of a picture that is not seen; a table has one too, and is read."""
    for index, (block, text) in enumerate(zip(blocks, texts, strict=True)):
        if block.kind == "caption" and OF_A_PICTURE.match(text):
            yield index, index + 1, "illustration"


def _last_occurrences(blocks: Sequence[Block], texts: Sequence[str]) -> dict[str, int]:
    """Where each heading, and each line of it, stands for the last time."""
    return {
        bare_title(title): index
        for index, (block, text) in enumerate(zip(blocks, texts, strict=True))
        if block.kind == "heading"
        for title in {text, *text.split("\n")}
    }


def _is_entry(block: Block, text: str, index: int, later: dict[str, int]) -> bool:
    if block.kind == "break":
        return False
    if block.kind == "heading":
        return later.get(bare_title(text), -1) > index
    lines = [line for line in text.split("\n") if line.strip()]
    if block.kind == "row" or all(_is_paged(line) for line in lines):
        return True
    listed = sum(_is_listed(line, index, later) for line in lines)
    return listed * 2 >= len(lines) or (block.kind == "item" and len(text) < SHORT)


def _is_listed(line: str, index: int, later: dict[str, int]) -> bool:
    if len(line) > SHORT * 2:
        return False
    title, _, last = line.strip().rpartition(" ")
    if _is_paged(line) or is_number_alone(line.strip()) or _comes_again(line, index, later):
        return True
    return PAGE.fullmatch(last.lower()) is not None and _comes_again(title, index, later)


def _comes_again(title: str, index: int, later: dict[str, int]) -> bool:
    plain = bare_title(title)
    return any(later.get(each, -1) > index for each in (plain, *_parts(plain)))


def _is_paged(line: str) -> bool:
    """Does a line end in leaders and the number of a page, or head such numbers?"""
    words = line.split()
    if not words or PAGE_HEAD.fullmatch(line.strip()):
        return bool(words)
    before = line.rstrip()[: -len(words[-1])].rstrip(" ")
    gap = line.rstrip()[len(before) : -len(words[-1])]
    is_led = before.endswith(LEADERS) or len(gap) > 1
    return PAGE.fullmatch(words[-1].lower()) is not None and is_led


def _parts(plain: str) -> Iterator[str]:
    """`i the letter` may be listed as one and stand as two: `i`, and `the letter`."""
    words = plain.split()
    for cut in (1, 2):
        if len(words) > cut:
            yield " ".join(words[:cut])
            yield " ".join(words[cut:])


def _sections(
    blocks: Sequence[Block], texts: Sequence[str], first: int, last: int
) -> Iterator[tuple[int, int, str]]:
    """From a heading such as `Index` to the next of its rank; back matter only near the end."""
    length = sum(map(len, texts)) or 1
    before = 0
    for index, (block, text) in enumerate(zip(blocks, texts, strict=True)):
        before += len(text)
        if not first <= index < last or len(text) > SHORT or block.left_out:
            continue
        why = _section(block, text)
        is_behind = why in BACK_MATTER or block.kind != "heading"
        if why is None or (is_behind and before < length * 0.6):
            continue
        yield index, _section_end(blocks, index, last), why


def _section(block: Block, text: str) -> str | None:
    words = text.strip(" _*[]\n")
    if block.kind != "heading":
        return "transcriber" if ERRATA.fullmatch(words) else None
    return next((why for why, pattern in SECTIONS if pattern.fullmatch(words)), None)


def _section_end(blocks: Sequence[Block], index: int, last: int) -> int:
    for end in range(index + 1, last):
        if blocks[end].kind == "heading" and blocks[end].level <= blocks[index].level:
            return end
    return last
