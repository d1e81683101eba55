"""A read-along is written: the sound of each chapter first, then pages and overlays.

sound ─► one audio file a chapter ─► the archive
  └─► sketch ─► times of sentences ─► overlays, pages: the publisher's, or ours
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from higgs_cli.audio.clip import Samples, ratio_to_db
from higgs_cli.audio.loudness import StepMeter
from higgs_cli.files.atomic_file import Note, written_aside
from higgs_cli.files.hashed_file import KeptDigest
from higgs_cli.output.about import AboutBook, marks_of, tracks_of
from higgs_cli.output.formats.encodings import M4A
from higgs_cli.output.formats.labels import ChapterMark
from higgs_cli.output.heard_chunks import HeardChunks
from higgs_cli.output.manifest.write import AudioFacts
from higgs_cli.output.read_along.book_parts import AUDIO_TYPE, BookParts
from higgs_cli.output.read_along.chapter_audio import EncodedChapters, write_chapters
from higgs_cli.output.read_along.container import Container
from higgs_cli.output.read_along.overlay import Clip, length_of, smil
from higgs_cli.output.read_along.package import (
    CONTAINER_XML,
    FOLDER,
    PublishedChapter,
    nav_page,
    package_opf,
)
from higgs_cli.output.read_along.pages import BODY, STYLES, chapter_page
from higgs_cli.output.read_along.publisher import publishers_book, write_publishers_pages
from higgs_cli.output.read_along.sentences import told_chapters
from higgs_cli.output.sketch import SketchedSound
from higgs_cli.planning.plan import Plan

ENCODING = M4A


def write_read_along(
    path: Path,
    sound: SketchedSound,
    plan: Plan,
    times: Mapping[int, tuple[float, float]],
    heard: HeardChunks,
    about: AboutBook,
    note: Note,
) -> AudioFacts:
    """All of it, under its name only when whole; `times` are those of the chunks, and `heard` says
    when their words are."""
    marks = chapter_marks(plan, times, sound.sample_count / sound.sample_rate)
    tracks = tracks_of(plan)
    digits = max(2, len(str(len(tracks))))
    audio = {each.chapter.number: f"{each.number:0{digits}}.m4a" for each in tracks}
    publishers = publishers_book(plan.script.path, plan.script.source)
    folder = publishers.name("") if publishers else f"{FOLDER}/"
    kept, meter = KeptDigest(note), _Meter(sound)
    with written_aside(path, note=kept) as file:
        container = Container(file)
        names = [folder + audio[each.chapter.number] for each in tracks]
        encoded = write_chapters(
            meter.pieces(), sound.sample_rate, marks, ENCODING, container, names
        )
        chapters = told_chapters(plan, times, marks, sound.sketch, heard)
        known_by = heard.told([chunk.number for chunk in plan.chunks if chunk.number in times])
        parts = BookParts(plan, about, chapters, audio, known_by)
        if publishers is not None:
            write_publishers_pages(container, publishers, parts)
        else:
            write_own_pages(container, parts)
        container.close()
        file.flush()
    return replace(meter.facts(path, kept.sha256, encoded), times=known_by)


def chapter_marks(
    plan: Plan, times: Mapping[int, tuple[float, float]], duration_seconds: float
) -> tuple[ChapterMark, ...]:
    """A book in one piece is one chapter."""
    marks = marks_of(plan, times, duration_seconds)
    if marks:
        return marks
    return (ChapterMark(tracks_of(plan)[0].title, 0.0, duration_seconds),)


def write_own_pages(container: Container, book: BookParts) -> None:
    """A book in pages of ours."""
    parts: list[PublishedChapter] = []
    language, name_speakers = book.plan.language, len(book.plan.cast.members) > 1
    for number, chapter in enumerate(book.chapters, start=1):
        page_name, overlay = f"chapter{number}.xhtml", f"chapter{number}.smil"
        clips = [
            Clip(each.identity, book.audio[chapter.number], each.start_seconds, each.end_seconds)
            for each in chapter.sentences
        ]
        page = chapter_page(chapter, language, name_speakers=name_speakers)
        container.add(f"{FOLDER}/{page_name}", page)
        container.add(f"{FOLDER}/{overlay}", smil(page_name, BODY, clips, book.known_by))
        audio = book.audio[chapter.number]
        parts.append(PublishedChapter(chapter.title, page_name, overlay, audio, length_of(clips)))
    cover = book.about.cover
    cover_name = None
    if cover is not None:
        cover_name = "cover.png" if cover.media_type == "image/png" else "cover.jpg"
        container.add(f"{FOLDER}/{cover_name}", cover.data, packed=False)
    about = replace(book.about, title=book.about.title or book.plan.script.path)
    container.add(f"{FOLDER}/styles.css", STYLES.encode())
    container.add(f"{FOLDER}/nav.xhtml", nav_page(about, language, parts))
    package = package_opf(about, language, parts, AUDIO_TYPE, cover_name)
    container.add(f"{FOLDER}/package.opf", package)
    container.add("META-INF/container.xml", CONTAINER_XML)


class _Meter:
    """Loudness and true peak of what passes."""

    def __init__(self, sound: SketchedSound) -> None:
        self._sound = sound
        self._meter = StepMeter(sound.sample_rate)
        self._peak = 0.0

    def pieces(self) -> Iterator[Samples]:
        for block in self._sound.blocks(lambda samples: samples):
            self._meter.add(block.step_powers)
            self._peak = max(self._peak, block.true_peak)
            yield block.content

    def facts(self, path: Path, sha256: str, encoded: EncodedChapters) -> AudioFacts:
        loudness = self._meter.measured(self._sound.sample_count).loudness_lufs
        return AudioFacts(
            path=path,
            sha256=sha256,
            sample_rate=encoded.sample_rate,
            sample_count=encoded.sample_count,
            sample_format=ENCODING.codec,
            loudness_lufs=None if loudness is None else round(loudness, 2),
            true_peak_db=round(ratio_to_db(self._peak), 2),
        )
