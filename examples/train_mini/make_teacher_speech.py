"""Let the teacher read the evaluation's sentences: `python make_teacher_speech.py FOLDER` for `higgs eval --teacher`."""

import argparse
from pathlib import Path

import soundfile
from corpus import SAMPLE_RATE, held_out_speakers, say
from flite import Flite
from speakers import BUNDLED

from higgs_cli.evaluation.subjects import BUNDLED_SENTENCES


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sentences", type=Path, default=BUNDLED_SENTENCES, help="a line each")
    parser.add_argument("--held-out", action="store_true", help="the speakers kept out of training")
    options = parser.parse_args()
    teacher, texts = Flite(), options.sentences.read_text(encoding="utf-8").splitlines()
    for speaker in held_out_speakers() if options.held_out else BUNDLED:
        place = options.folder / speaker.name
        place.mkdir(parents=True, exist_ok=True)
        for number, text in enumerate(texts):
            spoken = say(teacher, text, speaker)
            soundfile.write(
                place / f"{number:04d}.wav", spoken.samples, SAMPLE_RATE, subtype="PCM_16"
            )


if __name__ == "__main__":
    main()
