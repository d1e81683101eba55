"""Routes of one book: chapters and lines, decisions, words, cast; changes say what was seen."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from higgs_cli.studio import casting, decisions, pronunciation, script_edits, speaking
from higgs_cli.studio.bodies import (
    Audition,
    ChosenTake,
    NewMood,
    NewPause,
    NewWords,
    OtherVoice,
    Preview,
    SaidSo,
    Seen,
    UndoneStep,
)
from higgs_cli.studio.commands import commands_of
from higgs_cli.studio.desk import Desk
from higgs_cli.studio.lines import book_document, chapter_document, line_document
from higgs_cli.studio.worker import Task

BOOK = "/api/books/{number}"
LINE = BOOK + "/lines/{line}"
Document = dict[str, Any]


def book_routes(desk: Desk) -> APIRouter:
    """Everything but sound."""
    routes = APIRouter()
    _add_looking(routes, desk)
    _add_decisions(routes, desk)
    _add_words(routes, desk)
    _add_cast(routes, desk)
    _add_rendering(routes, desk)
    return routes


def _add_looking(routes: APIRouter, desk: Desk) -> None:
    @routes.get("/api/books")
    def books() -> list[Document]:
        return desk.shelf()

    @routes.get(BOOK)
    def book(number: int) -> Document:
        found = desk.book(number)
        document = book_document(found)
        document["why_fixed"] = script_edits.why_not(found.standing())
        document["commands"] = commands_of(found)
        return document

    @routes.get(BOOK + "/chapters/{chapter}")
    def chapter(number: int, chapter: int) -> Document:
        return chapter_document(desk.book(number), chapter)

    @routes.get(LINE)
    def line(number: int, line: str) -> Document:
        return line_document(desk.book(number).standing(), line)

    @routes.get(LINE + "/source")
    def source(number: int, line: str) -> Document:
        return {"text": script_edits.source_of(desk.book(number).standing(), line)}


def _add_decisions(routes: APIRouter, desk: Desk) -> None:
    def decided(number: int, line: str) -> Document:
        desk.news.tell()
        return line_document(desk.book(number).standing(), line)

    @routes.post(LINE + "/choose")
    def choose(number: int, line: str, body: ChosenTake) -> Document:
        decisions.choose(desk.book(number), line, body.attempt, body.seen)
        return decided(number, line)

    @routes.post(LINE + "/lock")
    def lock(number: int, line: str, body: Seen) -> Document:
        decisions.lock(desk.book(number), line, body.seen)
        return decided(number, line)

    @routes.post(LINE + "/unlock")
    def unlock(number: int, line: str, body: Seen) -> Document:
        decisions.unlock(desk.book(number), line, body.seen)
        return decided(number, line)

    @routes.post(LINE + "/retake")
    def retake(number: int, line: str, body: Seen) -> Document:
        book = desk.book(number)
        decisions.check_may_be_spoken_again(book, line, body.seen)
        chunk = book.standing().chunk(line)
        return desk.worker.add(
            number,
            "retake",
            f"Another take of #{chunk.number + 1}",
            lambda progress: speaking.speak_chapter(book, chunk.chapter, progress, line),
        ).document()

    @routes.post(BOOK + "/undo")
    def undo(number: int, body: UndoneStep) -> Document:
        book = desk.book(number)
        with book.changing:
            said = book.history.undo(body.step)
        desk.news.tell()
        return {"undone": said}


def _add_words(routes: APIRouter, desk: Desk) -> None:
    def changed(line: str) -> Document:
        desk.news.tell()
        return {"line": line}

    @routes.post(LINE + "/words")
    def words(number: int, line: str, body: NewWords) -> Document:
        return changed(script_edits.change_words(desk.book(number), line, body.seen, body.text))

    @routes.post(LINE + "/pause")
    def pause(number: int, line: str, body: NewPause) -> Document:
        return changed(script_edits.change_pause(desk.book(number), line, body.seen, body.seconds))

    @routes.post(LINE + "/mood")
    def mood(number: int, line: str, body: NewMood) -> Document:
        return changed(script_edits.change_mood(desk.book(number), line, body.seen, body.mood))

    @routes.get(BOOK + "/lexicon")
    def lexicon(number: int) -> Document:
        return pronunciation.lexicon_document(desk.book(number))

    @routes.get(BOOK + "/lexicon/places")
    def places(number: int, word: str) -> Document:
        book = desk.book(number)
        found = pronunciation.places_of(book.standing(), pronunciation.entry_of(word, "x").word)
        return {
            "lines": [chunk.key for chunk in found],
            "seconds": round(sum(chunk.seconds for chunk in found), 1),
            "said": pronunciation.said_now(book, word),
        }

    @routes.post(BOOK + "/lexicon")
    def say_so(number: int, body: SaidSo) -> Document:
        entry = pronunciation.entry_of(body.word, body.replacement)
        places = pronunciation.say_so(desk.book(number), entry, body.seen)
        desk.news.tell()
        return {"places": places}

    @routes.post(BOOK + "/lexicon/preview")
    def preview(number: int, body: Preview) -> Document:
        book, entry = desk.book(number), pronunciation.entry_of(body.word, body.replacement)
        return desk.worker.add(
            number,
            "preview",
            f'"{entry.word}" as "{entry.replacement}"',
            lambda told: pronunciation.preview(book, desk.heard, body.line, entry, told),
        ).document()


def _add_cast(routes: APIRouter, desk: Desk) -> None:
    @routes.get(BOOK + "/cast")
    def cast(number: int) -> Document:
        return casting.cast_document(desk.book(number))

    @routes.post(BOOK + "/cast/cost")
    def cost(number: int, body: OtherVoice) -> Document:
        return casting.cost(desk.book(number), body.speaker, body.voice)

    @routes.post(BOOK + "/cast")
    def recast(number: int, body: OtherVoice) -> Document:
        casting.recast(desk.book(number), body.speaker, body.voice, body.seen)
        desk.news.tell()
        return casting.cast_document(desk.book(number))

    @routes.post(BOOK + "/cast/audition")
    def audition(number: int, body: Audition) -> Document:
        book = desk.book(number)
        casting.check_speaker(book.standing(), body.speaker)
        return desk.worker.add(
            number,
            "audition",
            f"Audition of {body.speaker}",
            lambda told: casting.audition(book, desk.heard, body.speaker, body.voices, told),
        ).document()


def _add_rendering(routes: APIRouter, desk: Desk) -> None:
    def added(task: Task) -> Document:
        return task.document()

    @routes.post(BOOK + "/chapters/{chapter}/speak")
    def speak(number: int, chapter: int) -> Document:
        book = desk.book(number)
        chapter_document(book, chapter)
        said = f"Chapter {chapter + 1}"
        work = lambda told: speaking.speak_chapter(book, chapter, told)  # noqa: E731
        return added(desk.worker.add(number, "speak", said, work))

    @routes.post(BOOK + "/master")
    def master(number: int) -> Document:
        book = desk.book(number)
        said = f"{book.output.name}"
        return added(
            desk.worker.add(number, "master", said, lambda told: speaking.master(book, told))
        )

    @routes.get(BOOK + "/exports")
    def exports(number: int) -> list[Document]:
        book = desk.book(number)
        return [
            {
                "kind": kind.name,
                "said": kind.said,
                "folder": speaking.export_folder(book, kind.name).name,
                "files": [path.name for path in speaking.export_files(book, kind.name)],
            }
            for kind in speaking.EXPORTS.values()
        ]

    @routes.post(BOOK + "/exports/{kind}")
    def export(number: int, kind: str) -> Document:
        book = desk.book(number)
        speaking.export_files(book, kind)
        said = speaking.EXPORTS[kind].said
        return added(
            desk.worker.add(number, "export", said, lambda told: speaking.export(book, kind, told))
        )

    @routes.post("/api/tasks/{task}/stop")
    def stop(task: int) -> Document:
        desk.worker.stop(task)
        return desk.state()
