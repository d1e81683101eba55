"""A studio: its books, its worker, what is heard once, and what a page is told of all of it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from higgs_cli.files.file_lock import holder_of
from higgs_cli.studio.book import StudioBook
from higgs_cli.studio.conflict import NotHereError
from higgs_cli.studio.heard import HeardOnce
from higgs_cli.studio.one_model import OneModel
from higgs_cli.studio.sources import BookSource
from higgs_cli.studio.worker import News, TaskThread
from higgs_cli.takes.layout import LOCK, STORE_SUFFIX


class Desk:
    """Begins with `open` and ends with `close`."""

    def __init__(self, sources: Sequence[BookSource], model: OneModel, folder: Path) -> None:
        """`folder`: for what is only heard; whoever made it removes it."""
        self.books = [StudioBook(source, model) for source in sources]
        self.news = News()
        self.worker = TaskThread(self.news)
        self.heard = HeardOnce(folder, model)

    def open(self) -> None:
        self.worker.start()

    def close(self) -> None:
        self.worker.close()

    def book(self, number: int) -> StudioBook:
        if not 0 <= number < len(self.books):
            raise NotHereError("there is no such book")
        return self.books[number]

    def shelf(self) -> list[dict[str, Any]]:
        """The books, for a list of them."""
        return [
            {"number": number, "name": book.source.name, "output": str(book.output)}
            for number, book in enumerate(self.books)
        ]

    def state(self) -> dict[str, Any]:
        """What changes while a page looks at it."""
        return {
            "revision": self.news.revision,
            "tasks": [task.document() for task in self.worker.tasks],
            "elsewhere": [
                {"book": number, "process": holder}
                for number, book in enumerate(self.books)
                if (holder := _elsewhere(book)) is not None
            ],
        }


def _elsewhere(book: StudioBook) -> int | None:
    """Another process that renders it now."""
    folder = book.settings.store or book.output.with_suffix(STORE_SUFFIX)
    holder = holder_of(folder / LOCK)
    return None if holder == os.getpid() else holder
