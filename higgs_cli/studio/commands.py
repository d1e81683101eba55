"""The command lines that do what was done in the page."""

from __future__ import annotations

import shlex

from higgs_cli.output.manifest.opened import manifest_beside
from higgs_cli.studio.book import StudioBook


def commands_of(book: StudioBook) -> list[str]:
    """To render the book as it is now; the first is of the script, where that is here."""
    settings, source = book.settings, book.source
    found = []
    if source.script is not None:
        words = ["higgs", "render", source.script]
        words += [word for path in source.outputs for word in ("-o", str(path))]
        words += ["--voices", str(settings.voices)] if settings.voices else []
        words += [word for each in settings.cast for word in ("--cast", each)]
        words += ["--ref-audio", settings.ref_audio] if settings.ref_audio else []
        words += ["--lexicon", str(settings.lexicon)] if settings.lexicon else []
        words += ["--store", str(settings.store)] if settings.store else []
        found.append(shlex.join(words))
    manifest = manifest_beside(book.output)
    if manifest.is_file():
        found.append(shlex.join(["higgs", "render", "--from", str(manifest)]))
    return found
