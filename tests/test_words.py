"""One vocabulary: a word that the field has a word for is not used in its place.

Each package has its table of what is out and what is said instead. To bring a further word or
package in, add a line here.
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from collections import defaultdict
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("model", "tokenizer", "higgs_cli")

EVERYWHERE = {
    r"bend|bends|bent": "snake activation",
    r"bolder|boldness": "temperature",
    r"transformers port|port of transformers": "the transformers implementation",
    r"ferry|ferries|ferried": "offload",
    r"stash|stashed|stashes": "ready runs",
    r"overheard|unheard": "observed, unread",
    r"dearness|dearest": "cost",
    r"quantise|quantised|quantising": "quantize",
}
BELOW_THE_DOOR = {
    r"bold": "temperature",
    r"the port|the port's": "the transformers implementation",
    r"narrow|widen|widened": "quantized, dequantized; of a batch: small",
    r"lay|lays|laid(?! out)|laying|layings": "prefill, put, write",
    r"hear|hears": "attend to, read; of a chunk: its context",
    r"liked|usual|usually": "default",
    r"seat|seats|seated": "lanes, buffers, capacity",
    r"lesson|lessons|taught|teach|teaches|teaching": "samples, labels, trained on",
    r"moment": "the time in seconds; moments are the optimizer's",
    r"judge|judged|verdict": "discriminators; for takes: checks",
}
OUT = {
    "model": EVERYWHERE | BELOW_THE_DOOR | {r"turned|turning": "rotated: rotary embedding"},
    "tokenizer": EVERYWHERE | BELOW_THE_DOOR | {r"packed|unpacked": "bitpacked"},
    "higgs_cli": EVERYWHERE,
}
MAY_STAY = {
    # what files on disk are called, and names of settings that files still may hold
    "tokenizer/training/run_state.py": {"judges", "moment"},
    "tokenizer/training/codec_recipe.py": {"judges", "judge"},
    "model/training/training_state.py": {"moment"},
    # an interval, as in every text on range coders; letters to both sides; what a process may do
    "tokenizer/codes_file/range_coder.py": {"narrow"},
}

LIBRARIES = {
    *("accelerate", "attrs", "click", "flask", "httpx", "jinja2", "librosa", "lxml", "matplotlib"),
    *("numba", "numpy", "pandas", "pillow", "pydantic", "pydub", "pytest", "redis", "requests"),
    *("rich", "safetensors", "scipy", "six", "soundfile", "toml", "tokenizers", "torch", "tqdm"),
    *("transformers", "triton", "typer", "yaml"),
}


WITH_TEXT = {tokenize.STRING, tokenize.COMMENT, getattr(tokenize, "FSTRING_MIDDLE", None)}


def words_of(identifier: str) -> str:
    """The words of a name, apart: `_narrowFormat_of` reads `narrow Format of`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", identifier.replace("_", " "))


def texts_of(source: str) -> Iterator[tuple[int, str]]:
    """Every name, string and comment of a file, with its line."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.NAME:
            yield token.start[0], words_of(token.string)
        elif token.type in WITH_TEXT:
            for place, line in enumerate(token.string.splitlines()):
                yield token.start[0] + place, words_of(line)


def banned(words: dict[str, str]) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(words)})\b", re.IGNORECASE)


def said_instead(word: str, words: dict[str, str]) -> str:
    return next(good for bad, good in words.items() if re.fullmatch(bad, word, re.IGNORECASE))


@pytest.mark.parametrize("package", PACKAGES)
def test_a_word_that_the_field_has_is_used(package: str) -> None:
    pattern, wrong = banned(OUT[package]), []
    for path in sorted((ROOT / package).rglob("*.py")):
        name = str(path.relative_to(ROOT))
        for line, text in texts_of(path.read_text(encoding="utf-8")):
            for match in pattern.finditer(text):
                if match.group().lower() not in MAY_STAY.get(name, set()):
                    good = said_instead(match.group(), OUT[package])
                    wrong.append(f"{name}:{line}: {match.group()!r}; say: {good}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ("def lay_prefix(): ...", "lay"),
        ("class NarrowFormat: ...", "Narrow"),
        ('"""Runs are laid ahead."""', "laid"),
        ("x = 1  # bolder than before", "bolder"),
        ('x = f"so many runs stashed: {n}"', "stashed"),
    ],
)
def test_a_word_is_found_in_names_strings_and_comments(source: str, word: str) -> None:
    found = [banned(OUT["model"]).findall(text) for _, text in texts_of(source)]
    assert list(chain.from_iterable(found)) == [word]


@pytest.mark.parametrize(
    "text", ["delay_pattern", "layers of a layout", "relay", "shearing", "narrator", "import port"]
)
def test_a_word_within_another_is_no_such_word(text: str) -> None:
    assert not banned(OUT["model"]).search(words_of(text))


def test_what_may_stay_is_still_there() -> None:
    for name, words in MAY_STAY.items():
        text = words_of((ROOT / name).read_text(encoding="utf-8")).lower()
        assert all(re.search(rf"\b{word}\b", text) for word in words), name


def test_no_class_below_the_door_bears_the_name_of_another() -> None:
    """Within `model/` and `tokenizer/`, and between them and the rest; private ones aside."""
    places: dict[str, list[str]] = defaultdict(list)
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    places[node.name].append(str(path.relative_to(ROOT)))
    twice = {
        name: found
        for name, found in places.items()
        if len(found) > 1 and any(not one.startswith("higgs_cli/") for one in found)
    }
    assert not twice


@pytest.mark.parametrize("package", ["model", "tokenizer"])
def test_no_module_bears_the_name_of_a_library(package: str) -> None:
    names = {path.stem for path in (ROOT / package).rglob("*.py")}
    names |= {path.name for path in (ROOT / package).rglob("*") if path.is_dir()}
    assert not names & (LIBRARIES | sys.stdlib_module_names)
