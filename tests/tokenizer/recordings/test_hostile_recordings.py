"""A recording is data: FFmpeg opens that one file and nothing else, and half a file is no file."""

from __future__ import annotations

import os
import random
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from higgs_cli.casting.reference_check import read_samples
from tokenizer.errors import WaveformError
from tokenizer.recordings import foreign_audio
from tokenizer.recordings.waveform import read_waveform

SEED = 20262
RATE = 24_000


@pytest.fixture(params=["program", "package"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """FFmpeg's two ways; where one is not here, what it would prove is left out."""
    if request.param == "program":
        if shutil.which("ffmpeg") is None:
            pytest.skip("the ffmpeg program is not on the PATH")
    else:
        pytest.importorskip("av")
        monkeypatch.setattr(foreign_audio.shutil, "which", lambda _: None)
    return str(request.param)


def noise(seconds: float, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.1, int(RATE * seconds)).astype(np.float32)


def write_m4a(path: Path, seconds: float, **options: str) -> None:
    """Its index stands at the end unless `movflags` says otherwise."""
    av = pytest.importorskip("av")
    with av.open(str(path), "w", format="mp4", options=options) as container:
        stream = container.add_stream("aac", rate=RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray(noise(seconds)[None].copy(), "fltp", "mono")
        frame.rate = RATE
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)


def playlists(secret: Path) -> dict[str, str]:
    head = "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n"
    return {
        "list.wav": f"ffconcat version 1.0\nfile {secret.name}\n",
        "list.m4a": f"ffconcat version 1.0\nfile {secret}\n",
        "list.txt": f"ffconcat version 1.0\nfile 'file:{secret}'\n",
        "eve.m3u8": f"{head}file://{secret}\n#EXT-X-ENDLIST\n",
        "eve.wav": f"{head}{secret.name}\n#EXT-X-ENDLIST\n",
        "far.m3u8": f"{head}http://127.0.0.1:9/x.ts\n#EXT-X-ENDLIST\n",
        "all.m3u8": f"{head}subfile,,start,0,end,0,,:{secret}\n#EXT-X-ENDLIST\n",
        "dash.mpd": f'<?xml version="1.0"?><MPD><Period><BaseURL>{secret}</BaseURL></Period></MPD>',
        "list.sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nm=audio 5004 RTP/AVP 0\n",
        "asx.wma": f'<asx version="3.0"><entry><ref href="{secret}"/></entry></asx>',
    }


@pytest.mark.parametrize("name", playlists(Path("x")))
@pytest.mark.parametrize("kind", ["wav", "mp3", "ts"])
def test_a_list_of_files_opens_none_of_them(tmp_path: Path, way: str, name: str, kind: str) -> None:
    secret = tmp_path / f"secret.{kind}"
    if kind == "ts":
        write_m4a(secret, 1.0)
    else:
        soundfile.write(secret, noise(1.0), RATE)
    (tmp_path / name).write_text(playlists(secret)[name])
    with pytest.raises(WaveformError, match="cannot be read as sound"):
        read_waveform(tmp_path / name, RATE)


def test_the_program_is_given_a_handle_and_no_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stand-in for FFmpeg notes what it is given; no FFmpeg is needed for this."""
    stand_in = tmp_path / "bin" / "ffmpeg"
    stand_in.parent.mkdir()
    lines = [
        f"#!{sys.executable}",
        "import os, struct, sys",
        f"open({str(tmp_path / 'given')!r}, 'w').write(' '.join(sys.argv))",
        "assert os.lseek(0, 0, os.SEEK_END) == 9, 'stdin is the file itself'",
        f"sys.stdout.buffer.write(struct.pack('>4sIIIII', b'.snd', 24, 0, 6, {RATE}, 1))",
        "sys.stdout.buffer.write(struct.pack('>f', 0.25) * 4800)",
    ]
    stand_in.write_text("\n".join(lines) + "\n")
    stand_in.chmod(stand_in.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{stand_in.parent}:{os.environ['PATH']}")
    (tmp_path / "a.m4a").write_bytes(b"not sound")
    assert float(read_waveform(tmp_path / "a.m4a", RATE)[100]) == 0.25
    given = (tmp_path / "given").read_text()
    assert str(tmp_path / "a.m4a") not in given and "-protocol_whitelist cache,pipe " in given
    readers = given.split("-format_whitelist ")[1].split()[0].split(",")
    assert not {"concat", "hls", "dash", "image2", "sdp", "rtsp", "webvtt", "imf"} & set(readers)


def test_nothing_but_the_file_is_opened(tmp_path: Path) -> None:
    if shutil.which("ffmpeg") is None or shutil.which("strace") is None:
        pytest.skip("needs the programs ffmpeg and strace")
    soundfile.write(tmp_path / "secret.wav", noise(1.0), RATE)
    (tmp_path / "list.wav").write_text("ffconcat version 1.0\nfile secret.wav\n")
    log = tmp_path / "log"
    command = ["strace", "-f", "-e", "trace=open,openat,connect", "-o", str(log)]
    with (tmp_path / "list.wav").open("rb") as file:
        subprocess.run(
            [*command, *foreign_audio._COMMAND.split()],
            stdin=file, capture_output=True, cwd=tmp_path,
        )  # fmt: skip
    assert "secret" not in log.read_text() and "connect(" not in log.read_text()


@pytest.mark.parametrize("index", ["at the end", "at the beginning"])
def test_an_m4a_is_read_wherever_its_index_stands(tmp_path: Path, way: str, index: str) -> None:
    options = {"movflags": "+faststart"} if index == "at the beginning" else {}
    write_m4a(tmp_path / "long.m4a", 60.0, **options)
    data = (tmp_path / "long.m4a").read_bytes()
    assert (data.index(b"moov") > data.index(b"mdat")) == (index == "at the end")
    assert abs(len(read_waveform(tmp_path / "long.m4a", RATE)) - 60 * RATE) < 2400


@pytest.mark.parametrize("index", ["at the end", "at the beginning"])
def test_half_an_m4a_is_an_error(tmp_path: Path, way: str, index: str) -> None:
    options = {"movflags": "+faststart"} if index == "at the beginning" else {}
    write_m4a(tmp_path / "long.m4a", 20.0, **options)
    data = (tmp_path / "long.m4a").read_bytes()
    (tmp_path / "half.m4a").write_bytes(data[: len(data) // 2])
    with pytest.raises(WaveformError, match=r"half\.m4a (cannot be read|ends after)"):
        read_waveform(tmp_path / "half.m4a", RATE)


@pytest.mark.parametrize("suffix", ["mp3", "flac"])
def test_half_a_recording_is_an_error_and_not_made_whole_with_what_was_before(
    tmp_path: Path, suffix: str
) -> None:
    soundfile.write(tmp_path / f"whole.{suffix}", noise(20.0), RATE)
    data = (tmp_path / f"whole.{suffix}").read_bytes()
    half = tmp_path / f"half.{suffix}"
    half.write_bytes(data[: len(data) // 2])
    with pytest.raises(WaveformError, match=rf"half\.{suffix} (cannot be read|ends after)"):
        read_waveform(half, RATE)


def test_an_ogg_of_noise_is_an_error(tmp_path: Path, way: str) -> None:
    soundfile.write(tmp_path / "tone.ogg", noise(2.0), RATE)
    data = (tmp_path / "tone.ogg").read_bytes()
    bad = data[:58] + np.random.default_rng(1).bytes(len(data))
    (tmp_path / "bad.ogg").write_bytes(bad)
    with pytest.raises(WaveformError, match=r"bad\.ogg"):
        read_waveform(tmp_path / "bad.ogg", RATE)


@pytest.mark.parametrize("suffix", ["raw", "dat", ""])
def test_bytes_without_a_header_are_no_sound(tmp_path: Path, suffix: str, way: str) -> None:
    path = tmp_path / f"letters.{suffix}"
    path.write_bytes(b"Dear Sir, " * 2000)
    with pytest.raises(WaveformError):
        read_waveform(path, RATE)


@pytest.mark.parametrize(
    "count", [12, pytest.param(1_000, marks=[pytest.mark.slow, pytest.mark.timeout(3600)])]
)
@pytest.mark.parametrize("suffix", ["mp3", "ogg", "flac", "wav", "m4a"])
def test_damaged_recordings_are_read_or_refused(tmp_path: Path, suffix: str, count: int) -> None:
    """In whatever way this machine has; never more sound than was there, never another error."""
    whole = tmp_path / f"whole.{suffix}"
    if suffix == "m4a":
        write_m4a(whole, 2.0)
    else:
        soundfile.write(whole, noise(2.0), RATE)
    data, chance = whole.read_bytes(), random.Random(SEED)
    print(f"seed {SEED}")
    path = tmp_path / f"damaged.{suffix}"
    for _ in range(count):
        made = bytearray(data)
        for _ in range(chance.randint(1, 20)):
            at = chance.randrange(len(made))
            kind = chance.randrange(3)
            if kind == 0:
                made[at] = chance.randrange(256)
            elif kind == 1:
                del made[at : at + chance.randint(1, len(made) // 3)]
            else:
                made[at:at] = made[chance.randrange(len(made)) :][:400]
            if not made:
                break
        path.write_bytes(made)
        try:
            samples = read_waveform(path, RATE, limit_seconds=60.0)
        except WaveformError:
            continue
        assert 0 < len(samples) <= 60 * RATE and bool(samples.isfinite().all())


def test_a_recording_is_read_from_what_was_opened_whatever_its_name_has_become(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a link that is swapped after the look at it, one file is read or the other, never both."""
    for name, level in (("mine", 0.1), ("theirs", 0.9)):
        soundfile.write(tmp_path / f"{name}.wav", np.full(4800, level, np.float32), 24_000)
    link = tmp_path / "link.wav"
    link.symlink_to("mine.wav")
    whole = soundfile.SoundFile

    def swapped(file: int | str, **options: object) -> soundfile.SoundFile:
        link.unlink()
        link.symlink_to("theirs.wav")
        return whole(file, **options)

    monkeypatch.setattr(soundfile, "SoundFile", swapped)
    assert read_waveform(link, 24_000).max() < 0.2
    link.unlink()
    link.symlink_to("mine.wav")
    assert read_samples(link)[0].max() < 0.2
