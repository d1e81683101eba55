"""What is said: sentences of plain prose, by kind, those for judging kept apart from those for training."""

import gzip
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

HELD_OUT_COUNT = 104
SHARED_WORDS, MOST_HELD_OUT_WORDS = 4, 24
LEAST_COUNT = 12
LEAST_WORDS, MOST_WORDS = 1, 32
# How often each kind is drawn; what is left is plain prose.
KINDS = {"short": 0.16, "question": 0.12, "exclamation": 0.05, "dialogue": 0.2, "long": 0.2}
HELD_OUT_KINDS = {
    "short": 0.1,
    "question": 0.15,
    "exclamation": 0.05,
    "dialogue": 0.25,
    "long": 0.1,
}
PAIR_SHARE = 0.15
_SPOKEN = re.compile(r"\b(?:I|I'm|I've|I'll|you|your|my|me|don't|we|us)\b", re.IGNORECASE)
_PLAIN = re.compile(r"[A-Z][A-Za-z ,;:'.!?-]*[.!?]")
# Single quotation marks, two marks in a row, capitals in a row, letters alone, titles that end a sentence which does not end.
_UNREADABLE = re.compile(
    r"(?<![A-Za-z])'|'(?![A-Za-z])|[.,!?;:] ?[.,!?;:]|\b(?:[A-Z]{2,}|[B-HJ-NP-Z]\b|(?:Mrs?|Dr|St|Wm|Bart|Esq|Capt|Col)\.)"
)
_SENTENCE_END = re.compile(r"(?<=[.!?]) +(?=[A-Z])")
_WORDS = re.compile(r"[a-z]+(?:'[a-z]+)*")


def read_sentences(source: Path) -> list[str]:
    """Each sentence once, in order: of a text, a `.gz` of one, or all texts of a folder; a line break parts sentences
    only where a paragraph ends or each line is a sentence."""
    paths = sorted(source.rglob("*.txt*")) if source.is_dir() else [source]
    found: dict[str, None] = {}
    for path in paths:
        for paragraph in _paragraphs(_text(path)):
            found |= dict.fromkeys(_SENTENCE_END.split(paragraph))
    return list(found)


def usable(sentences: Iterable[str], knows: Callable[[str], bool]) -> list[str]:
    """Plain sentences of words that the front end's dictionary has: nothing guessed, nothing in capitals."""
    return [
        sentence
        for sentence in sentences
        if _PLAIN.fullmatch(sentence)
        and LEAST_WORDS <= len(words(sentence)) <= MOST_WORDS
        and not _UNREADABLE.search(sentence)
        and all(knows(word) for word in words(sentence))
    ]


def words(sentence: str) -> list[str]:
    """The lower-case words of a sentence; hyphens part words."""
    return _WORDS.findall(sentence.lower())


def kind(sentence: str) -> str:
    """One of KINDS, or `prose`."""
    count = len(words(sentence))
    if sentence.endswith("?"):
        return "question"
    if sentence.endswith("!"):
        return "exclamation"
    if count <= 5:
        return "short"
    if count >= 19:
        return "long"
    return "dialogue" if _SPOKEN.search(sentence) else "prose"


def divided(sentences: list[str], seed: int) -> tuple[list[str], list[str]]:
    """Those for judging, and all others.

    A sentence for judging has no rare word and no name (a recogniser would guess its spelling), and none of its
    runs of SHARED_WORDS words is said in any other sentence.
    """
    source = random.Random(f"{seed}/held out")
    counts = Counter(word for sentence in sentences for word in _WORDS.findall(sentence))
    common = {word for word, count in counts.items() if count >= LEAST_COUNT} | {"i", "i'm", "i'll"}
    runs = Counter(run for sentence in sentences for run in _runs(sentence))
    fitting = [
        sentence
        for sentence in sentences
        if SHARED_WORDS <= len(words(sentence)) <= MOST_HELD_OUT_WORDS
        and common.issuperset(words(sentence))
        and all(runs[run] == 1 for run in _runs(sentence))
    ]
    held_out = _drawn(fitting, HELD_OUT_COUNT, HELD_OUT_KINDS, source)
    kept = frozenset(held_out)
    return held_out, [sentence for sentence in sentences if sentence not in kept]


class Texts:
    """What is said in each part: every sentence once before any is said again."""

    def __init__(self, sentences: list[str], seed: int) -> None:
        self._order = _mixed(sentences, random.Random(f"{seed}/order"))
        self._seed = seed

    def part(self, number: int, count: int) -> list[str]:
        """The `count` texts of this part; some are two short sentences in one breath."""
        at = number * count
        round_number, first = divmod(at, max(1, len(self._order) - count))
        chosen = self._order[first : first + count]
        source = random.Random(f"{self._seed}/{round_number}/{number}")
        return [self._with_another(text, source) for text in chosen]

    def _with_another(self, text: str, source: random.Random) -> str:
        if source.random() >= PAIR_SHARE or len(words(text)) > 14:
            return text
        other = source.choice(self._order)
        return f"{text} {other}" if len(words(other)) <= 14 else text


def _drawn(
    sentences: list[str], count: int, shares: dict[str, float], source: random.Random
) -> list[str]:
    piles = _piles(sentences, source)
    wanted = {name: round(count * share) for name, share in shares.items()}
    wanted["prose"] = count - sum(wanted.values())
    chosen = [text for name, size in wanted.items() for text in piles.get(name, [])[:size]]
    return source.sample(chosen, len(chosen))


def _mixed(sentences: list[str], source: random.Random) -> list[str]:
    """All sentences in an order in which each stretch has the kinds in their shares, as long as they last."""
    piles = {name: pile for name, pile in _piles(sentences, source).items() if pile}
    shares = {**KINDS, "prose": 1 - sum(KINDS.values())}
    order: list[str] = []
    while piles:
        names = list(piles)
        name = source.choices(names, [shares[name] for name in names])[0]
        order.append(piles[name].pop())
        if not piles[name]:
            del piles[name]
    return order


def _piles(sentences: list[str], source: random.Random) -> dict[str, list[str]]:
    piles: dict[str, list[str]] = {}
    for sentence in source.sample(sentences, len(sentences)):
        piles.setdefault(kind(sentence), []).append(sentence)
    return piles


def _runs(sentence: str) -> set[tuple[str, ...]]:
    """Its runs of SHARED_WORDS words, each once."""
    said = words(sentence)
    return {tuple(said[at : at + SHARED_WORDS]) for at in range(len(said) - SHARED_WORDS + 1)}


def _text(path: Path) -> str:
    content = path.read_bytes()
    content = gzip.decompress(content) if path.suffix == ".gz" else content
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SystemExit(f"{path}: not UTF-8 ({error})") from error
    text = text.translate(str.maketrans("’‘“”—–", "''\"\"--"))
    return text.replace("--", ", ").replace('"', "")


def _paragraphs(text: str) -> list[str]:
    """Lines that all end as sentences do are paragraphs themselves; else blank lines part them."""
    lines = [line.strip() for line in text.splitlines()]
    ended = sum(line.endswith((".", "!", "?")) for line in lines if line)
    if ended > 0.9 * sum(map(bool, lines)):
        return [line for line in lines if line]
    return [" ".join(block.split()) for block in "\n".join(lines).split("\n\n") if block.strip()]
