"""A render from its manifest: says beforehand which takes are lost, and afterwards which differ.

While its takes are stored the audio is the same, bit for bit. Without them a take can be spoken
again exactly by an exact model in the context that it had; anything else is another take.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from higgs_cli.errors import UsageError
from higgs_cli.output.manifest.earlier import EarlierRender, EarlierTakes
from higgs_cli.output.outcome import ChunkOutcome
from higgs_cli.progress import Progress
from higgs_cli.speech.protocol import SynthesizerDescription
from higgs_cli.takes.ledger import Ledger

LISTED = 10


def announce(
    earlier: EarlierRender,
    ledger: Ledger,
    description: SynthesizerDescription,
    overridden: Collection[str],
    progress: Progress,
) -> None:
    """Refuse another model than the manifest's unless it was asked for; say what is spoken again,
    and what is lost for good."""
    takes = earlier.takes
    is_other = description.model_fingerprint != takes.model_fingerprint
    if is_other and not {"model", "revision"} & set(overridden):
        raise UsageError(
            f"the manifest was rendered by {takes.model_name}, not by this model",
            hint="give the manifest's model with --model; --model with another name speaks "
            "everything again with that one",
        )
    if not earlier.levels_chapters and len(ledger.plan.chunks_by_chapter) > 1:
        progress.note("as in version 1 of the manifest, the book is levelled as a whole")
    missing = [number for number in takes.takes if not ledger.state(number).is_settled]
    if overridden:
        progress.note(changes(overridden, len(missing)))
        return
    missing = [n for n in missing if not ledger.stores(takes.takes[n].key, takes.takes[n].attempt)]
    is_exact = description.is_exact and takes.was_exact
    voiceless = _lost_voices(takes, ledger)
    lost = [
        number
        for number in missing
        if not is_exact
        or takes.takes[number].had_other_context
        or ledger.plan.chunks[number].key != earlier.plan.chunks[number].key
        or ledger.plan.chunks[number].speaker in voiceless
    ]
    if missing and not lost:
        progress.note(
            f"{len(missing)} takes are missing and will be spoken again, exactly as they were"
        )
    if lost:
        progress.note(
            f"these takes are lost and will be replaced by new ones: {_lines(lost, ledger)}"
        )


def changes(overridden: Collection[str], count: int) -> str:
    """What this command line changes, and how many chunks are spoken again for it."""
    names = ", ".join(name.replace("_", "-") for name in overridden)
    chunks = "nothing is" if not count else "1 chunk is" if count == 1 else f"{count} chunks are"
    return f"changed from the manifest: {names}; {chunks} spoken again"


def _lost_voices(takes: EarlierTakes, ledger: Ledger) -> set[str]:
    """Speakers whose voice was made of a take that is neither stored nor named any more."""
    named = {f"{take.key}.{take.attempt}" for take in takes.takes.values()}
    return {
        speaker
        for speaker, take_name in takes.voice_takes.items()
        if take_name not in named and ledger.generated_voice(speaker) is None
    }


def compare(earlier: EarlierTakes, outcomes: Iterable[ChunkOutcome], progress: Progress) -> None:
    """Say which takes are not the codes that they were."""
    other = [
        outcome.chunk.line_number
        for outcome in outcomes
        if outcome.codes_sha256 is not None
        and (take := earlier.takes.get(outcome.chunk.number)) is not None
        and take.codes_sha256 not in (None, outcome.codes_sha256)
    ]
    if other:
        progress.note(f"these takes differ from the manifest: {_listed(other)}")


def _lines(numbers: Iterable[int], ledger: Ledger) -> str:
    return _listed([ledger.plan.chunks[number].line_number for number in numbers])


def _listed(lines: list[int]) -> str:
    shown = ", ".join(f"line {line}" for line in lines[:LISTED])
    more = len(lines) - LISTED
    return shown + (f" and {more} more" if more > 0 else "")
