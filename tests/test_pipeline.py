"""Many books pass through one pipeline, each with the cast and the store that are its own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from higgs_cli import pipeline
from higgs_cli.errors import UsageError
from higgs_cli.jobs import speaking
from higgs_cli.jobs.book import planned
from higgs_cli.jobs.render_job import RenderJob, job_from_script
from higgs_cli.planning.measured_rate import recall_rate
from higgs_cli.progress import SilentProgress
from higgs_cli.settings.table import Settings
from higgs_cli.settings.views import ModelChoice
from tests.fakes import FakeSpeech, FakeSynthesizer

NOTHING = Settings(scene="none")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    Path("one.txt").write_text("[SPEAKER0] The first book has words of its own.\n")
    Path("two.txt").write_text("[SPEAKER0] The second book has others, and another voice.\n")
    return tmp_path


def job(name: str, voice: str, **changed: object) -> RenderJob:
    settings = replace(NOTHING, cast=(f"SPEAKER0={voice}",), **changed)  # type: ignore[arg-type]
    return job_from_script(f"{name}.txt", None, settings)


def rendered(jobs: list[RenderJob]) -> tuple[FakeSynthesizer, list[ModelChoice]]:
    fake, opened = FakeSynthesizer(), []

    def open_speech(choice: ModelChoice) -> FakeSynthesizer:
        opened.append(choice)
        return fake

    reports = pipeline.render_all(jobs, open_speech, SilentProgress())
    assert all(report.is_whole for report in reports)
    return fake, opened


@pytest.mark.parametrize("store", [None, Path("shared.higgs")])
def test_books_of_different_casts_keep_their_voices(here: Path, store: Path | None) -> None:
    fake, opened = rendered(
        [job("one", "marigold", store=store), job("two", "fergus", store=store)]
    )
    words = {run.chunks[0].text[4:10]: run.references[0].transcript for run in fake.runs_heard}
    assert words["first "] != words["second"]
    assert len(opened) == 1, "one model for all of them"
    alone = FakeSynthesizer()
    again = job("two", "fergus", store=Path("alone.higgs"))
    before = Path("two.wav").read_bytes()
    pipeline.render(again, lambda choice: alone, SilentProgress())
    assert Path("two.wav").read_bytes() == before


def test_books_that_choose_different_models_open_both() -> None:
    _, opened = rendered([job("one", "marigold"), job("two", "marigold", dtype="bfloat16")])
    assert [choice.dtype for choice in opened] == ["auto", "bfloat16"]


def test_a_mistake_in_the_last_book_is_found_before_the_first_is_spoken() -> None:
    fake = FakeSynthesizer()
    with pytest.raises(UsageError, match="no such file"):
        jobs = [job("one", "marigold"), job("three", "marigold")]
        pipeline.render_all(jobs, lambda choice: fake, SilentProgress())
    assert fake.chunks_spoken == []


def test_what_is_made_once_on_a_machine_is_in_no_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(speaking, "monotonic", lambda: clock[0])

    class Compiling(FakeSynthesizer):
        def prepare(self) -> None:
            super().prepare()
            clock[0] += 100.0

        def speak(self, *arguments: Any, **options: Any) -> FakeSpeech:
            clock[0] += 1.0
            return super().speak(*arguments, **options)

    Path("long.txt").write_text("[SPEAKER0] " + "A sentence of some seven words stands here. " * 20)
    fake = Compiling()
    report = pipeline.render(job("long", "marigold"), lambda choice: fake, SilentProgress())
    seconds = sum(chunk.seconds for chunk in planned(report.job).chunks)
    assert recall_rate("fake", "auto") == pytest.approx(seconds)


def test_what_is_stored_is_mastered_without_getting_ready_to_speak() -> None:
    first, again = FakeSynthesizer(), FakeSynthesizer()
    for fake in (first, again):
        pipeline.render(job("one", "marigold"), lambda choice, fake=fake: fake, SilentProgress())
    assert first.is_prepared and not again.is_prepared
