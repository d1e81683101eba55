"""What renders from a store have done, by checksums: files that they wrote, remarks carried out.

A file is noted before it takes its name, so that a render that is killed knows it again as ours; a
row of a pick-up list when its retake is asked for, so that a render that is killed does not ask
for it again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from threading import Lock

from higgs_cli.errors import FormatError
from higgs_cli.files.place import Place
from higgs_cli.files.strict_json import read_record
from higgs_cli.takes.layout import output_name

KEPT = 1024
"""Of each output, the latest: audio and subtitles, of the present render and some before it; a book
may have a file for each of its chapters."""


class WrittenFiles:
    """The SHA-256 of files, or of rows, by the output that they belong to."""

    def __init__(
        self, place: Place, named: Callable[[Path], str] = output_name, kept: int = KEPT
    ) -> None:
        self._place = place
        self._noting = Lock()
        self._named = named
        self._kept = kept

    def of(self, output: Path) -> tuple[str, ...]:
        """The latest first; none where the record is damaged."""
        name = self._named(output)
        try:
            data = self._place.read(name)
            return () if data is None else read_record(data, name).texts("sha256")
        except FormatError:
            return ()

    def note(self, output: Path, digests: Iterable[str]) -> None:
        """For any thread: chapters are written side by side."""
        with self._noting:
            known = self.of(output)
            latest = [digest for digest in digests if digest not in known]
            if latest:
                value = {"sha256": [*latest, *known][: self._kept]}
                self._place.write_whole(self._named(output), json.dumps(value).encode() + b"\n")
