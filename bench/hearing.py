"""How fast does Whisper hear takes, one by one and joined, on one core?

    python -m bench.hearing CORPUS --recognizer FOLDER [--beam 1] [--seconds 600]

CORPUS is a folder as `examples/train_mini/speak_corpus.py` writes it. Joined, takes go in packs of
so many seconds as the plan packs them; both ways in turns, so that neither has the quieter machine.
CPU seconds of this process; the model is open before.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import process_time

import soundfile

from higgs_cli.audio.clip import AudioClip
from higgs_cli.listening.whisper_ear import WhisperEar
from higgs_cli.listening.word_errors import error_count, plain_words
from higgs_cli.takes.packs import MOST_SECONDS

Take = tuple[str, AudioClip]
ROUNDS = 4


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--recognizer", type=Path, required=True, help="folder of a Whisper model")
    parser.add_argument("--beam", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=600.0, help="of speech")
    options = parser.parse_args(arguments)
    ear = WhisperEar(str(options.recognizer), "en", "cpu", options.beam)
    takes = list(_takes(options.corpus, options.seconds))
    seconds = sum(clip.duration_seconds for _, clip in takes)
    print(f"{len(takes)} takes, {seconds:.0f} s of speech, beam {options.beam}")
    ways = {"one by one": [[take] for take in takes], "joined": list(_packs(takes))}
    spent, wrong = dict.fromkeys(ways, 0.0), dict.fromkeys(ways, 0)
    for part in range(ROUNDS):
        for way, packs in ways.items():
            used, errors = _heard(ear, packs[part::ROUNDS])
            spent[way] += used
            wrong[way] += errors
    words = sum(len(plain_words(text)) for text, _ in takes)
    for way, packs in ways.items():
        print(
            f"{way}: {len(packs)} windows, {spent[way]:.1f} CPU s, "
            f"{seconds / spent[way]:.1f} times real time, {wrong[way] / words:.1%} of words wrong"
        )


def _takes(corpus: Path, seconds: float) -> Iterator[Take]:
    """The first so many seconds, as they stand in the corpus."""
    for listed in sorted(corpus.glob("*.jsonl")):
        samples, rate = soundfile.read(listed.with_suffix(".flac"), dtype="float32")
        for line in listed.read_text(encoding="utf-8").splitlines():
            said = json.loads(line)
            clip = AudioClip(samples[said["at"] : said["at"] + said["samples"]], rate)
            yield said["text"], clip
            seconds -= clip.duration_seconds
            if seconds <= 0:
                return


def _packs(takes: Sequence[Take]) -> Iterator[list[Take]]:
    pack: list[Take] = []
    for take in takes:
        if pack and sum(c.duration_seconds for _, c in (*pack, take)) > MOST_SECONDS:
            yield pack
            pack = []
        pack.append(take)
    yield pack


def _heard(ear: WhisperEar, packs: Sequence[Sequence[Take]]) -> tuple[float, int]:
    """CPU seconds, and words that were heard wrongly."""
    began = process_time()
    heard = [ear.hear([clip for _, clip in pack]) for pack in packs]
    used = process_time() - began
    errors = sum(
        error_count(plain_words(text), plain_words(each.text))
        for pack, hearings in zip(packs, heard, strict=True)
        for (text, _), each in zip(pack, hearings, strict=True)
    )
    return used, errors


if __name__ == "__main__":
    main()
