"""Let the teacher read prose, in parts: `python speak_corpus.py TEACHER PROSE CORPUS --parts 0-199`.

A part is `NNNN.flac` (24 kHz, its utterances joined) and `NNNN.jsonl` (a line each: where it lies, who says what,
in which phonemes). The part's number decides all of it, so parts may be made in any order, by several machines, and
a run that was killed goes on with the parts that are missing. The first twelve parts are by the named voices; then
every third is by voices of the continuum, a new one for each two utterances.

`held_out.txt` holds the sentences that are kept for judging: none of their text is in any part.
"""

import argparse
import json
import random
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from clean_speech import cleaned, fault
from corpus_parts import part_numbers
from prose import Texts, divided, read_sentences, usable
from teacher_kokoro import SAMPLE_RATE, Kokoro
from teacher_phonemes import Reader
from teacher_voices import NAMED, Voice, continuum

TEXTS_PER_PART = 64
FIRST_MIXED_PART = 12
SEED = 2026
FRONT_END = Path(__file__).parents[2] / "model" / "mini"


@dataclass(frozen=True)
class Utterance:
    """One text by one voice, cleaned."""

    samples: np.ndarray
    text: str
    phonemes: str
    voice: Voice

    def row(self, at: int) -> dict[str, object]:
        """The line of the index."""
        return {
            "at": at,
            "samples": len(self.samples),
            "seconds": round(len(self.samples) / SAMPLE_RATE, 3),
            "voice": self.voice.name,
            "weights": self.voice.style,
            "speed": self.voice.speed,
            "text": self.text,
            "phonemes": self.phonemes,
        }


def is_mixed(part: int) -> bool:
    """Whether a part is spoken by voices of the continuum."""
    return part >= FIRST_MIXED_PART and part % 3 == 2


def voices_of(part: int) -> list[Voice]:
    """Who says each of the texts of a part, the named ones equally often."""
    if is_mixed(part):
        return [continuum((part * TEXTS_PER_PART + place) // 2) for place in range(TEXTS_PER_PART)]
    equally = NAMED * (TEXTS_PER_PART // len(NAMED))
    return random.Random(f"{SEED}/voices/{part}").sample(equally, len(equally))


def say(teacher: Kokoro, reader: Reader, text: str, voice: Voice) -> Utterance | str:
    """Speak and clean, or tell what is wrong with what came."""
    phonemes = reader.phonemes(text, voice.british)
    samples = cleaned(teacher.speak(phonemes, voice.style, voice.speed), SAMPLE_RATE)
    wrong = fault(samples, SAMPLE_RATE, phonemes, voice.speed)
    return wrong or Utterance(samples, text, phonemes, voice)


def make_part(folder: Path, part: int, teacher: Kokoro, reader: Reader, texts: Texts) -> None:
    """Speak all of a part; its index appears last, so a part with an index is whole."""
    started, spoken = time.monotonic(), []
    for text, voice in zip(texts.part(part, TEXTS_PER_PART), voices_of(part), strict=True):
        said = say(teacher, reader, text, voice)
        if isinstance(said, Utterance):
            spoken.append(said)
        else:
            print(f"part {part}: left out, {said}: {voice.name}: {text}", flush=True)
    write_part(folder, part, spoken)
    seconds = sum(len(said.samples) for said in spoken) / SAMPLE_RATE
    pace = seconds / (time.monotonic() - started)
    print(f"part {part}: {len(spoken)} texts, {seconds:.0f} s, {pace:.1f} x real time", flush=True)


def write_part(folder: Path, part: int, spoken: list[Utterance]) -> None:
    """Write sound, then index, each under its name only when it is whole."""
    sound, index = folder / f"{part:04d}.flac", folder / f"{part:04d}.jsonl"
    lengths = [len(said.samples) for said in spoken]
    starts = np.cumsum([0, *lengths[:-1]]).tolist()
    joined = np.concatenate([said.samples for said in spoken])
    soundfile.write(sound.with_suffix(".part"), joined, SAMPLE_RATE, "PCM_16", format="FLAC")
    sound.with_suffix(".part").replace(sound)
    rows = [
        json.dumps(said.row(at), ensure_ascii=False)
        for said, at in zip(spoken, starts, strict=True)
    ]
    index.with_suffix(".part").write_text("\n".join(rows) + "\n", encoding="utf-8")
    index.with_suffix(".part").replace(index)


def prepare_texts(source: Path, folder: Path, reader: Reader) -> Texts:
    """Divide the prose, and write down what is held out."""
    held_out, rest = divided(usable(read_sentences(source), reader.knows), SEED)
    text = "\n".join(held_out) + "\n"
    place = folder / "held_out.txt"
    if place.exists() and place.read_text(encoding="utf-8") != text:
        raise SystemExit(f"{place}: these are not the sentences held out of this prose")
    place.write_text(text, encoding="utf-8")
    print(f"{len(rest)} sentences to speak, {len(held_out)} held out", flush=True)
    return Texts(rest, SEED)


def main() -> None:
    """Make the parts that are missing, in order."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("teacher", type=Path, help="the folder of fetch_teacher.py")
    parser.add_argument("prose", type=Path, help="plain text: a file, a .gz of one, or a folder")
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--parts", type=part_numbers, required=True, help="such as 0-199")
    parser.add_argument("--front-end", type=Path, default=FRONT_END, help="what mini reads with")
    options = parser.parse_args()
    options.corpus.mkdir(parents=True, exist_ok=True)
    reader = Reader(options.front_end)
    texts = prepare_texts(options.prose, options.corpus, reader)
    teacher = Kokoro(options.teacher)
    for part in options.parts:
        if not (options.corpus / f"{part:04d}.jsonl").exists():
            make_part(options.corpus, part, teacher, reader, texts)


if __name__ == "__main__":
    main()
