"""Asks a language model who says the quotations that the rules are not sure of.

Over an OpenAI-compatible address (`URL/chat/completions`). What is sent: the paragraphs around each
such quotation, and the names of the speakers. What comes back can only be names from that list:
not a word of the text can change. Redirects are refused, so that the token goes nowhere else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from higgs_cli.attribution.attributed import Quoted
from higgs_cli.errors import HiggsError, UsageError
from higgs_cli.script.document import NARRATOR, Script

TOKEN_VARIABLE = "HIGGS_ASK_TOKEN"
AROUND = 3
"""Paragraphs before and behind."""
AT_ONCE = 12
"""Quotations in one question."""
LONGEST_PARAGRAPH = 700
TIMEOUT_SECONDS = 120
MOST_BYTES = 1 << 20
TASK = (
    "You are given passages of a novel. Quotations are marked [1], [2] and so on, right before "
    "their opening marks. Say who speaks each of them. Answer with one JSON object and nothing "
    'else, such as {"1": "NAME"}. Use only these names, and "?" where you cannot tell: '
)
OBJECT = re.compile(r"\{[^{}]*\}")


@dataclass(frozen=True)
class Address:
    """Where a model answers, and what it is called there."""

    url: str
    model: str
    token: str | None = None

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc.rpartition("@")[2]


def checked_address(url: str, model: str | None, token: str | None) -> Address:
    """An address that can be asked."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        hint = f"such as http://localhost:8000/v1; a token stands in {TOKEN_VARIABLE}"
        raise UsageError(f"--ask: not an http address: {url[:80]}", hint=hint)
    if not model:
        raise UsageError("--ask: which model?", hint="name it with --ask-model")
    return Address(url.rstrip("/"), model, token or None)


@dataclass(frozen=True)
class Question:
    """Quotations that are asked about together, and what is sent for them."""

    quotations: tuple[Quoted, ...]
    text: str


def questions(script: Script, unsure: Sequence[Quoted], names: Sequence[str]) -> list[Question]:
    """All that would be sent."""
    turns = [turn for turn in script.turns if not turn.is_heading]
    place = {turn.number: index for index, turn in enumerate(turns)}
    found = []
    for first in range(0, len(unsure), AT_ONCE):
        part = tuple(unsure[first : first + AT_ONCE])
        marked = _marked([turn.text.text for turn in turns], place, part)
        found.append(Question(part, f"{TASK}{json.dumps([*names, NARRATOR])}\n\n{marked}"))
    return found


def ask(
    address: Address, asked: Sequence[Question], names: Sequence[str]
) -> Iterator[Mapping[str, str]]:
    """For each question, the names that were proposed, by the quotations' keys."""
    known = {name.casefold(): name for name in (*names, NARRATOR)}
    for question in asked:
        answer = _answer(address, question.text)
        proposed = {}
        for number, quoted in enumerate(question.quotations, start=1):
            name = answer.get(str(number))
            if isinstance(name, str) and name.casefold() in known:
                proposed[quoted.key] = known[name.casefold()]
        yield proposed


def _marked(texts: Sequence[str], place: Mapping[int, int], part: Sequence[Quoted]) -> str:
    """The paragraphs around the quotations, each once, with the quotations numbered."""
    marks: dict[int, list[tuple[int, int]]] = {}
    for number, quoted in enumerate(part, start=1):
        marks.setdefault(place[quoted.turn], []).append((quoted.start, number))
    shown: dict[int, str] = {}
    for index, here in marks.items():
        for near in range(max(index - AROUND, 0), min(index + AROUND + 1, len(texts))):
            shown.setdefault(near, _short(texts[near]))
        text = texts[index]
        for start, number in sorted(here, reverse=True):
            text = f"{text[:start]}[{number}]{text[start:]}"
        shown[index] = text
    parts, before = [], None
    for index in sorted(shown):
        if before is not None and index > before + 1:
            parts.append("…")
        parts.append(shown[index])
        before = index
    return "\n\n".join(parts)


def _short(text: str) -> str:
    half = LONGEST_PARAGRAPH // 2
    return text if len(text) <= LONGEST_PARAGRAPH else f"{text[:half]} … {text[-half:]}"


def _answer(address: Address, text: str) -> dict[str, Any]:
    """The object that the model answers with; an empty one where it says something else."""
    reply = _posted(
        address,
        {
            "model": address.model,
            "temperature": 0,
            "messages": [{"role": "user", "content": text}],
        },
    )
    try:
        said = str(reply["choices"][0]["message"]["content"])
        found = OBJECT.search(said)
        answer = json.loads(found[0]) if found else {}
    except (KeyError, IndexError, TypeError, ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _posted(address: Address, body: Mapping[str, object]) -> Any:
    from urllib.error import HTTPError, URLError
    from urllib.request import HTTPRedirectHandler, Request, build_opener

    class NoRedirects(HTTPRedirectHandler):
        def redirect_request(self, *_: object, **__: object) -> None:
            return None

    headers = {"Content-Type": "application/json"}
    if address.token:
        headers["Authorization"] = f"Bearer {address.token}"
    request = Request(f"{address.url}/chat/completions", json.dumps(body).encode(), headers)
    try:
        with build_opener(NoRedirects).open(request, timeout=TIMEOUT_SECONDS) as reply:
            data = reply.read(MOST_BYTES + 1)
    except HTTPError as error:
        raise HiggsError(f"{address.host} answers {error.code}") from None
    except (URLError, OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise HiggsError(f"{address.host} cannot be asked: {reason}") from None
    try:
        if len(data) > MOST_BYTES:
            raise ValueError
        return json.loads(data)
    except (ValueError, RecursionError):
        raise HiggsError(f"{address.host} does not answer as a chat endpoint does") from None
