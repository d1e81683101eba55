"""From the name of a script and the settings to the Plan: all that needs no model, in one call."""

from __future__ import annotations

from pathlib import Path

from higgs_cli.casting.assignment import (
    CastRequest,
    assign_voices,
    cast_warnings,
    known_speakers,
)
from higgs_cli.casting.cast import Cast
from higgs_cli.casting.scene_library import scene_text
from higgs_cli.casting.voice_library import open_library
from higgs_cli.planning.plan import Plan
from higgs_cli.planning.planner import Staging, make_plan
from higgs_cli.script.document import Script
from higgs_cli.script.reader import Reading, read_script
from higgs_cli.settings.table import Settings
from higgs_cli.wording.cleaning import Cleaning
from higgs_cli.wording.languages import checked_language, language_warning
from higgs_cli.wording.lexicon import Lexicon, read_lexicon


def prepare_plan(script_argument: str, settings: Settings) -> Plan:
    """Read, cast and plan a script; every mistake of the user's is found here."""
    library = open_library(settings.voices, allow_outside=settings.allow_outside)
    request = CastRequest(settings.cast, settings.ref_audio)
    reading = Reading(settings.read_as, settings.headings, settings.encoding)
    script = read_script(script_argument, reading, known_speakers(library, request))
    cast = assign_voices(script, library, request)
    return make_plan(script, stage(script, cast, settings), settings)


def stage(script: Script, cast: Cast, settings: Settings) -> Staging:
    """Language, scene, lexicon and warnings for a script that has its cast."""
    language = checked_language(settings.language or script.header.language, spoken_sample(script))
    expands = language == "en" if settings.expand is None else settings.expand
    lexicon = read_lexicon(Path(settings.lexicon)) if settings.lexicon else Lexicon()
    cleaning = Cleaning(language, expands, settings.brackets == "text", lexicon)
    warning = language_warning(language, is_strict=settings.strict_language)
    warnings = [*([warning] if warning else []), *cast_warnings(cast, language)]
    if settings.ensemble and any(turn.mood for turn in script.turns):
        warnings.append("in an ensemble every speaker keeps one reference: moods are not heard")
    if script.names_left_unread:
        names = ", ".join(script.names_left_unread[:4])
        warnings.append(f"{names} before a colon is read as prose; --as dialogue makes it speakers")
    scene = scene_text(settings.scene or script.header.scene)
    return Staging(cast, scene, cleaning, tuple(warnings))


def spoken_sample(script: Script) -> str:
    """Enough of the text to tell its language."""
    sample = ""
    for turn in script.turns:
        sample += turn.text.text + " "
        if len(sample) > 20_000:
            break
    return sample
