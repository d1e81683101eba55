"""Let the teacher read what training never hears: `python speak_held_out.py TEACHER SENTENCES FOLDER`.

Each voice gets a folder of `NNNN.wav`, one for each line of the sentences (`held_out.txt` of the corpus), as `higgs eval
--teacher` reads them. By the eight named voices; with `--kept-out` by the twenty that no training has, for judging cloning, each with a
recording to be cloned from beside its folder; with `--dealt` a voice reads only what `higgs eval` lets it speak, its share of it all.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import soundfile
from clean_speech import cleaned
from speak_corpus import FRONT_END
from teacher_kokoro import SAMPLE_RATE, Kokoro
from teacher_phonemes import Reader
from teacher_voices import NAMED, Voice, kept_out

from higgs_cli.casting.voice_library import open_library

# What a stranger's reference recording says: about six seconds, none of the sentences held out.
REFERENCE = "The garden gate was open, and the first bees of the year had found the lavender. I put the kettle on."


def order_of(voices: Sequence[Voice]) -> list[str]:
    """In which order `higgs eval` deals out sentences: the library's, or that of strangers' names."""
    library = [entry.name for entry in open_library(None).entries()]
    names = {voice.name for voice in voices}
    return [name for name in library if name in names] or sorted(names)


def say(teacher: Kokoro, reader: Reader, text: str, voice: Voice, path: Path) -> None:
    """A recording under its name only when it is whole; one that is there is not made again."""
    if path.exists():
        return
    phonemes = reader.phonemes(text, voice.british)
    spoken = cleaned(teacher.speak(phonemes, voice.style, voice.speed), SAMPLE_RATE)
    soundfile.write(path.with_suffix(".part"), spoken, SAMPLE_RATE, "PCM_16", format="WAV")
    path.with_suffix(".part").replace(path)


def main() -> None:
    """Speak what is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("teacher", type=Path, help="the folder of fetch_teacher.py")
    parser.add_argument("sentences", type=Path, help="a line each")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kept-out", action="store_true", help="by the voices kept out")
    parser.add_argument("--front-end", type=Path, default=FRONT_END, help="what mini reads with")
    parser.add_argument("--dealt", action="store_true", help="to each voice its share")
    options = parser.parse_args()
    teacher, reader = Kokoro(options.teacher), Reader(options.front_end)
    texts = options.sentences.read_text(encoding="utf-8").splitlines()
    voices = kept_out() if options.kept_out else NAMED
    order = order_of(voices)
    for voice in voices:
        place = options.folder / voice.name
        place.mkdir(parents=True, exist_ok=True)
        if options.kept_out:
            say(teacher, reader, REFERENCE, voice, options.folder / f"{voice.name}.wav")
            (options.folder / f"{voice.name}.txt").write_text(REFERENCE + "\n", encoding="utf-8")
        first, step = (order.index(voice.name), len(order)) if options.dealt else (0, 1)
        for number in range(first, len(texts), step):
            say(teacher, reader, texts[number], voice, place / f"{number:04d}.wav")


if __name__ == "__main__":
    main()
