"""What could not be written of a sample or of stems, refused before anything is spoken."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from higgs_cli.errors import UsageError
from higgs_cli.files.writable import check_folder_place
from higgs_cli.output.about import AboutBook
from higgs_cli.output.beside import Companion
from higgs_cli.output.extras import stem_form, wanted_sample
from higgs_cli.output.formats.write import check_output
from higgs_cli.output.sample import first_chunk
from higgs_cli.planning.plan import Plan
from higgs_cli.settings.views import Delivery


def check_extras(
    extras: Sequence[Companion],
    plan: Plan,
    about: AboutBook,
    delivery: Delivery,
    inputs: Iterable[Path],
) -> None:
    """Their formats, their places, and where a sample begins."""
    folders = {each.path.parent for each in extras if each.kind != "sample"}
    for folder in folders:
        if folder.is_symlink():
            hint = "move it away; stems are written into a folder of their own"
            raise UsageError(f"{folder} is a link", hint=hint)
        check_folder_place(folder)
    for each in extras:
        if each.kind == "sample":
            check_output(each.path, delivery.sample_format, inputs)
        elif each.kind != "labels" and each.path.parent.exists():
            check_output(each.path, stem_form(each.path, delivery.sample_format), inputs)
    wish = wanted_sample(about, delivery)
    if wish is not None:
        first_chunk(plan, wish)
