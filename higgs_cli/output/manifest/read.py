"""A manifest read back: the plan, the settings and the takes of a render, to make it again.

It may come from a stranger: each value is checked as it is read, and so is what values say of one
another (see `consistency.py`). The only path in it that is opened for itself is that of a
recording, and what lies there is used only if it has the hash that stands beside the path.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from sys import intern
from typing import cast, get_args

from higgs_cli.casting.cast import Cast, CastMember, Reference, Voice
from higgs_cli.files.strict_json import Record
from higgs_cli.output.about import AboutBook
from higgs_cli.output.manifest.consistency import check_consistency
from higgs_cli.output.manifest.earlier import (
    EarlierRender,
    EarlierTake,
    EarlierTakes,
    JudgedTake,
)
from higgs_cli.output.manifest.opened import (
    manifest_beside,
    opened_manifest,
    output_names,
    store_of,
)
from higgs_cli.output.manifest.source import with_source, written_of
from higgs_cli.planning.plan import Chunk, Pause, PauseKind, Plan, Run
from higgs_cli.script.about import LATEST_YEAR
from higgs_cli.script.assembly import LONGEST_SILENCE_SECONDS
from higgs_cli.script.document import BEFORE_THE_FIRST, Chapter, CreditsKind, Form, Script
from higgs_cli.script.file_wishes import (
    LONGEST_SAMPLE_SECONDS,
    SHORTEST_SAMPLE_SECONDS,
    SampleWish,
)
from higgs_cli.script.pacing import BOUNDS, Pacing
from higgs_cli.script.source_text import Piece
from higgs_cli.settings.record import from_record
from higgs_cli.settings.views import choices_of
from higgs_cli.takes.layout import STORE_SUFFIX
from higgs_cli.takes.take import MOST_ATTEMPTS, VERDICTS, Finding, Verdict

LARGEST_SEED = 2**63 - 1
MOST_LINES = 1 << 30
MOST_CHAPTERS = MOST_SCENES = MOST_SPEAKERS = 1_000_000
MOST_FRAMES = 120 * 25
LONGEST_SECONDS = 1e6
LONGEST_PAUSE_SECONDS = 60.0
LARGEST_GAIN_DB = 40.0
SHA_256 = re.compile("[0-9a-f]{64}")
LEVELLED = ("chapter", "book")
PARAGRAPH = re.compile(r"[0-9]{1,9}:[0-9]{1,9}|credits:(?:opening|closing)")


def read_manifest(path: Path) -> EarlierRender:
    """The render that a manifest describes; damage is an error that names the file."""
    whole = opened_manifest(path, {"chunks": _spoken, "runs": _run})
    version = whole.whole("version", 1)
    settings = from_record(whole.plain("settings"), version, f"{path}: settings")
    plan = _plan(whole)
    takes = _takes(whole, "minted_of" if version == 1 else "generated_from")
    check_consistency(plan, takes.voice_takes, str(path))
    return EarlierRender(
        manifest=path,
        plan=plan,
        record=whole.plain("settings"),
        planning=choices_of(settings).planning,
        store=path.parent / whole.path("store"),
        output_names=output_names(whole),
        about=_about(whole),
        cover_sha256=_cover(whole),
        takes=takes,
        version=version,
        precision=whole.record("model").text("precision"),
        levels_chapters=version > 1 and whole.choice("levelled", LEVELLED) == "chapter",
    )


def _about(whole: Record) -> AboutBook:
    about = whole.optional_record("about")
    if about is None:
        return AboutBook(title=Path(whole.record("script").name_text("path")).stem)
    return AboutBook(
        title=about.name_text("title"),
        author=about.optional_text("author"),
        narrator=about.optional_text("narrator"),
        series=about.optional_text("series"),
        year=about.whole("year", 1, LATEST_YEAR) if "year" in about else None,
        description=about.optional_text("description"),
        sample=_sample(about),
    )


def _sample(about: Record) -> SampleWish | None:
    sample = about.optional_record("sample")
    if sample is None:
        return None
    low, high = SHORTEST_SAMPLE_SECONDS, LONGEST_SAMPLE_SECONDS
    chapter = sample.whole("chapter", 1, MOST_CHAPTERS) if "chapter" in sample else None
    seconds = sample.number("seconds", low, high)
    return SampleWish(chapter, sample.optional_text("place"), seconds)


def _cover(whole: Record) -> str | None:
    about = whole.optional_record("about")
    cover = about.optional_record("cover") if about else None
    if cover is None:
        return None
    digest = cover.text("sha256")
    if not SHA_256.fullmatch(digest):
        raise cover.refusal("sha256", "a checksum")
    return digest


def moments_of(path: Path) -> Mapping[str, tuple[float, float]]:
    """From when to when each chunk sounds in the audio that was written, by its key."""
    whole = opened_manifest(path, {"chunks": _moment, "runs": lambda _: None})
    has_parts = "other_audio" in whole and bool(whole.records("other_audio"))
    if whole.optional_record("audio") is None and not has_parts:
        return {}
    return dict(each for each in whole.made("chunks") if each is not None)


def judged_in(path: Path) -> Mapping[str, JudgedTake]:
    """What all checks and gates said of the take of each chunk, by its key."""
    whole = opened_manifest(path, {"chunks": _judged, "runs": lambda _: None})
    return dict(each for each in whole.made("chunks") if each is not None)


def store_beside(output: Path, named: Path | None) -> Path:
    """The store of an output: itself, where it is one, or as the manifest beside it says."""
    if output.is_dir() or output.suffix == STORE_SUFFIX:
        return output
    manifest = manifest_beside(output)
    if manifest.is_file():
        return store_of(manifest, read_manifest(manifest).store, named)
    return named or output.with_suffix(STORE_SUFFIX)


def _plan(whole: Record) -> Plan:
    source, chunks = with_source((chunk, written) for chunk, _, written in whole.made("chunks"))
    return Plan(
        script=_script(whole, source),
        cast=Cast(tuple(map(_member, whole.records("cast")))),
        scene_text=whole.optional_text("scene"),
        language=whole.text("language"),
        seed=whole.whole("seed", 0, LARGEST_SEED),
        chunks=chunks,
        runs=whole.made("runs"),
    )


def _takes(whole: Record, made_of: str) -> EarlierTakes:
    model = whole.record("model")
    takes = enumerate(take for _, take, _ in whole.made("chunks"))
    cast = whole.records("cast")
    return EarlierTakes(
        model_name=model.text("name"),
        model_fingerprint=model.text("model_fingerprint"),
        was_exact=model.flag("is_exact"),
        takes={number: take for number, take in takes if take is not None},
        voice_takes={each.text("speaker"): each.text(made_of) for each in cast if made_of in each},
    )


def _spoken(value: Record) -> tuple[Chunk, EarlierTake | None, str]:
    """A chunk, its take, and what is written for what it says."""
    text = intern(value.text("text"))
    written, pieces = written_of(value, text)
    return _chunk(value, text, pieces), _take(value) if "take" in value else None, written


def _moment(value: Record) -> tuple[str, tuple[float, float]] | None:
    if "start_seconds" not in value or "end_seconds" not in value:
        return None
    start, end = (value.number(f"{each}_seconds", 0, LONGEST_SECONDS) for each in ("start", "end"))
    return value.text("key"), (start, end)


def _judged(value: Record) -> tuple[str, JudgedTake] | None:
    if "verdict" not in value or "findings" not in value:
        return None
    findings = tuple(map(_finding, value.records("findings")))
    return value.text("key"), JudgedTake(_verdict(value), findings)


def _finding(value: Record) -> Finding:
    return Finding(value.text("check"), _verdict(value), value.text("detail"))


def _verdict(value: Record) -> Verdict:
    return Verdict(value.choice("verdict", VERDICTS))


def _take(chunk: Record) -> EarlierTake:
    take = chunk.record("take")
    return EarlierTake(
        take.text("key"),
        take.whole("attempt", 0, MOST_ATTEMPTS),
        take.optional_text("codes_sha256"),
        chunk.flag("has_other_context"),
    )


def _script(whole: Record, source: str) -> Script:
    script = whole.record("script")
    chapters = tuple(map(_chapter, whole.records("chapters")))
    form = cast(Form, script.choice("form", get_args(Form)))
    return Script(script.name_text("path"), source, "utf-8", form, chapters)


def _chapter(value: Record) -> Chapter:
    kinds = get_args(CreditsKind)
    kind = cast(CreditsKind, value.choice("credits", kinds)) if "credits" in value else None
    return Chapter(
        value.whole("number", BEFORE_THE_FIRST, MOST_CHAPTERS),
        value.text("title"),
        value.whole("line_number", 1, MOST_LINES),
        (),
        kind,
    )


def _chunk(value: Record, text: str, pieces: tuple[Piece, ...]) -> Chunk:
    return Chunk(
        number=value.whole("number"),
        key=value.text("key"),
        recipe={intern(name): intern(part) for name, part in value.text_table("recipe").items()},
        seed=value.whole("seed", 0, LARGEST_SEED),
        chapter=value.whole("chapter", BEFORE_THE_FIRST, MOST_CHAPTERS),
        scene=value.whole("scene", 0, MOST_SCENES),
        turns=value.wholes("turns"),
        speaker=intern(value.text("speaker")),
        mood=value.optional_text("mood"),
        text=text,
        pieces=pieces,
        line_number=value.whole("line_number", 1, MOST_LINES),
        last_line_number=value.whole("last_line_number", 1, MOST_LINES),
        pause=_pause(value.record("pause")),
        seconds=value.number("seconds", 0, LONGEST_SECONDS),
        frame_budget=value.whole("frame_budget", 1, MOST_FRAMES),
        minimum_frames=value.whole("minimum_frames", 0, MOST_FRAMES),
        place=_place(value, "place"),
        last_place=_place(value, "last_place"),
        emphasis=value.spans("emphasis") if "emphasis" in value else (),
    )


def _place(value: Record, name: str) -> str:
    """Manifests of before do not say it."""
    if name not in value:
        return ""
    place = intern(value.text(name))
    if place and not PARAGRAPH.fullmatch(place):
        raise value.refusal(name, "a paragraph, like 3:14")
    return place


def _pause(value: Record) -> Pause:
    kind = cast(PauseKind, value.choice("kind", get_args(PauseKind)))
    is_written = kind in ("start", "written")
    longest = LONGEST_SILENCE_SECONDS if is_written else LONGEST_PAUSE_SECONDS
    return Pause(kind, value.number("seconds", 0, longest))


def _run(value: Record) -> Run:
    return Run(
        number=value.whole("number"),
        chapter=value.whole("chapter", BEFORE_THE_FIRST, MOST_CHAPTERS),
        scene=value.whole("scene", 0, MOST_SCENES),
        speakers=value.texts("speakers"),
        chunks=value.wholes("chunks"),
        mood=value.optional_text("mood"),
    )


def _member(value: Record) -> CastMember:
    reference = value.optional_record("reference")
    voice = Voice(
        name=value.name_text("voice"),
        reference=_reference(reference) if reference else None,
        description=value.optional_text("description"),
        language=value.optional_text("language"),
        gain_db=value.number("gain_db", -LARGEST_GAIN_DB, LARGEST_GAIN_DB),
        moods=_moods(value.record_table("moods")),
        origin=value.name_text("origin"),
    )
    number = value.whole("number", 0, MOST_SPEAKERS)
    pace = value.number("pace", *BOUNDS["pace"]) if "pace" in value else None
    pacing = Pacing(pace=pace)  # pauses are with the chunks
    return CastMember(value.text("speaker"), voice, number, value.text("why"), own_pacing=pacing)


def _moods(values: Mapping[str, Record]) -> dict[str, Reference]:
    return {mood: _reference(each) for mood, each in values.items()}


def _reference(value: Record) -> Reference:
    return Reference(Path(value.path("audio")), value.optional_text("text"), value.text("content"))
