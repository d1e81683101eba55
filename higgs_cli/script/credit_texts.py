"""Spoken credits as a producer writes them: texts with the facts of the book in braces.

credits:
  opening: "{title}, by {author}. Read by {narrator}."
  closing: "This was {title}, by {author}."
  speaker: NARRATOR          who says them: the narrator, unless another is named
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from higgs_cli.files.strict_yaml import Node

FIELD = re.compile(r"\{([^{}]*)\}")
KEYS = ("opening", "closing", "speaker")
LONGEST = 4000


@dataclass(frozen=True)
class CreditTexts:
    """What is said before the book and after it, not yet filled in."""

    opening: Node | None
    closing: Node | None
    speaker: str | None
    """As it is written; None: the narrator."""


def credit_texts_in(node: Node) -> CreditTexts:
    """Of a table with nothing else in it; one of the two texts may be left out."""
    parts = node.known_entries("credits", KEYS)
    said = {key: part for key, part in parts.items() if part.value is not None}
    for key in ("opening", "closing"):
        if key in said and len(said[key].text(f"the {key} of credits")) > LONGEST:
            raise said[key].refusal(f"the {key} of credits is longer than {LONGEST} characters")
    if "opening" not in said and "closing" not in said:
        raise node.refusal("credits say nothing", "give them an `opening`, a `closing`, or both")
    who = said["speaker"].text("the speaker of credits") if "speaker" in said else None
    return CreditTexts(said.get("opening"), said.get("closing"), who)


def filled(template: Node, facts: Mapping[str, object]) -> str:
    """The text with what is known of the book; what is not known is an error that points there."""
    text = template.text("credits")

    def fact(match: re.Match[str]) -> str:
        name = match[1].strip()
        if name not in facts:
            near = get_close_matches(name, facts, n=1)
            known = ", ".join(f"{{{each}}}" for each in facts)
            hint = f"did you mean {{{near[0]}}}?" if near else f"known: {known}"
            raise template.refusal(f"credits: nothing of a book is called {match[0]}", hint)
        if facts[name] in (None, ""):
            hint = f"add `{name}: …`, or leave {match[0]} out"
            raise template.refusal(f"credits: nothing says the {name} of this book", hint)
        return " ".join(str(facts[name]).split())

    if "{" in (rest := FIELD.sub("", text)) or "}" in rest:
        raise template.refusal("credits: a brace has no other half", "{title}, by {author}")
    return FIELD.sub(fact, text)
