"""Our ways of asking listeners, as their identities have them: another one hears takes anew."""

from __future__ import annotations

WORDS_READING = "joined-3"
PRINT_READING = "print-1"
