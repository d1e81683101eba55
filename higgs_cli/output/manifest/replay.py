"""A manifest rendered again: what cannot be the same is said before, what is not is said after.

While its takes are stored the audio is the same, bit for bit. Without them a take can be spoken
again exactly by an exact model in the context that it had; anything else is another take.
"""

from __future__ import annotations

from collections.abc import Iterable

from higgs_cli.errors import UsageError
from higgs_cli.output.manifest.earlier_takes import EarlierTakes
from higgs_cli.output.outcome import ChunkOutcome
from higgs_cli.progress import Progress
from higgs_cli.rendering.loop import Rendering

LISTED = 10


def announce(earlier: EarlierTakes, rendering: Rendering, progress: Progress) -> None:
    """Refuse another model; list the lines whose takes are gone for good."""
    description = rendering.synthesizer.description
    if description.model_fingerprint != earlier.model_fingerprint:
        raise UsageError(
            f"the manifest was rendered by {earlier.model_name}, and this is another model",
            hint="--model: the one that is named in the manifest",
        )
    missing = [number for number in earlier.takes if not rendering.ledger.state(number).is_settled]
    is_exact = description.is_exact and earlier.was_exact
    voiceless = _lost_voices(earlier, rendering)
    lost = [
        number
        for number in missing
        if not is_exact
        or earlier.takes[number].had_other_context
        or rendering.plan.chunks[number].speaker in voiceless
    ]
    if missing and not lost:
        progress.note(f"{len(missing)} takes are not stored; they will be spoken again, exactly")
    if lost:
        progress.note(
            f"these takes cannot be made again, others will stand there: {_lines(lost, rendering)}"
        )


def _lost_voices(earlier: EarlierTakes, rendering: Rendering) -> set[str]:
    """Speakers whose voice was made of a take that is neither stored nor named any more."""
    named = {f"{take.key}.{take.attempt}" for take in earlier.takes.values()}
    return {
        speaker
        for speaker, take_name in earlier.minted_takes.items()
        if take_name not in named and not rendering.has_voice(speaker)
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
        progress.note(f"not as they were: {_listed(other)}")


def _lines(numbers: Iterable[int], rendering: Rendering) -> str:
    return _listed([rendering.plan.chunks[number].line_number for number in numbers])


def _listed(lines: list[int]) -> str:
    shown = ", ".join(f"line {line}" for line in lines[:LISTED])
    more = len(lines) - LISTED
    return shown + (f" and {more} more" if more > 0 else "")
