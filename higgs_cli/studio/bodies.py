"""What a page sends: each value typed and bounded."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

LONGEST_TEXT = 20_000
LONGEST_NAME = 400


class Body(BaseModel):
    """Nothing but what is known."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Seen(Body):
    """A change to a decision, by somebody who saw it as it is."""

    seen: str = Field(max_length=100)


class ChosenTake(Seen):
    attempt: int = Field(ge=0, le=1_000_000)


class NewWords(Body):
    seen: str = Field(max_length=LONGEST_TEXT)
    text: str = Field(max_length=LONGEST_TEXT)


class NewPause(Body):
    seen: float = Field(ge=0, le=600)
    seconds: float | None = Field(ge=0, le=60)


class NewMood(Body):
    seen: str | None = Field(max_length=LONGEST_NAME)
    mood: str | None = Field(max_length=LONGEST_NAME)


class SaidSo(Body):
    word: str = Field(max_length=LONGEST_NAME)
    replacement: str = Field(max_length=LONGEST_NAME)
    seen: str | None = Field(default=None, max_length=LONGEST_NAME)


class Preview(Body):
    line: str = Field(max_length=100)
    word: str = Field(max_length=LONGEST_NAME)
    replacement: str = Field(max_length=LONGEST_NAME)


class OtherVoice(Body):
    speaker: str = Field(max_length=LONGEST_NAME)
    voice: str = Field(max_length=LONGEST_NAME)
    seen: str = Field(default="", max_length=LONGEST_NAME)


class Audition(Body):
    speaker: str = Field(max_length=LONGEST_NAME)
    voices: list[str] = Field(min_length=1, max_length=8)


class UndoneStep(Body):
    step: int = Field(ge=0)
