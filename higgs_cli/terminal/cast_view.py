"""Shows who speaks in a script, and with which voice."""

from __future__ import annotations

from higgs_cli.jobs.cast_proposal import CastProposal
from higgs_cli.terminal.console import Console
from higgs_cli.terminal.plan_view import duration


def show_proposal(proposal: CastProposal, out: Console) -> None:
    """The cast on stdout, warnings on stderr."""
    if out.mode == "json":
        out.document(proposal.document())
        return
    for warning in proposal.script.warnings:
        out.warn(warning)
    rows = [
        [
            role.speaker,
            proposal.sheet.members[role.speaker].voice,
            str(role.turns),
            duration(role.minutes * 60),
            proposal.why.get(role.speaker, ""),
            role.first,
        ]
        for role in proposal.roles
    ]
    out.table(["speaker", "voice", "turns", "speech", "why", "first line"], rows)
    if proposal.script.form == "prose" and proposal.sheet.quotations == "attributed":
        who = "the narrator" if proposal.sheet.unsure == "narrator" else "whoever is guessed"
        out.say(f"quotations are read by those who say them; those that are not sure, by {who}")
    unsure = sum(not line.is_decided for line in proposal.sheet.lines.values())
    if unsure:
        out.say(
            f"{unsure} quotations are not sure: they are listed in the sheet (-o) to be corrected"
        )
