"""What a plan is made of besides the script: language, scene, lexicon, and what to warn about."""

from __future__ import annotations

from pathlib import Path

from higgs_cli.casting.assignment import cast_warnings
from higgs_cli.casting.cast import Cast
from higgs_cli.casting.scene_library import scene_text
from higgs_cli.planning.planner import Staging
from higgs_cli.script.document import Script
from higgs_cli.settings.views import Choices
from higgs_cli.wording.cleaning import Cleaning
from higgs_cli.wording.languages import checked_language, language_warning
from higgs_cli.wording.lexicon import Lexicon, read_lexicon

SAMPLE_CHARACTERS = 20_000


def staged(script: Script, cast: Cast, choices: Choices) -> Staging:
    """For a script that has its cast."""
    reading = choices.reading
    language = checked_language(reading.language or script.header.language, spoken_sample(script))
    expands = language == "en" if reading.expand is None else reading.expand
    lexicon = read_lexicon(Path(reading.lexicon)) if reading.lexicon else Lexicon()
    cleaning = Cleaning(language, expands, script.brackets_are_text, lexicon)
    scene = scene_text(choices.casting.scene or script.header.scene)
    return Staging(cast, scene, cleaning, tuple(_warnings(script, cast, choices, language)))


def _warnings(script: Script, cast: Cast, choices: Choices, language: str) -> list[str]:
    warning = language_warning(language, is_strict=choices.reading.strict_language)
    found = [*([warning] if warning else []), *cast_warnings(cast, language)]
    if choices.planning.ensemble and any(turn.mood for turn in script.turns):
        found.append("with --ensemble every speaker keeps one reference: moods have no effect")
    found += script.warnings
    if script.names_left_unread:
        names = ", ".join(script.names_left_unread[:4])
        found.append(
            f"{names} before a colon is read as prose; to make it a speaker, use --as dialogue"
        )
    return found


def spoken_sample(script: Script) -> str:
    """Enough of the text to tell its language."""
    sample = ""
    for turn in script.turns:
        sample += turn.text.text + " "
        if len(sample) > SAMPLE_CHARACTERS:
            break
    return sample
