"""The table and the picture of a training run."""

from __future__ import annotations

import struct
import zlib
from contextlib import suppress
from pathlib import Path

import pytest

from higgs_cli.errors import FormatError
from higgs_cli.tools.training_curves import HEIGHT, WIDTH, draw_curves
from higgs_cli.tools.training_log import TrainingLog
from model.training.lm_trainer import LmTrainer
from tests.model.training_fixtures import settings_for


def pixels(png: bytes) -> set[bytes]:
    """The colours of a picture, after checking every chunk of it."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    place, data = 8, b""
    while place < len(png):
        (size,) = struct.unpack_from(">I", png, place)
        kind, body = png[place + 4 : place + 8], png[place + 8 : place + 8 + size]
        (checksum,) = struct.unpack_from(">I", png, place + 8 + size)
        assert checksum == zlib.crc32(kind + body)
        data += body if kind == b"IDAT" else b""
        place += 12 + size
    raw = zlib.decompress(data)
    assert len(raw) == HEIGHT * (1 + 3 * WIDTH)
    rows = [raw[row * (1 + 3 * WIDTH) + 1 : (row + 1) * (1 + 3 * WIDTH)] for row in range(HEIGHT)]
    return {row[3 * column : 3 * column + 3] for row in rows for column in range(WIDTH)}


def test_a_picture_shows_every_curve_in_its_colour() -> None:
    blue, red = bytes((31, 119, 180)), bytes((214, 39, 40))
    one = {"loss": [(1.0, 3.0), (2.0, 1.0)]}
    assert blue in pixels(draw_curves(one))
    assert red not in pixels(draw_curves(one))
    assert red in pixels(draw_curves({**one, "rate": [(1.0, 0.001)]}))


@pytest.mark.parametrize(
    "curves",
    [
        {},
        {"loss": []},
        {"loss": [(1.0, 2.0)]},
        {"loss": [(1.0, float("nan")), (2.0, float("inf"))]},
        {"loss": [(step, 0.0) for step in range(5000)]},
        {"loss": [(1.0, -3.0), (2.0, 4e9)]},
    ],
)
def test_no_curve_is_too_odd_to_draw(curves: dict[str, list[tuple[float, float]]]) -> None:
    assert pixels(draw_curves(curves))


class Clock:
    """Time that passes when told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def write_rows(folder: Path, first: int, last: int, step_count: int = 9) -> list[str]:
    said: list[str] = []
    clock = Clock()
    with TrainingLog(folder, first, step_count, said.append, clock) as log:
        for step in range(first + 1, last + 1):
            clock.now += 4.0
            log.add(step, 0.5, {"loss": 10.0 - step})
    return said


def test_a_run_that_is_continued_reads_as_if_it_had_never_stopped(tmp_path: Path) -> None:
    write_rows(tmp_path / "straight", 0, 9)
    write_rows(tmp_path / "killed", 0, 7)
    table = tmp_path / "killed/curves.csv"
    table.write_text(table.read_text()[:-3])  # killed in the middle of a line
    write_rows(tmp_path / "killed", 5, 9)
    assert table.read_text() == (tmp_path / "straight/curves.csv").read_text()
    assert table.read_text().splitlines()[:2] == ["step,seconds,loss", "1,0.5,9"]


def test_every_row_is_in_the_file_at_once(tmp_path: Path) -> None:
    log = TrainingLog(tmp_path, 0, 9, lambda _: None, Clock())  # never closed: the run is killed
    for step in range(1, 6):
        log.add(step, 0.5, {"loss": 10.0 - step})
        steps = [line[0] for line in (tmp_path / "curves.csv").read_text().splitlines()[1:]]
        assert steps == [str(n) for n in range(1, step + 1)]
    log._close()


class Killed(BaseException):
    """The end of a run without any farewell."""


def run_until_killed(tmp_path: Path, at_row: int | None) -> list[str]:
    """A run with a log that nobody closes; the steps in its table afterwards."""
    trainer = LmTrainer(settings_for(tmp_path, steps=5, checkpoint_steps=2))
    log = TrainingLog(tmp_path / "out", trainer.progress.step, 5, lambda _: None)
    with suppress(Killed):
        for report in trainer.run():
            log.add(report.step, report.seconds, {"loss": report.scores.total})
            if report.step == at_row:
                break
    lines = (tmp_path / "out/curves.csv").read_text().splitlines()[1:]
    log._close()
    return [line.split(",")[0] for line in lines]


def test_a_run_killed_after_a_checkpoint_or_before_one_keeps_every_row_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = LmTrainer.checkpoint

    def checkpoint_and_die(self: LmTrainer) -> None:
        whole(self)
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(LmTrainer, "checkpoint", checkpoint_and_die)
        assert run_until_killed(tmp_path, at_row=None) == ["1", "2"]
    assert run_until_killed(tmp_path, at_row=4) == ["1", "2", "3", "4"]
    assert run_until_killed(tmp_path, at_row=None) == ["1", "2", "3", "4", "5"]


def test_a_figure_that_comes_late_gets_a_column(tmp_path: Path) -> None:
    with TrainingLog(tmp_path, 0, 3, print) as log:
        log.add(1, 0.5, {"loss": 3.0})
        log.add(2, 0.5, {"loss": 2.0, "held out": 2.5})
        log.add(3, 0.5, {"loss": 1.0})
    lines = (tmp_path / "curves.csv").read_text().splitlines()
    assert lines == ["step,seconds,loss,held out", "1,0.5,3,", "2,0.5,2,2.5", "3,0.5,1,"]


def test_it_says_now_and_then_how_long_it_will_take(tmp_path: Path) -> None:
    said = write_rows(tmp_path, 0, 9)
    assert said[0] == "step 1 of 9  loss 9  0:00:32 left"
    assert said[-1] == "step 9 of 9  loss 1  0:00:00 left"
    assert len(said) == 4


def test_a_table_of_somebody_elses_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "curves.csv").write_text("name,age\nmary,7\n")
    with pytest.raises(FormatError, match=r"curves\.csv is not a training log"):
        TrainingLog(tmp_path, 5, 9, print)
