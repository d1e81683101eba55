"""Plans of short texts, with everybody cast by the model, for tests of reading and planning."""

from __future__ import annotations

from collections.abc import Iterable

from higgs_cli.casting.cast import Cast, CastMember, Voice
from higgs_cli.planning.plan import Plan
from higgs_cli.planning.planner import Staging, make_plan
from higgs_cli.script.reader import parse_script
from higgs_cli.settings.table import Settings
from higgs_cli.settings.views import Reading, choices_of
from higgs_cli.wording.cleaning import Cleaning
from higgs_cli.wording.lexicon import Lexicon


def planned(
    source: str,
    settings: Settings | None = None,
    *,
    name: str = "book.txt",
    known: Iterable[str] = (),
    expands: bool = False,
    lexicon: Lexicon | None = None,
    reading: Reading | None = None,
    scene: str | None = "A quiet room.",
    voices: dict[str, Voice] | None = None,
) -> Plan:
    """The plan of a text."""
    script = parse_script(name, source, reading, known)
    members = tuple(
        CastMember(speaker, (voices or {}).get(speaker, Voice("smart")), number, "test")
        for number, speaker in enumerate(script.speakers)
    )
    cleaning = Cleaning(expands=expands, lexicon=lexicon or Lexicon())
    return make_plan(
        script, Staging(Cast(members), scene, cleaning), choices_of(settings or Settings()).planning
    )


def texts(plan: Plan) -> list[str]:
    return [chunk.text for chunk in plan.chunks]
