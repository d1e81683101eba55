"""A text that was asked for becomes a plan, as a script does: cleaned, cut, keyed.

Nothing in a text opens a file: its header may name neither scene nor voices.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

from higgs_cli.casting.cast import Cast, CastMember
from higgs_cli.casting.roles import in_order
from higgs_cli.casting.scene_library import LONGEST_SCENE
from higgs_cli.checkpoints.abilities import Abilities
from higgs_cli.errors import ScriptError, UsageError
from higgs_cli.jobs.staging import staged
from higgs_cli.plain_text import is_whole
from higgs_cli.planning.plan import Plan
from higgs_cli.planning.planner import make_plan
from higgs_cli.script.document import NARRATOR, Script
from higgs_cli.script.reader import parse_script
from higgs_cli.server.asked import CHOSEN_BY_THE_MODEL, AskedSpeech, FieldError, InvalidTextError
from higgs_cli.settings.sources import checked_values
from higgs_cli.settings.table import Settings
from higgs_cli.settings.views import Choices, choices_of

NAME = "input"
"""What the text is called in messages."""
MAY_BE_ASKED = ("seed", "temperature", "top_p", "top_k", "language")
"""Settings that a request may have of its own; the others are the server's."""


@dataclass(frozen=True)
class TextPlanner:
    """Plans texts by the settings of the server."""

    settings: Settings
    abilities: Abilities | None = None
    """What the model says it can speak."""

    def planned(self, asked: AskedSpeech, *, is_checked: bool) -> tuple[Plan, Choices]:
        """The plan, and the choices that it is spoken by. What is streamed cannot be spoken
        again, so where it is not checked a chunk has one attempt."""
        choices = self._choices(asked, is_checked)
        script = _read(asked, choices)
        cast = _cast(script, asked)
        staging = staged(script, cast, choices, self.abilities)
        if asked.scene is not None:
            staging = replace(staging, scene_text=checked_scene(asked.scene))
        with _told_of(asked):
            return make_plan(script, staging, choices.planning), choices

    def _choices(self, asked: AskedSpeech, is_checked: bool) -> Choices:
        chosen = settings_with(self.settings, asked.settings)
        if not is_checked:
            chosen = replace(chosen, takes=1, retries=0)
        read_as = "dialogue" if asked.is_dialogue else "prose"
        return choices_of(replace(chosen, read_as=read_as, headings="spoken"))


def settings_with(settings: Settings, asked: Mapping[str, object]) -> Settings:
    """The server's, but for what a request has of its own."""
    for name in asked:
        if name not in MAY_BE_ASKED:
            raise UsageError(f"{name} is not for a request to set")
    return replace(settings, **checked_values(asked, "the request"))


def checked_scene(text: str) -> str | None:
    """The text of a scene as a file of the library would have it; None for no text."""
    words = "\n".join(" ".join(line.split()) for line in text.splitlines()).strip()
    if len(words) > LONGEST_SCENE or "\x00" in words or not is_whole(words):
        told = f"instructions are a text of at most {LONGEST_SCENE} characters"
        raise FieldError(told, "instructions")
    return words or None


def _read(asked: AskedSpeech, choices: Choices) -> Script:
    if not is_whole(asked.text) or "\x00" in asked.text:
        raise InvalidTextError("the text has characters in it that are none", asked.text_field)
    if not asked.text.strip():
        raise InvalidTextError("the text is empty", asked.text_field)
    with _told_of(asked):
        script = parse_script(NAME, asked.text, choices.reading)
    return replace(script, header=replace(script.header, scene=None, cast=()))


@contextmanager
def _told_of(asked: AskedSpeech) -> Iterator[None]:
    """What is wrong with the text, by what the client calls it."""
    try:
        yield
    except ScriptError as error:
        raise InvalidTextError(error.message, asked.text_field, error.hint) from None


def _cast(script: Script, asked: AskedSpeech) -> Cast:
    """`[SPEAKER0]` has the first voice; the narrator, where nobody else speaks, too."""
    members = []
    for place, speaker in enumerate(in_order(script.speakers)):
        number = speaker.removeprefix("SPEAKER")
        at = int(number) if number.isdecimal() and len(number) < 4 else place
        voice = asked.voices[at] if at < len(asked.voices) else CHOSEN_BY_THE_MODEL
        members.append(CastMember(speaker, voice, place, "request"))
    if not asked.is_dialogue and [member.speaker for member in members] != [NARRATOR]:
        raise InvalidTextError("the text names speakers", asked.text_field)
    return Cast(tuple(members))
