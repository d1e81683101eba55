"""Shows voices of a library, and what was measured of their recordings."""

from __future__ import annotations

from collections.abc import Sequence

from higgs_cli.casting.cast import Voice
from higgs_cli.casting.profile import VoiceEntry
from higgs_cli.casting.reference_check import ReferenceReport
from higgs_cli.casting.voice_library import VoiceLibrary
from higgs_cli.terminal.console import Console


def show_voices(library: VoiceLibrary, out: Console, *, as_json: bool) -> None:
    """All voices of a library, one a line."""
    entries = library.entries()
    if as_json:
        out.document([_listed(library, entry) for entry in entries])
        return
    rows = [
        [entry.name, entry.kind, _origin(library, entry), entry.description or ""]
        for entry in entries
    ]
    out.table(["voice", "made from", "library", "description"], rows)


def show_voice(voice: Voice, out: Console, *, as_json: bool) -> None:
    """Everything that is known of one voice."""
    shown = _shown(voice)
    if as_json:
        out.document(shown)
        return
    for key, value in shown.items():
        if value not in (None, "", [], {}, 0.0):
            out.result(f"{key}: {value}")


def show_reports(
    reports: Sequence[tuple[str, ReferenceReport]], out: Console, *, as_json: bool
) -> None:
    """What was measured of recordings, each under its label, and what would mend them."""
    if as_json:
        out.document([_reported(label, report) for label, report in reports])
        return
    for label, report in reports:
        verdict = "good" if not report.findings else "usable" if report.is_usable else "not usable"
        out.result(
            f"{label}: {verdict}; {report.seconds:.1f} s, {report.sample_rate} Hz, "
            f"speech {report.speech_db:.0f} dB, floor {report.noise_db:.0f} dB"
        )
        for finding in report.findings:
            out.result(f"  {finding.severity}: {finding.problem}; {finding.mend}")


def _origin(library: VoiceLibrary, entry: VoiceEntry) -> str:
    return "yours" if entry.name in library.own else "bundled"


def _listed(library: VoiceLibrary, entry: VoiceEntry) -> dict[str, object]:
    return {
        "name": entry.name,
        "kind": entry.kind,
        "library": _origin(library, entry),
        "description": entry.description,
        "language": entry.language,
        "aliases": list(entry.aliases),
        "moods": sorted(entry.moods),
    }


def _shown(voice: Voice) -> dict[str, object]:
    reference = voice.reference
    return {
        "name": voice.name,
        "description": voice.description,
        "recording": str(reference.audio) if reference else None,
        "transcript": reference.text if reference else None,
        "content": reference.content if reference else None,
        "language": voice.language,
        "gain_db": voice.gain_db,
        **voice.pacing.said,
        "aliases": list(voice.aliases),
        "moods": {mood: str(part.audio) for mood, part in voice.moods.items()},
        "metadata": dict(voice.metadata),
        "consent": voice.consent.as_entry() if voice.consent else None,
        "from": voice.origin,
    }


def _reported(label: str, report: ReferenceReport) -> dict[str, object]:
    return {
        "voice": label,
        "path": str(report.path),
        "seconds": round(report.seconds, 3),
        "sample_rate": report.sample_rate,
        "channels": report.channel_count,
        "speech_db": round(report.speech_db, 1),
        "noise_db": round(report.noise_db, 1),
        "is_usable": report.is_usable,
        "findings": [
            {"severity": one.severity, "problem": one.problem, "mend": one.mend}
            for one in report.findings
        ],
    }
