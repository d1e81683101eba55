"""A pick-up list as a command line has it: what is wanted, carried out before, and new in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from higgs_cli.terminal.console import out

if TYPE_CHECKING:
    from pathlib import Path

    from higgs_cli.jobs.render_job import RenderJob


def carrying_out(
    path: Path, job: RenderJob, retake: str | None, lexicon: object, unwritten: str | None = None
) -> RenderJob:
    """The job with what a pick-up list asks for; all of it is checked before its words are
    written. `unwritten`: why they are not."""
    from dataclasses import replace

    from higgs_cli.jobs.pickup_job import left_of, new_words
    from higgs_cli.jobs.pickups import read_pickups
    from higgs_cli.takes.decisions import Wishes, retakes_of

    pickups = read_pickups(path)
    left = left_of(pickups, job)
    done_count = len(pickups.remarks) - len(left.remarks)
    if done_count:
        rows = "1 remark was" if done_count == 1 else f"{done_count} remarks were"
        out.say(
            f"{path}: {rows} carried out before; for one more take: --retake, or another remark"
        )
    wishes = replace(
        job.wishes or Wishes(),
        retake=retakes_of(left.retake(retake)),
        retake_option="--retake" if retake else f"--pickups {path}",
    )
    job = replace(job, wishes=wishes, carried_out=left.rows)
    if not pickups.words:
        return job
    to = pickups.lexicon(lexicon, has_script=job.earlier is None)
    new = new_words(pickups, job, to)
    for word in new.absent:
        out.warn(f'{path}: "{word}" is nowhere in the script')
    for line in new.lines:
        out.say(f"{line} (not written, nor counted: {unwritten})" if unwritten else line)
    if unwritten:
        return new.before
    new.lexicon.write()
    return job
