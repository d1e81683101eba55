"""A cloning list, spoken and judged: killed and started again, it goes on where it was.

scores.json       all figures, written last
scores.higgs/     the takes: what is there is not spoken again
scores.heard/     what judges said: what is there is not listened to again
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from higgs_cli.evaluation.evaluate import conditions_of
from higgs_cli.evaluation.item_scores import ItemJudgement, ItemScore, judged_words
from higgs_cli.evaluation.judges import JudgeNames, Say, open_judges
from higgs_cli.evaluation.kept_judgements import KeptJudges
from higgs_cli.evaluation.kept_speech import ClonedLine, KeptSpeech, SpokenLine, takes_beside
from higgs_cli.evaluation.meta_list import ListItem, read_meta_list
from higgs_cli.evaluation.recordings import keep_clip
from higgs_cli.evaluation.sound import Sound, recorded_sound, spoken_sound
from higgs_cli.files.writable import check_folder_place
from higgs_cli.settings.views import Choices, ModelChoice
from higgs_cli.speech.protocol import Synthesizer


@dataclass(frozen=True)
class ListOrder:
    """Which list is spoken, who listens, and where what was done is kept."""

    path: Path
    count: int | None
    judges: JudgeNames
    output: Path | None
    """The file of figures: takes and judgements are kept beside it."""
    audio: Path | None
    """Where clips are written, as the benchmark's own scripts want them."""


@dataclass(frozen=True)
class JudgedList:
    """All items in the order of the list, and the model that spoke them."""

    model: str
    scores: tuple[ItemScore, ...]


def evaluate_list(
    order: ListOrder,
    choices: Choices,
    open_speech: Callable[[ModelChoice], Synthesizer],
    say: Say,
) -> JudgedList:
    """The scores of every item; each is said as it is judged."""
    items = read_meta_list(
        order.path, allow_outside=choices.casting.allow_outside, count=order.count
    )
    if order.audio is not None:
        check_folder_place(order.audio)
    judges = open_judges(order.judges, say)
    with takes_beside(order.output, "evaluating a list") as store:
        kept = KeptJudges(judges, order.judges, order.output)
        synthesizer = open_speech(choices.model)
        speech = KeptSpeech(
            synthesizer, conditions_of(choices, synthesizer.description.lane_count), store
        )
        scores: dict[str, ItemScore] = {}
        for item, spoken in _spoken(items, speech):
            sound = spoken_sound(spoken.codes, synthesizer)
            scores[item.name] = score = _scored(item, spoken, sound, kept)
            say(f"{len(scores)}/{len(items)} {item.name}: {score.speech.heard or ''}")
            if order.audio is not None:
                keep_clip(order.audio / f"{item.name}.wav", sound.clip)
        if store is not None and store.damaged:
            say(f"damaged takes, spoken again: {', '.join(store.damaged)}")
    in_order = tuple(scores[item.name] for item in items)
    return JudgedList(synthesizer.description.name, in_order)


def _spoken(items: Sequence[ListItem], speech: KeptSpeech) -> Iterator[tuple[ListItem, SpokenLine]]:
    by_name = {item.name: item for item in items}
    lines = [ClonedLine(item.name, item.text, item.prompt, item.prompt_text) for item in items]
    for spoken in speech.spoken(lines):
        yield by_name[spoken.line.name], spoken


def _scored(item: ListItem, spoken: SpokenLine, sound: Sound, judges: KeptJudges) -> ItemScore:
    """The speech of an item, and the recording of the same words if the list names one."""
    prompt = recorded_sound(item.prompt)
    truth = _judged(item, recorded_sound(item.truth), prompt, judges) if item.truth else None
    speech = _judged(item, sound, prompt, judges)
    return ItemScore(item.name, item.text, spoken.ended, spoken.seconds, speech, truth)


def _judged(item: ListItem, sound: Sound, prompt: Sound, judges: KeptJudges) -> ItemJudgement:
    heard, quality = judges.heard(sound), judges.quality(sound)
    words = judged_words(item.text, heard, judges.plain)
    return ItemJudgement(
        heard=heard,
        word_count=words.word_count,
        word_errors=words.errors,
        word_error_rate=words.rate,
        benchmark_word_error_rate=words.benchmark_rate,
        print_similarity=judges.similarity(sound, prompt),
        overall_quality=quality.overall if quality else None,
    )
