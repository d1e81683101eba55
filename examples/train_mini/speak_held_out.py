"""Let the teacher read what training never hears: `python speak_held_out.py TEACHER SENTENCES FOLDER`.

Each voice gets a folder of `NNNN.wav`, one for each line of the sentences (`held_out.txt` of the corpus), as `higgs eval
--teacher` reads them. By the eight named voices; with `--kept-out` by the twenty that no training has, for judging cloning; with
`--dealt` each named voice reads only what `higgs eval` lets it speak, an eighth of it all.
"""

import argparse
from pathlib import Path

import soundfile
from clean_speech import cleaned
from speak_corpus import FRONT_END
from teacher_kokoro import SAMPLE_RATE, Kokoro
from teacher_phonemes import Reader
from teacher_voices import NAMED, kept_out

from higgs_cli.casting.voice_library import open_library


def share_of(name: str, count: int) -> range:
    """The numbers of the sentences that fall to a voice when all are dealt out in the library's order."""
    named = {voice.name for voice in NAMED}
    order = [entry.name for entry in open_library(None).entries() if entry.name in named]
    return range(order.index(name), count, len(order))


def main() -> None:
    """Speak what is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("teacher", type=Path, help="the folder of fetch_teacher.py")
    parser.add_argument("sentences", type=Path, help="a line each")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kept-out", action="store_true", help="by the voices kept out")
    parser.add_argument("--front-end", type=Path, default=FRONT_END, help="what mini reads with")
    parser.add_argument("--dealt", action="store_true", help="an eighth of them for each voice")
    options = parser.parse_args()
    if options.dealt and options.kept_out:
        parser.error("--dealt is for the named voices")
    teacher, reader = Kokoro(options.teacher), Reader(options.front_end)
    texts = options.sentences.read_text(encoding="utf-8").splitlines()
    for voice in kept_out() if options.kept_out else NAMED:
        (options.folder / voice.name).mkdir(parents=True, exist_ok=True)
        share = share_of(voice.name, len(texts)) if options.dealt else range(len(texts))
        for number in share:
            path = options.folder / voice.name / f"{number:04d}.wav"
            if path.exists():
                continue
            phonemes = reader.phonemes(texts[number], voice.british)
            spoken = cleaned(teacher.speak(phonemes, voice.style, voice.speed), SAMPLE_RATE)
            soundfile.write(path.with_suffix(".part"), spoken, SAMPLE_RATE, "PCM_16", format="WAV")
            path.with_suffix(".part").replace(path)


if __name__ == "__main__":
    main()
