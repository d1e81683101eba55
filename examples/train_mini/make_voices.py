"""Record the eight bundled voices with the teacher: `python make_voices.py VOICES_FOLDER`.

With `--held-out` the speakers kept out of training instead, for `higgs eval --clones`.
"""

import argparse
from pathlib import Path

import soundfile
from corpus import SAMPLE_RATE, held_out_speakers, say
from flite import Flite
from speakers import BUNDLED

TRANSCRIPTS = {
    "marigold": "The garden gate was open, and the first bees of the year had found the lavender. I put the kettle on.",
    "juniper": "Come in from the cold, and sit by the fire. There is a story I have been keeping for an evening like this.",
    "wren": "Did you see it? It jumped over the fence, ran twice around the pond, and stole my sandwich! What a clever dog.",
    "ambrose": "Chapter one. The road climbed slowly out of the valley, and by noon the whole county lay below us.",
    "tobias": "I told them it would never work, and of course it worked at once. So now I owe my brother a bicycle.",
    "grimsby": "Nobody has crossed this bridge since the winter of the great storm. You may try, if you have no sense.",
    "fergus": "The boat leaves with the tide, whether you are on it or not. Bring a warm coat and a little patience.",
    "sprocket": "Good morning. All systems are working. I have counted the spoons, and one of them is missing.",
}


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
