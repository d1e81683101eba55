"""What a plan is made of besides the script: language, scene, lexicon, and what to warn about."""

from __future__ import annotations

from pathlib import Path

from higgs_cli.casting.assignment import cast_warnings
from higgs_cli.casting.cast import Cast
from higgs_cli.casting.scene_library import scene_text
from higgs_cli.checkpoints.abilities import Abilities
from higgs_cli.errors import UsageError
from higgs_cli.planning.planner import Staging
from higgs_cli.script.document import Script
from higgs_cli.settings.views import Choices
from higgs_cli.wording.cleaning import Cleaning
from higgs_cli.wording.languages import (
    NAMES,
    checked_language,
    foreign_letters,
    language_warning,
    region_of,
)
from higgs_cli.wording.lexicon import Lexicon, read_lexicon
from higgs_cli.wording.others.grammar import TABLES, can_write_out

SAMPLE_CHARACTERS = 20_000


def staged(
    script: Script, cast: Cast, choices: Choices, abilities: Abilities | None = None
) -> Staging:
    """For a script that has its cast; what the model can be asked, where it is known."""
    reading = choices.reading
    declared = reading.language or script.header.language
    language = checked_language(declared, spoken_sample(script))
    writes_out = language in ("en", "zh") or can_write_out(language)
    expands = writes_out if reading.expand is None else reading.expand
    lexicon = read_lexicon(Path(reading.lexicon)) if reading.lexicon else Lexicon()
    is_text = script.brackets_are_text
    cleaning = Cleaning(language, region_of(declared), expands, is_text, lexicon)
    scene = scene_text(choices.casting.scene or script.header.scene)
    warnings = [*_warnings(script, cast, choices, language)]
    if language in TABLES and not can_write_out(language) and reading.expand is not False:
        warnings.append(
            f"figures and abbreviations of {NAMES[language]} stay as they are written: "
            "num2words is not installed (the extra `text`)"
        )
    if abilities is not None:
        warnings += _unspeakable(script, language, abilities, choices)
    has_sounds = abilities is None or abilities.has_sounds
    return Staging(cast, scene, cleaning, tuple(warnings), has_sounds)


def _unspeakable(
    script: Script, language: str, abilities: Abilities, choices: Choices
) -> list[str]:
    """The language or the letters that the model declares not to speak."""
    if abilities.languages is None:
        return []
    speaks = " and ".join(NAMES.get(each, each) for each in abilities.languages)
    if language not in abilities.languages:
        said = f"{abilities.name} speaks {speaks} only, and the script is in "
        said += NAMES.get(language, language)
        if choices.reading.strict_language:
            raise UsageError(said, hint="name another model with --model")
        return [f"{said}: expect no words of it"]
    foreign = foreign_letters("".join(turn.text.text for turn in script.turns), language)
    if not foreign:
        return []
    counts = ", ".join(f"{count} {name}" for name, count in foreign.items())
    return [
        f"{abilities.name} speaks {speaks} only: letters of other alphabets ({counts}) are lost"
    ]


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
