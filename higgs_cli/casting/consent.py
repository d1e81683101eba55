"""The right to a voice: who gave it, when that was said, and for which recording.

A recording is known by the SHA-256 of its bytes alone: another recording of the same person is
asked about again. What was said stands in the profile beside the recording, or in the user's data
folder. It is a note of a person's word, and no proof.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from higgs_cli.errors import UsageError
from higgs_cli.files.installation import is_installed
from higgs_cli.files.strict_yaml import Node
from higgs_cli.files.user_data import answer, keep_answer
from higgs_cli.plain_text import without_steering

KEYS = ("who", "date", "sha256")
LONGEST_WORDS = 500


@dataclass(frozen=True)
class Consent:
    """What was said of one recording."""

    sha256: str
    who: str
    """Who gave it, and when, in a person's words."""
    date: str
    """The day on which it was said here."""

    def as_entry(self) -> dict[str, str]:
        """As a profile has it."""
        return {"who": self.who, "date": self.date, "sha256": self.sha256}


def said_today(sha256: str, words: str) -> Consent:
    """Somebody says so now."""
    who = without_steering(words)
    if not who:
        raise UsageError(
            "--consent is empty", hint='say who gave it and when: "Ann Lee, letter of 3 May 2026"'
        )
    if len(who) > LONGEST_WORDS:
        raise UsageError(f"--consent is longer than {LONGEST_WORDS} characters")
    return Consent(sha256, who, date.today().isoformat())


def consent_in(node: Node) -> Consent:
    """The entry `consent:` of a voice in a profile."""
    parts = node.known_entries("consent", KEYS)
    if "who" not in parts or "sha256" not in parts:
        raise node.refusal("consent needs `who` and `sha256`, the hash of the recording")
    values = {key: " ".join(part.text(key).split()) for key, part in parts.items()}
    return Consent(values["sha256"].lower(), values["who"], values.get("date", ""))


def needs_none(sha256: str) -> bool:
    """The bundled voices are nobody's."""
    return is_installed("voices", sha256)


def remembered(sha256: str) -> Consent | None:
    """What was said of this recording before, on this machine."""
    kept = answer(_name(sha256))
    who, day = kept.get("who"), kept.get("date")
    return Consent(sha256, who, day) if isinstance(who, str) and isinstance(day, str) else None


def remember(consent: Consent) -> None:
    """The hash, the words and the day: no name of a file."""
    keep_answer(_name(consent.sha256), consent.as_entry())


def _name(sha256: str) -> str:
    return f"consent/{sha256}"
