"""What renders have written is known by its checksums."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from higgs_cli.files.place import LocalPlace
from higgs_cli.takes.written_files import WrittenFiles


def test_what_threads_note_side_by_side_is_all_known(tmp_path: Path) -> None:
    written, output = WrittenFiles(LocalPlace(tmp_path)), Path("book.flac")
    digests = [f"{number:064x}" for number in range(40)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda digest: written.note(output, [digest]), digests))
    assert sorted(written.of(output)) == digests
