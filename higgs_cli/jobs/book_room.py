"""The room that a book asks for takes the place of what its delivery sets."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from higgs_cli.jobs.render_job import RenderJob
from higgs_cli.script.file_wishes import RoomWish
from higgs_cli.settings.table import DELIVERIES, Settings

SETTING_OF = {"head": "head", "tail": "tail", "level": "room_tone"}


def with_room(job: RenderJob, wish: RoomWish | None) -> RenderJob:
    """The job with the book's own head, tail and tone; what a person set otherwise stays."""
    if wish is None:
        return job
    usual = DELIVERIES.get(job.choices.delivery.delivery or "", {})
    mastering, changed = job.choices.mastering, dict[str, Any]()
    for name, setting in SETTING_OF.items():
        value = getattr(wish, name)
        if value is not None and getattr(mastering, setting) == usual.get(
            setting, getattr(Settings, setting)
        ):
            changed[setting] = value
    if not changed:
        return job
    choices = replace(job.choices, mastering=replace(mastering, **changed))
    record = {**job.record, "mastering": {**_mastering(job), **changed}}
    return replace(job, choices=choices, record=record)


def _mastering(job: RenderJob) -> dict[str, object]:
    found = job.record["mastering"]
    assert isinstance(found, dict)
    return found
