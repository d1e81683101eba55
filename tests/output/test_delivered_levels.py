"""What a delivery promises holds in the encoded file, as it is decoded again."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest
import soundfile

from higgs_cli.audio.clip import Samples, ratio_to_db, rms
from higgs_cli.mastering.master import performed
from higgs_cli.mastering.room import Room
from higgs_cli.mastering.score import Part
from higgs_cli.mastering.section import Section, Target
from higgs_cli.output.formats.encodings import ENCODINGS
from higgs_cli.output.formats.labels import Labels
from higgs_cli.output.formats.write import write_audio
from higgs_cli.settings.table import DELIVERIES
from tests.mastering.test_loudness import ffmpeg_loudness

av = pytest.importorskip("av")

RATE = 24000
VOICES = sorted((Path(__file__).parents[2] / "voices").glob("*.wav"))[:4]
"""Real speech: noise is what encoders leave out."""


def delivered(path: Path, delivery: str) -> tuple[Samples, int]:
    """The bundled voices one after another, mastered, written, and read again."""
    named = DELIVERIES[delivery]
    loudness, peak_db, head, tail = (
        float(named[name] or 0.0) for name in ("loudness", "true_peak", "head", "tail")
    )
    takes = [soundfile.read(path, dtype="float32")[0] for path in VOICES]
    parts = [Part(number, 0.9, partial(np.array, take)) for number, take in enumerate(takes)]
    room = Room(head, tail, named["room_tone"])
    with performed([Section((0,), parts)], RATE, Target(loudness, peak_db), room=room) as sound:
        write_audio([path], sound, "pcm16", Labels(title="levels"), lambda digest: None)
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        resampler = av.AudioResampler(format="flt", layout="mono", rate=stream.rate)
        frames = [each for frame in container.decode(stream) for each in resampler.resample(frame)]
        samples = np.concatenate([frame.to_ndarray()[0] for frame in frames])
        return samples.astype(np.float32), stream.rate


@pytest.mark.parametrize("delivery", DELIVERIES)
@pytest.mark.parametrize("suffix", [".flac", *ENCODINGS])
def test_a_delivered_file_has_its_loudness_and_its_ceiling(
    tmp_path: Path, suffix: str, delivery: str
) -> None:
    samples, rate = delivered(tmp_path / f"a{suffix}", delivery)
    loudness, peak = ffmpeg_loudness(samples, rate)
    assert loudness == pytest.approx(DELIVERIES[delivery]["loudness"], abs=0.2)
    overshoot_db = 0.0 if suffix == ".flac" else 1.0
    assert ratio_to_db(peak) <= float(DELIVERIES[delivery]["true_peak"] or 0.0) + overshoot_db


def test_an_mp3_is_as_loud_as_the_sound_that_it_was_made_of(tmp_path: Path) -> None:
    (mp3, _), (flac, _) = (delivered(tmp_path / name, "acx") for name in ("a.mp3", "a.flac"))
    assert ratio_to_db(rms(mp3)) == pytest.approx(ratio_to_db(rms(flac)), abs=0.03)


def test_acx_finds_what_it_asks_for(tmp_path: Path) -> None:
    samples, rate = delivered(tmp_path / "a.mp3", "acx")
    assert rate == 44_100
    assert -23 <= ratio_to_db(rms(samples)) <= -18
    assert ratio_to_db(float(np.abs(samples).max())) <= -3
    half = rate // 2
    windows = [samples[at : at + half] for at in range(0, len(samples) - half, half // 4)]
    assert -80 < ratio_to_db(min(map(rms, windows))) <= -60
    loud = np.flatnonzero(np.abs(samples) > 10 ** (-40 / 20))
    assert 0.5 <= loud[0] / rate <= 1.0
    assert 1.0 <= (len(samples) - loud[-1]) / rate <= 5.0
