"""Ask flite how words sound, and learn letter rules: `python make_pronunciations.py MODEL_FOLDER`.

Writes `text_frontend.json`, `pronunciations.tsv.gz` and `letter_rules.tsv.gz`.
"""

import argparse
import gzip
import json
import math
from collections import Counter, defaultdict
from pathlib import Path

from flite import Flite

from tokenizer.prompts.pronunciation import FORMAT, FRONT_END_FILE, VERSION, WINDOWS, context

VOWELS = "aa ae ah ao aw ax ay eh er ey ih iy ow oy uh uw".split()
CONSONANTS = "b ch d dh f g hh jh k l m n ng p r s sh t th v w y z zh".split()
FIRST_SYMBOL = 0xE000
ROUNDS = 4
LEAST_SUPPORT = 3
# What flite's own text analysis says where its lexicon, asked for the bare word, does not.
CONTRACTIONS = {
    "don't": "d ow1 n t", "won't": "w ow1 n t", "can't": "k ae1 n t", "didn't": "d ih1 d ax0 n t",
    "couldn't": "k uh1 d ax0 n t", "wouldn't": "w uh1 d ax0 n t", "shouldn't": "sh uh1 d ax0 n t",
    "isn't": "ih1 z ax0 n t", "wasn't": "w aa1 z ax0 n t", "weren't": "w er1 ax0 n t", "aren't": "aa1 r ax0 n t",
    "hasn't": "hh ae1 z ax0 n t", "haven't": "hh ae1 v ax0 n t", "hadn't": "hh ae1 d ax0 n t",
    "doesn't": "d ah1 z ax0 n t", "mustn't": "m ah1 s ax0 n t", "needn't": "n iy1 d ax0 n t",
    "i'm": "ay1 m", "i've": "ay1 v", "i'll": "ay1 l", "i'd": "ay1 d", "you're": "y uh1 r", "you've": "y uw1 v",
    "you'll": "y uw1 l", "you'd": "y uw1 d", "we're": "w iy1 r", "we've": "w iy1 v", "we'll": "w iy1 l",
    "we'd": "w iy1 d", "they're": "dh eh1 r", "they've": "dh ey1 v", "they'll": "dh ey1 l", "they'd": "dh ey1 d",
    "he'll": "hh iy1 l", "he'd": "hh iy1 d", "she'll": "sh iy1 l", "she'd": "sh iy1 d", "it'll": "ih1 t ax0 l",
    "it'd": "ih1 t ax0 d", "that'll": "dh ae1 t ax0 l", "there'll": "dh eh1 r ax0 l", "who'll": "hh uw1 l",
    "o'clock": "ax0 k l aa1 k", "ma'am": "m ae1 m", "let's": "l eh1 t s", "who've": "hh uw1 v",
}  # fmt: skip


def symbol_table() -> dict[str, str]:
    """A private character for each sound; vowels with and without stress."""
    names = [f"{vowel}{stress}" for vowel in VOWELS for stress in "01"] + CONSONANTS
    return {name: chr(FIRST_SYMBOL + number) for number, name in enumerate(names)}


def word_list(paths: list[Path]) -> list[str]:
    """Lower-case words of the lists, and every capitalised name; possessives are made by rule."""
    words = {word.lower() for path in paths for word in path.read_text(encoding="utf-8").split()}
    return sorted(word for word in words if word.isascii() and word.isalpha())


def pronounce_all(words: list[str], symbols: dict[str, str]) -> dict[str, str]:
    teacher = Flite()
    table = {word: teacher.pronounce(word) for word in words}
    table |= {word: tuple(phones.split()) for word, phones in CONTRACTIONS.items()}
    return {
        word: "".join(symbols.get(phone) or symbols[f"{phone}0"] for phone in phones)
        for word, phones in table.items()
    }


def align(words: dict[str, str], rounds: int = ROUNDS) -> list[tuple[str, list[str]]]:
    """Give every letter the none, one or two sounds it stands for, by expectation and best path."""
    counts: Counter[tuple[str, str]] = Counter()
    aligned: list[tuple[str, list[str]]] = []
    for _ in range(rounds):
        totals: Counter[str] = Counter()
        for (letter, _sounds), count in counts.items():
            totals[letter] += count
        aligned = [
            (word, best)
            for word, sounds in words.items()
            if (best := _best_path(word, sounds, counts, totals))
        ]
        counts = Counter(pair for word, parts in aligned for pair in zip(word, parts, strict=True))
    return aligned


def _best_path(word: str, sounds: str, counts: Counter, totals: Counter) -> list[str] | None:
    """The likeliest cut of `sounds` into one piece of 0 to 2 sounds per letter; None if too many."""
    reached: dict[int, tuple[float, list[str]]] = {0: (0.0, [])}
    for letter in word:
        following: dict[int, tuple[float, list[str]]] = {}
        for at, (score, path) in reached.items():
            for size in (0, 1, 2):
                piece = sounds[at : at + size]
                if len(piece) < size:
                    continue
                # Before anything is known: one sound per letter is the likeliest.
                known = (
                    (counts[letter, piece] + 0.1) / (totals[letter] + 10)
                    if totals
                    else (0.3, 1.0, 0.1)[size]
                )
                total = score + math.log(known)
                if at + size not in following or total > following[at + size][0]:
                    following[at + size] = (total, [*path, piece])
        reached = following
    return reached[len(sounds)][1] if len(sounds) in reached else None


def learn_rules(aligned: list[tuple[str, list[str]]]) -> dict[str, str]:
    """From the narrowest window to the widest, keep what a window knows better than narrower ones."""
    rules: dict[str, str] = {}
    for left, right in reversed(WINDOWS):
        votes: dict[str, Counter[str]] = defaultdict(Counter)
        expected: dict[str, Counter[str]] = defaultdict(Counter)
        for word, parts in aligned:
            padded = f"###{word}###"
            for index, part in enumerate(parts):
                key = context(padded, index + 3, left, right)
                votes[key][part] += 1
                expected[key][_so_far(rules, padded, index + 3)] += 1
        for key, vote in votes.items():
            part, count = vote.most_common(1)[0]
            wide = (left, right) != (0, 0)
            if not wide or (count >= LEAST_SUPPORT and part != expected[key].most_common(1)[0][0]):
                rules[key] = part
    return rules


def _so_far(rules: dict[str, str], padded: str, index: int) -> str:
    keys = (context(padded, index, left, right) for left, right in WINDOWS)
    return next((rules[key] for key in keys if key in rules), "")


def write_table(path: Path, table: dict[str, str]) -> None:
    text = "".join(f"{key}\t{value}\n" for key, value in sorted(table.items()))
    path.write_bytes(gzip.compress(text.encode("utf-8"), mtime=0))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument(
        "--words", type=Path, nargs="+", default=[Path("/usr/share/dict/american-english")]
    )
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    symbols = symbol_table()
    words = pronounce_all(word_list(options.words), symbols)
    held_out = dict(list(words.items())[::50])
    rules = learn_rules(
        align({w: s for w, s in words.items() if w not in held_out and w.isalpha()})
    )
    write_table(options.folder / "pronunciations.tsv.gz", words)
    write_table(options.folder / "letter_rules.tsv.gz", rules)
    values = {
        "format": FORMAT, "version": VERSION, "dictionary": "pronunciations.tsv.gz", "rules": "letter_rules.tsv.gz",
        "languages": ["en"], "sounds": False, "symbols": symbols,
    }  # fmt: skip
    text = json.dumps(values, indent=1, ensure_ascii=True) + "\n"
    (options.folder / FRONT_END_FILE).write_text(text, encoding="utf-8")
    print(len(words), "words,", len(rules), "rules")


if __name__ == "__main__":
    main()
