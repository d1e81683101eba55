"""Record the eight bundled voices with the teacher: `python make_voices.py VOICES_FOLDER`.

With `--held-out` the speakers kept out of training instead, for `higgs eval --clones`.
"""

import argparse
from pathlib import Path

import soundfile
from bundled_words import TRANSCRIPTS
from corpus import SAMPLE_RATE, held_out_speakers, say
from flite import Flite
from speakers import BUNDLED


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--held-out", action="store_true")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    teacher = Flite()
    for speaker in held_out_speakers() if options.held_out else BUNDLED:
        words = TRANSCRIPTS.get(speaker.name, TRANSCRIPTS["marigold"])
        spoken = say(teacher, words, speaker)
        path = options.folder / f"{speaker.name}.wav"
        soundfile.write(path, spoken.samples, SAMPLE_RATE, subtype="PCM_16")
        path.with_suffix(".txt").write_text(words + "\n", encoding="utf-8")
        print(speaker.name, f"{len(spoken.samples) / SAMPLE_RATE:.1f} s")


if __name__ == "__main__":
    main()
