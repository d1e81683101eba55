"""Is all that a render would write there already? Then nothing is mastered or written again.

    plan, settings, takes, codes   as they are now ──┐
    times, gains, loudness         as it says ───────┼─► a manifest: the very bytes that lie there?
    checksums of audio, subtitles  as they lie there ┘

What was measured is taken from the manifest: it follows from the rest, while the way of mastering
is the same. A manifest that does not name its way is of before: its audio is mastered again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from higgs_cli.errors import FormatError
from higgs_cli.files.strict_json import Record
from higgs_cli.output.delivery import (
    Delivered,
    DeliveryPlace,
    Measured,
    manifest_in,
    outcomes_of,
)
from higgs_cli.output.file_names import audio_paths
from higgs_cli.output.making import chunk_said
from higgs_cli.output.manifest.named_files import digest_of, named_files, path_in
from higgs_cli.output.manifest.write import (
    AudioFacts,
    CompanionFacts,
    DeliveredFiles,
    manifest_bytes,
)
from higgs_cli.planning.plan import Plan
from higgs_cli.script.document import BEFORE_THE_FIRST
from higgs_cli.settings.views import Delivery
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
        delivery: Delivery,
        place: DeliveryPlace,
    ) -> Delivered | None:
        """What would be delivered now, if it is that; `digests` are those of the takes' codes."""
        try:
            if self._manifest.whole(VERSION) != place.mastering_version:
                return None
            measured = self._measured(uneven)
            written = self._files(place.output)
        except FormatError:
            return None
        beside = {each.path for each in place.companions}
        wanted = {*audio_paths(place.outputs, plan, delivery), *beside}
        if wanted != set(written.names):
            return None
        outcomes = outcomes_of(spoken, measured, digests)
        manifest = manifest_in(place, plan, spoken, outcomes, written, measured)
        if hashlib.sha256(manifest_bytes(manifest)).hexdigest() != self._digest:
            return None
        files = (*written.names, place.manifest)
        stale = tuple(each.path for each in written.stale)
        return Delivered(outcomes, files, _duration(written.audio), written.audio, stale=stale)

    def _files(self, output: Path) -> DeliveredFiles:
        """What lies there, as it was measured when it was written."""
        whole = self._manifest
        book = whole.optional_record("audio")
        audio = [*([book] if book else []), *_listed(whole, "other_audio")]
        return DeliveredFiles(
            tuple(_audio(each, output) for each in audio),
            *(
                tuple(_companion(each, output) for each in _listed(whole, name))
                for name in ("subtitles", "companions", "kept", "stale")
            ),
        )

    def _measured(self, uneven: Mapping[int, float]) -> Measured:
        chapters = self._manifest.records("chapters")
        return Measured(
            times={at: times for at, (_, times) in enumerate(self._manifest.made("chunks"))},
            uneven=uneven,
            chapter_gains={
                each.whole("number", BEFORE_THE_FIRST): each.number("gain_db")
                for each in chapters
                if "gain_db" in each
            },
        )


def earlier_delivery(output: Path) -> EarlierDelivery | None:
    """What the manifest beside an output says, if it says enough."""
    said = named_files(output, chunk_said)
    if said is None or VERSION not in said.record:
        return None
    return EarlierDelivery(said.record, digest_of(said.manifest))


def _listed(whole: Record, name: str) -> list[Record]:
    return whole.records(name) if name in whole else []


def _audio(audio: Record, output: Path) -> AudioFacts:
    path = path_in(output, audio)
    return AudioFacts(
        path=path,
        sha256=digest_of(path),
        sample_rate=audio.whole("sample_rate", 1),
        sample_count=audio.whole("sample_count"),
        sample_format=audio.text("sample_format"),
        loudness_lufs=audio.number("loudness_lufs") if "loudness_lufs" in audio else None,
        true_peak_db=audio.number("true_peak_db"),
        chapter=audio.whole("chapter", BEFORE_THE_FIRST) if "chapter" in audio else None,
        times=audio.optional_text("times"),
    )


def _companion(file: Record, output: Path) -> CompanionFacts:
    path = path_in(output, file)
    chapter = file.whole("chapter", BEFORE_THE_FIRST) if "chapter" in file else None
    return CompanionFacts(path, digest_of(path), file.optional_text("times"), chapter)


def _duration(audio: Sequence[AudioFacts]) -> float:
    """Of the book, or of all its chapters; each may be there in several formats."""
    by_chapter = {each.chapter: each.sample_count / each.sample_rate for each in reversed(audio)}
    return sum(by_chapter.values())
