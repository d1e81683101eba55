"""Is all that a render would write there already? Then nothing is mastered or written again.

    plan, settings, takes, codes   as they are now ──┐
    times, gains, loudness         as it says ───────┼─► a manifest: the very bytes that lie there?
    checksums of audio, subtitles  as they lie there ┘

What was measured is taken from the manifest: it follows from the rest, while the way of mastering
is the same. A manifest that does not name its way is of before: its audio is mastered again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from higgs_cli.errors import FormatError, HiggsError
from higgs_cli.files.fingerprint import bytes_fingerprint
from higgs_cli.files.strict_json import Record
from higgs_cli.output.companions import companion_facts
from higgs_cli.output.delivery import (
    Delivered,
    DeliveryPlace,
    Measured,
    manifest_in,
    outcomes_of,
)
from higgs_cli.output.manifest.read import LEFT_OUT, manifest_beside, opened_manifest
from higgs_cli.output.manifest.write import (
    AudioFacts,
    DeliveredFiles,
    manifest_bytes,
)
from higgs_cli.planning.plan import Plan
from higgs_cli.speech.protocol import SynthesizerDescription
from higgs_cli.takes.settled import SpokenPlan

VERSION = "mastering_version"


class EarlierDelivery:
    """What an earlier render wrote there, as the manifest of the same output says."""

    def __init__(self, manifest: Record, digest: str) -> None:
        self._manifest = manifest
        self._digest = digest

    @property
    def description(self) -> SynthesizerDescription | None:
        """Who spoke it, if it says so."""
        try:
            model = self._manifest.record("model")
            readers: Mapping[str, Callable[[str], Any]] = {
                "str": model.text,
                "int": model.whole,
                "bool": model.flag,
            }
            named = {
                each.name: readers[str(each.type)](each.name)
                for each in fields(SynthesizerDescription)
            }
        except FormatError:
            return None
        return SynthesizerDescription(**named)

    def still_is(
        self,
        plan: Plan,
        spoken: SpokenPlan,
        uneven: Mapping[int, float],
        digests: Mapping[int, str],
        place: DeliveryPlace,
    ) -> Delivered | None:
        """What would be delivered now, if it is that; `digests` are those of the takes' codes."""
        try:
            if self._manifest.whole(VERSION) != place.mastering_version:
                return None
            audio, measured = self._audio(place.output), self._measured(uneven)
        except FormatError:
            return None
        beside = tuple(companion_facts(each, _digest(each.path)) for each in place.companions)
        outcomes, written = outcomes_of(spoken, measured, digests), DeliveredFiles(audio, beside)
        manifest = manifest_in(place, plan, spoken, outcomes, written, measured)
        if hashlib.sha256(manifest_bytes(manifest)).hexdigest() != self._digest:
            return None
        files = (place.output, *(each.path for each in place.companions), place.manifest)
        return Delivered(outcomes, files, audio.sample_count / audio.sample_rate)

    def _audio(self, output: Path) -> AudioFacts:
        """What lies there, as it was measured when it was written."""
        audio = self._manifest.record("audio")
        return AudioFacts(
            path=output,
            sha256=_digest(output),
            sample_rate=audio.whole("sample_rate", 1),
            sample_count=audio.whole("sample_count"),
            sample_format=audio.text("sample_format"),
            loudness_lufs=audio.number("loudness_lufs") if "loudness_lufs" in audio else None,
            true_peak_db=audio.number("true_peak_db"),
        )

    def _measured(self, uneven: Mapping[int, float]) -> Measured:
        chapters = self._manifest.records("chapters")
        return Measured(
            times=dict(enumerate(self._manifest.made("chunks"))),
            uneven=uneven,
            chapter_gains={
                each.whole("number"): each.number("gain_db")
                for each in chapters
                if "gain_db" in each
            },
        )


def earlier_delivery(output: Path) -> EarlierDelivery | None:
    """What the manifest beside an output says, if it says enough."""
    path = manifest_beside(output)
    try:
        manifest = opened_manifest(path, {**LEFT_OUT, "chunks": _place})
    except HiggsError:
        return None
    return EarlierDelivery(manifest, _digest(path)) if VERSION in manifest else None


def _place(chunk: Record) -> tuple[float, float]:
    return chunk.number("start_seconds"), chunk.number("end_seconds")


def _digest(path: Path) -> str:
    """Of what lies there; nothing has this digest where nothing does."""
    try:
        return bytes_fingerprint(path)
    except OSError:
        return ""
