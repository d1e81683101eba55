"""The blind page: one HTML file with its audio inside, that asks which of two is better.

Both sides of a pair are brought to one loudness, one rate and one coding, so that nothing but the
speech tells them apart. The page fetches nothing, and what was answered is in its memory alone,
until it is saved as a JSON file.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence
from importlib.resources import files
from io import BytesIO

import numpy as np

from higgs_cli.audio.clip import AudioClip, peak, ratio_to_db
from higgs_cli.audio.loudness import measure
from higgs_cli.evaluation.blind.trials import Trial
from higgs_cli.evaluation.judges import Say
from higgs_cli.output.report.parts import head_html

TITLE = "Which one is better?"
FORMAT, VERSION = "higgs-blind-answers", 1
MOST_BYTES = 8_000_000
PLAYED_RATE = 24_000
LOUDNESS_LUFS, CEILING_DB = -23.0, -1.0
MP3_COMPRESSION = 0.4
"""About 100 kbit/s at this rate."""


def blind_page(trials: Sequence[Trial], say: Say) -> bytes:
    """The page; pairs that it has no room for are left out, and that is said."""
    script, styles = (
        files(__package__).joinpath(name).read_text("utf-8") for name in ("page.js", "page.css")
    )
    head = head_html(TITLE, "en", styles, script)
    body = files(__package__).joinpath("page.html").read_text("utf-8")
    shown: list[dict[str, str]] = []
    left = MOST_BYTES - len((head + body + script).encode())
    for trial in trials:
        made = _trial(trial)
        left -= len(json.dumps(made))
        if left < 0:
            say(f"the page has room for {len(shown)} of {len(trials)} pairs")
            break
        shown.append(made)
    page = {"format": FORMAT, "version": VERSION, "pairs": shown}
    # `<` would end the element, whatever it stands in.
    data = json.dumps(page, ensure_ascii=True).replace("<", "\\u003c")
    held = f'<script type="application/json" id="data">{data}</script>'
    return f"{head}<body>{body}{held}<script>{script}</script></body></html>\n".encode()


def _trial(trial: Trial) -> dict[str, str]:
    pair = trial.pair
    sides = [pair.second, pair.first] if trial.is_swapped else [pair.first, pair.second]
    clips = _made_even([side.sound.clip for side in sides])
    for side in sides:
        side.sound.let_go()
    first, second = (_mp3(clip) for clip in clips)
    return {"pair": trial.name, "text": pair.text, "first": first, "second": second}


def _made_even(clips: Sequence[AudioClip]) -> list[AudioClip]:
    """At one rate and one loudness; where a peak would pass the ceiling, both are quieter."""
    import soxr

    same = [
        AudioClip(
            np.asarray(soxr.resample(clip.samples, clip.sample_rate, PLAYED_RATE), np.float32),
            PLAYED_RATE,
        )
        for clip in clips
    ]
    gains = [LOUDNESS_LUFS - (measure(clip).loudness_lufs or LOUDNESS_LUFS) for clip in same]
    peaks = [ratio_to_db(peak(clip.samples)) + gain for clip, gain in zip(same, gains, strict=True)]
    over = max(0.0, *(each - CEILING_DB for each in peaks))
    return [clip.louder(gain - over) for clip, gain in zip(same, gains, strict=True)]


def _mp3(clip: AudioClip) -> str:
    """What every browser plays, as the page holds it."""
    import soundfile

    held = BytesIO()
    soundfile.write(
        held,
        clip.samples,
        clip.sample_rate,
        format="MP3",
        bitrate_mode="CONSTANT",
        compression_level=MP3_COMPRESSION,
    )
    return b64encode(held.getvalue()).decode()
