"""Record the eight bundled voices with the new teacher: `python record_voices.py TEACHER VOICES`.

Each gets `NAME.wav`, which ends in a quarter of a second of silence, and `NAME.txt`.
"""

import argparse
from pathlib import Path

from bundled_words import TRANSCRIPTS
from speak_corpus import FRONT_END
from speak_held_out import say
from teacher_kokoro import Kokoro
from teacher_phonemes import Reader
from teacher_voices import NAMED


def main() -> None:
    """Record those that are missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("teacher", type=Path, help="the folder of fetch_teacher.py")
    parser.add_argument("voices", type=Path)
    parser.add_argument("--front-end", type=Path, default=FRONT_END, help="what mini reads with")
    options = parser.parse_args()
    options.voices.mkdir(parents=True, exist_ok=True)
    teacher, reader = Kokoro(options.teacher), Reader(options.front_end)
    for voice in NAMED:
        words = TRANSCRIPTS[voice.name]
        say(teacher, reader, words, voice, options.voices / f"{voice.name}.wav")
        (options.voices / f"{voice.name}.txt").write_text(words + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
