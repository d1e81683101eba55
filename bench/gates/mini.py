"""The set as mini speaks it: a fault in words is a text with the fault, spoken.

Texts are the sentences of `transcripts/` and of `higgs eval`, and the clauses of the long ones. The
bundled voices speak them, each line with its own reference and nothing before it.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.gates.labelled_take import FOREIGN, SOUND_FAULTS, WHOLE, MadeTake, Samples
from bench.gates.sound_faults import FAULTS
from bench.gates.word_orders import ORDERS, told
from higgs_cli.casting.scene_library import scene_text
from higgs_cli.casting.voice_library import open_library
from higgs_cli.evaluation.evaluate import Conditions, EvaluatedVoice, Task, speak
from higgs_cli.evaluation.subjects import open_voices, read_sentences
from higgs_cli.pipeline import open_higgs
from higgs_cli.settings.views import ModelChoice, Sampling
from higgs_cli.speech.protocol import Synthesizer

TRANSCRIPTS = Path(__file__).parents[2] / "transcripts"
SOURCES = ("long_chapter.txt", "short_story.md", "single_speaker.txt")
SENTENCE = re.compile(r"[^.!?“”]+[.!?]")
CLAUSE = re.compile(r"(?<=[,;:])\s")
MOST_WORDS, CLAUSE_WORDS = 25, 3
FEW_WORDS, SHARE_OF_FEW = 5, 8
LEAST_SPOILT_WORDS = 7
SINGLE_WORDS = ("Nobody.", "Yes.", "Certainly.", "Tomorrow.", "Perhaps.", "Always.", "Evening.")
LANES = 16


@dataclass(frozen=True)
class Wanted:
    """A take to be made: which text is spoken, for which."""

    kind: str
    text: str
    said: str
    spoken_by: str
    detail: str = ""


def mini_set(whole: int, faulty: int, seed: int) -> Iterator[MadeTake]:
    """So many whole takes and faulty ones of each kind, in equal shares by the bundled voices."""
    synthesizer = open_higgs(ModelChoice(model="mini"))
    voices = {voice.name: voice for voice in open_voices((), open_library(None), synthesizer)}
    texts = read_texts()
    rest = len(voices)
    for name in voices:
        chance = random.Random(f"{seed}/{name}")
        wanted = list(_wanted(name, list(voices), texts, whole // rest, -(-faulty // rest), chance))
        sounds = _spoken(synthesizer, voices, wanted, seed)
        rate = synthesizer.description.sample_rate
        for each, samples in zip(wanted, sounds, strict=True):
            detail = each.detail
            if each.kind in FAULTS:
                spoilt = FAULTS[each.kind](samples, rate, chance)
                if spoilt is None:
                    continue
                samples, detail = spoilt
            yield MadeTake(each.kind, name, each.text, samples, each.spoken_by, each.said, detail)


def read_texts() -> list[str]:
    """Sentences of one to 25 words, and the clauses of the longer ones; each once."""
    found = list(SINGLE_WORDS)
    lines = [*read_sentences(None, None)]
    for name in SOURCES:
        own = (TRANSCRIPTS / name).read_text("utf-8").splitlines()
        lines += [line for line in own if not re.match(r"\W*#|\w+:|\s|-", line)]
    for line in lines:
        for match in SENTENCE.finditer(line):
            sentence = match.group().strip()
            found.append(sentence)
            if len(sentence.split()) > MOST_WORDS // 2:
                clauses = [clause.rstrip(",;:. ") + "." for clause in CLAUSE.split(sentence)]
                found += [clause for clause in clauses if len(clause.split()) >= CLAUSE_WORDS]
    return [text for text in dict.fromkeys(found) if 0 < len(text.split()) <= MOST_WORDS]


def _wanted(
    voice: str, voices: list[str], texts: list[str], whole: int, faulty: int, chance: random.Random
) -> Iterator[Wanted]:
    own = [text for text in texts if text not in SINGLE_WORDS]
    chance.shuffle(own)
    singles = chance.sample(SINGLE_WORDS, 3)
    yield from (Wanted(WHOLE, text, text, voice) for text in singles)
    yield from (Wanted(WHOLE, text, text, voice) for text in _taken(own, whole - len(singles)))
    strangers = [name for name in voices if name != voice]
    for number in range(faulty):
        for kind in ORDERS:
            is_short = number % SHARE_OF_FEW == 0 and kind != "dropped-3"
            yield _reordered(kind, voice, own, is_short, chance)
        for kind in SOUND_FAULTS:
            text = _next(own, LEAST_SPOILT_WORDS)
            yield Wanted(kind, text, text, voice)
        text = own.pop()
        near = sorted(own, key=lambda each: abs(len(each) - len(text)))
        yield Wanted("other-text", text, chance.choice(near[:8]), voice)
        text = own.pop()
        yield Wanted(FOREIGN, text, text, chance.choice(strangers))


def _next(texts: list[str], least_words: int) -> str:
    """The next that is long enough to lack a part."""
    while len((text := texts.pop()).split()) < least_words:
        texts.insert(0, text)
    return text


def _taken(texts: list[str], count: int) -> list[str]:
    return [texts.pop() for _ in range(count)]


def _reordered(
    kind: str, voice: str, texts: list[str], is_short: bool, chance: random.Random
) -> Wanted:
    while True:
        text = texts.pop()
        words = text.split()
        order = ORDERS[kind](len(words), chance)
        if order is None or (len(words) < FEW_WORDS) is not is_short:
            texts.insert(0, text)
            continue
        said = " ".join(words[index] for index in order).rstrip(",;:.?! ") + text[-1]
        return Wanted(kind, text, said, voice, told(words, order))


def _spoken(
    synthesizer: Synthesizer, voices: dict[str, EvaluatedVoice], wanted: list[Wanted], seed: int
) -> list[Samples]:
    """In the order in which they are wanted, whatever was finished first."""
    tasks = [Task(voices[each.spoken_by], number, each.said) for number, each in enumerate(wanted)]
    conditions = Conditions(scene_text(None) or "", Sampling(), seed, LANES)
    found = {task.number: clip.samples for task, clip, _ in speak(synthesizer, tasks, conditions)}
    return [found[number] for number in range(len(wanted))]
