"""Lines of a log: what is said of a render and of a batch while nobody looks."""

from __future__ import annotations

from typing import cast

import pytest

from higgs_cli.app import main
from higgs_cli.progress import ChunkProgress
from higgs_cli.terminal.batch_progress import BatchLines
from higgs_cli.terminal.console import Console
from higgs_cli.terminal.progress_view import LineProgress

CHUNK = ChunkProgress(1, "ANN", 2, place="line 2")


class Out:
    """A console that remembers."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)


def test_the_last_line_is_said_once_whatever_is_spoken_again() -> None:
    out = Out()
    progress = LineProgress(cast("Console", out))
    progress.begin(2, 0, 10.0)
    for _ in range(4):  # the last two: takes that were too fast, once more
        progress.spoken(CHUNK, 3.0, "pass")
    assert len(out.said) == 1 and "2/2 chunks" in out.said[0]


def test_a_line_of_a_log_names_the_place_as_the_plan_does() -> None:
    out = Out()
    progress = LineProgress(cast("Console", out))
    progress.begin(1, 0, 10.0)
    of_a_book = ChunkProgress(0, "ANN", 91, place="4:2")
    progress.retried(of_a_book, "too fast")
    progress.spoken(of_a_book, 3.0, "pass")
    assert out.said[0] == "#1, 4:2 (ANN) again: too fast"
    assert out.said[1].endswith("- ANN, 4:2")


def test_a_line_of_a_batch_names_books_only_while_some_are_spoken() -> None:
    out = Out()
    progress = BatchLines(cast("Console", out))
    progress.expect("emma", 1, 0, 3.0)
    progress.became("emma", "mastering")
    progress.of_book("emma").speaking(CHUNK)
    progress.of_book("emma").spoken(CHUNK, 3.0, "pass")
    assert out.said[-1].startswith("1/1 chunks") and not out.said[-1].endswith("- ")


@pytest.mark.parametrize("option", ["--install-completion", "--show-completion"])
def test_completion_for_a_shell_that_is_named_is_refused(
    option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([option, "tcsh"]) == 2
    assert "tcsh" in capsys.readouterr().err
