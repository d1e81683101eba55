"""Keys of chunks and takes: a hash of everything that decides the sound, and of nothing else.

Line numbers are not in a key, so that a line inserted at the top orphans nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from itertools import islice
from json.encoder import encode_basestring_ascii as quoted

KEY_VERSION = "1"
"""Goes into every key: raised when the same parts would be spoken differently."""

VOICE_CODES = "2"
"""How a recording becomes the codes a voice is heard by: raised when it would give other codes.

1, which is not written: filled up to whole frames. 2: as it is, like the original.
"""


OCCURRENCE = "occurrence"
MOST_COMPARED = 64
"""Stored ways of saying a line that are looked at to explain why it is spoken anew."""

_Manner = frozenset[tuple[str, str]]
"""A recipe without the occurrence."""


def digest(recipe: Mapping[str, str]) -> str:
    """SHA-256 in hex over named parts, whatever their order: over the JSON of their table."""
    parts = {"version": KEY_VERSION, **recipe}
    written = ", ".join([f"{quoted(name)}: {quoted(parts[name])}" for name in sorted(parts)])
    return hashlib.sha256(f"{{{written}}}".encode()).hexdigest()


def voice_parts(content: str) -> dict[str, str]:
    """The parts of a recipe that a voice decides, by what decides its sound."""
    made = {"voice_codes": VOICE_CODES} if content.startswith("recording:") else {}
    return {"voice": content, **made}


def chunk_seed(plan_seed: int, key: str) -> int:
    """63 bits of a chunk's own, from the plan's seed and the chunk's key."""
    return int.from_bytes(hashlib.sha256(f"{plan_seed}:{key}".encode()).digest()[:8], "big") >> 1


def take_recipe(
    chunk_recipe: Mapping[str, str], *, model: str, codec: str, precision: str
) -> dict[str, str]:
    """A chunk's recipe with what only the opened model knows of itself."""
    return {**chunk_recipe, "model": model, "codec": codec, "precision": precision}


class KnownRecipes:
    """The recipes of stored takes, to say why none of them fits.

    A line that is said ten thousand times is kept once for each way in which it was said, with the
    occurrences that are stored.
    """

    def __init__(self, recipes: Iterable[Mapping[str, str]]) -> None:
        self._by_text: dict[str, dict[_Manner, set[str | None]]] = {}
        for recipe in recipes:
            manners = self._by_text.setdefault(recipe.get("text", ""), {})
            manners.setdefault(_manner(recipe), set()).add(recipe.get(OCCURRENCE))

    def why_new(self, recipe: Mapping[str, str]) -> str:
        """What differs from the stored recipe that is nearest; `new text` where none is near."""
        same_text = self._by_text.get(recipe["text"])
        if not same_text:
            return "new text"
        compared = islice(same_text.items(), MOST_COMPARED)
        changed = min((_differences(recipe, *other) for other in compared), key=len)
        if changed == [OCCURRENCE]:
            return "said more often than before"
        return "changed: " + ", ".join(changed) if changed else "its take is missing"


def _manner(recipe: Mapping[str, str]) -> _Manner:
    return frozenset((name, str(part)) for name, part in recipe.items() if name != OCCURRENCE)


def _differences(
    recipe: Mapping[str, str], manner: _Manner, occurrences: set[str | None]
) -> list[str]:
    changed = {name for name, _ in _manner(recipe) ^ manner}
    if recipe.get(OCCURRENCE) not in occurrences:
        changed.add(OCCURRENCE)
    return sorted(changed)
