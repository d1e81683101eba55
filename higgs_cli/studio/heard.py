"""What is spoken only to be heard: a line before and after a word is said otherwise, an audition.

It lies in a folder of the studio's own, which is gone when the studio ends: nothing of it is in the
book's store. The page knows each by a name that is drawn here.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from higgs_cli import pipeline
from higgs_cli.casting.cast import Cast, CastMember, Voice
from higgs_cli.jobs.render_job import RenderJob, TextWithVoice, job_of
from higgs_cli.progress import Progress
from higgs_cli.script.document import NARRATOR
from higgs_cli.settings.table import Settings
from higgs_cli.studio.book import StudioBook
from higgs_cli.studio.conflict import NotHereError
from higgs_cli.studio.one_model import OneModel

STORE = "heard.higgs"
MOST_HEARD = 500


@dataclass(frozen=True)
class Trial:
    """A text in a voice, with a lexicon or without."""

    label: str
    text: str
    voice: Voice
    lexicon: Path | None = None


def spoken_alone(book: StudioBook) -> Settings:
    """The settings of a book for a line of it: what the whole says of itself, a line does not."""
    plan, settings = book.standing().plan, book.settings
    scene = settings.scene or plan.script.header.scene
    return replace(settings, language=plan.language, scene=scene)


class HeardOnce:
    """The sounds of trials, by name. For any thread."""

    def __init__(self, folder: Path, model: OneModel) -> None:
        self.folder = folder
        self._model = model
        self._paths: dict[str, Path] = {}
        self._adding = threading.Lock()

    def path(self, name: str) -> Path:
        found = self._paths.get(name)
        if found is None:
            raise NotHereError("this sound is not kept any more")
        return found

    def speak(
        self, trials: Sequence[Trial], settings: Settings, progress: Progress
    ) -> list[dict[str, str]]:
        """Each with the name of its sound."""
        names = [secrets.token_urlsafe(12) for _ in trials]
        jobs = [self._job(*each, settings) for each in zip(names, trials, strict=True)]
        pipeline.render_all(jobs, self._model.open, progress)
        with self._adding:
            for name in names:
                self._paths[name] = self._place(name)
            for old in list(self._paths)[:-MOST_HEARD]:
                self._paths.pop(old).unlink(missing_ok=True)
        return [
            {"label": trial.label, "sound": name} for name, trial in zip(names, trials, strict=True)
        ]

    def _job(self, name: str, trial: Trial, settings: Settings) -> RenderJob:
        plain = replace(
            settings,
            store=self.folder / STORE,
            lexicon=trial.lexicon,
            read_as="prose",
            headings="spoken",
            chapters=None,
            cast=(),
            ref_audio=None,
            book=None,
            per_chapter=False,
            subtitles="none",
            chapters_json=False,
        )
        cast = Cast((CastMember(NARRATOR, trial.voice, 0, "studio"),))
        return job_of(TextWithVoice("<studio>", trial.text, cast), self._place(name), plain)

    def _place(self, name: str) -> Path:
        return self.folder / f"{name}.wav"
