"""One comparison, from what was asked to figures, a blind page, or a table of wins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from higgs_cli.casting.voice_library import open_library
from higgs_cli.checkpoints.find import find_checkpoint, is_folder_name
from higgs_cli.errors import UsageError
from higgs_cli.evaluation.blind.answers import Answers, read_answers
from higgs_cli.evaluation.blind.page import blind_page
from higgs_cli.evaluation.blind.trials import chosen_trials
from higgs_cli.evaluation.compared import Pairing, Side, paired
from higgs_cli.evaluation.comparison import JudgedPair, judged_pairs
from higgs_cli.evaluation.judges import JudgeNames, Say, open_judges
from higgs_cli.evaluation.kept_judgements import KeptJudges
from higgs_cli.evaluation.kept_speech import ClonedLine, takes_beside
from higgs_cli.evaluation.rendered_side import rendered_side
from higgs_cli.evaluation.spoken_side import SpeakingModel, dealt_lines
from higgs_cli.evaluation.subjects import read_sentences, wanted_voices
from higgs_cli.settings.views import Choices, ModelChoice
from higgs_cli.speech.protocol import Synthesizer

RENDERED = (".json", ".wav", ".flac", ".mp3", ".opus", ".m4b", ".m4a")

OpenSpeech = Callable[[ModelChoice], Synthesizer]


@dataclass(frozen=True)
class ComparisonOrder:
    """Which two, on what, and by whom they are judged."""

    first: str
    second: str
    voices: tuple[str, ...]
    sentences: Path | None
    count: int | None
    """So many sentences of models; so many pairs of renders."""
    judges: JudgeNames
    output: Path | None
    """Takes and judgements are kept beside it."""
    page_pairs: int | None
    """How many pairs a blind page is to have; None for no page."""


@dataclass(frozen=True)
class Compared:
    """All that came of it."""

    pairing: Pairing
    judged: tuple[JudgedPair, ...]
    page: bytes | None


def compare(
    order: ComparisonOrder, choices: Choices, open_speech: OpenSpeech, say: Say
) -> Compared:
    """Every pair judged by all judges that are there."""
    seed = choices.planning.seed
    opened = open_judges(order.judges, say)
    with takes_beside(None if _is_render(order.first) else order.output, "comparing") as store:
        pairing = _pairing(
            order, choices, lambda model, lines: model.side(lines, open_speech, store, say)
        )
    say(_paired(pairing))
    page = None
    if order.page_pairs is not None:
        page = blind_page(chosen_trials(pairing.pairs, order.page_pairs, seed), say)
    asked = pairing.sample(order.count, seed)
    kept = KeptJudges(opened, order.judges, order.output)
    judged: list[JudgedPair] = []
    with kept.hold():
        for pair in judged_pairs(asked, kept):
            judged.append(pair)
            say(f"{len(judged)}/{len(asked.pairs)} {pair.speaker}: {pair.text}")
    return Compared(asked, tuple(judged), page)


def compare_answers(order: ComparisonOrder, choices: Choices, answers: list[Path]) -> Answers:
    """Who won: nothing is spoken and nothing is listened to."""
    return read_answers(answers, _pairing(order, choices, SpeakingModel.silent_side))


def _pairing(
    order: ComparisonOrder,
    choices: Choices,
    spoken: Callable[[SpeakingModel, list[ClonedLine]], Side],
) -> Pairing:
    kinds = {_is_render(order.first), _is_render(order.second)}
    if len(kinds) == 2:
        raise UsageError("a render and a model cannot be compared: name two of one kind")
    if kinds == {True}:
        given = (order.first, order.second)
        return paired(*(rendered_side(Path(each), each) for each in given))
    models = [SpeakingModel(name, choices) for name in (order.first, order.second)]
    for model in models:
        find_checkpoint(model.choice)  # both, before either speaks for minutes
    casting = choices.casting
    library = open_library(casting.voices, allow_outside=casting.allow_outside)
    texts = read_sentences(order.sentences, order.count)
    lines = dealt_lines(wanted_voices(order.voices, library), texts)
    first, second = (spoken(model, lines) for model in models)
    return paired(first, second)


def _is_render(name: str) -> bool:
    return name.lower().endswith(RENDERED) or (is_folder_name(name) and Path(name).is_file())


def _paired(pairing: Pairing) -> str:
    said = f"{len(pairing.pairs)} lines are said by both"
    only = [
        f"{count} by {name} alone"
        for name, count in zip(pairing.names, pairing.unpaired, strict=True)
        if count
    ]
    return ", ".join([said, *only])
