"""Let the teacher read what training never hears: `python speak_held_out.py TEACHER SENTENCES FOLDER`.

Each voice gets a folder of `NNNN.wav`, one for each line of the sentences (`held_out.txt` of the corpus), as `higgs eval
--teacher` reads them. By the eight named voices; with `--kept-out` by the twenty that no training has, for judging cloning.
"""

import argparse
from pathlib import Path

import soundfile
from clean_speech import cleaned
from speak_corpus import FRONT_END
from teacher_kokoro import SAMPLE_RATE, Kokoro
from teacher_phonemes import Reader
from teacher_voices import NAMED, kept_out


def main() -> None:
    """Speak what is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("teacher", type=Path, help="the folder of fetch_teacher.py")
    parser.add_argument("sentences", type=Path, help="a line each")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kept-out", action="store_true", help="by the voices kept out")
    parser.add_argument("--front-end", type=Path, default=FRONT_END, help="what mini reads with")
    options = parser.parse_args()
    teacher, reader = Kokoro(options.teacher), Reader(options.front_end)
    texts = options.sentences.read_text(encoding="utf-8").splitlines()
    for voice in kept_out() if options.kept_out else NAMED:
        (options.folder / voice.name).mkdir(parents=True, exist_ok=True)
        for number, text in enumerate(texts):
            path = options.folder / voice.name / f"{number:04d}.wav"
            if path.exists():
                continue
            phonemes = reader.phonemes(text, voice.british)
            spoken = cleaned(teacher.speak(phonemes, voice.style, voice.speed), SAMPLE_RATE)
            soundfile.write(path.with_suffix(".part"), spoken, SAMPLE_RATE, "PCM_16", format="WAV")
            path.with_suffix(".part").replace(path)


if __name__ == "__main__":
    main()
