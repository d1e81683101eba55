"""`higgs codec` as a person meets it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from higgs_cli.app import main
from tests.tokenizer.codec_fixtures import original_tensors, small_codec, small_values, speechlike
from tokenizer import load_codec
from tokenizer.codes_file.bitstream import HEADER_BYTES, CodesHeader, codes_to_bytes


@pytest.fixture(scope="module")
def codec_folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("codec")
    small_codec(folder)
    return str(folder)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of one's own, with a recording of 2.01 s in it."""
    monkeypatch.chdir(tmp_path)
    samples = speechlike(88_641)[0, 0].numpy() / 4
    soundfile.write("voice.wav", np.stack([samples, samples], axis=1), 44_100)
    return tmp_path


def test_a_recording_goes_to_codes_and_back(
    here: Path, codec_folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["codec", "encode", "voice.wav", "-o", "voice.hac", "--codec", codec_folder]) == 0
    assert "2.01 s of sound" in capsys.readouterr().err
    assert main(["codec", "info", "voice.hac", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["frames"], facts["codebooks"], facts["sample_rate"]) == (51, 8, 24_000)
    assert (here / "voice.hac").stat().st_size <= HEADER_BYTES + 51 * 8
    assert main(["codec", "decode", "voice.hac", "-o", "again.wav", "--codec", codec_folder]) == 0
    again, rate = soundfile.read("again.wav")
    assert rate == 24_000
    assert len(again) == round(88_641 * 24_000 / 44_100)
    assert {path.name for path in here.iterdir()} == {"voice.wav", "voice.hac", "again.wav"}


def test_what_lies_there_is_replaced_only_when_that_was_said(
    here: Path, codec_folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    said = "x.{} is there already"
    (here / "x.hac").write_text("mine")
    (here / "x.wav").symlink_to("nowhere.wav")
    encode = ["codec", "encode", "voice.wav", "-o", "x.hac", "--codec", codec_folder]
    decode = ["codec", "decode", "x.hac", "-o", "x.wav", "--codec", codec_folder]
    assert main(encode) == 2
    assert said.format("hac") in capsys.readouterr().err
    assert (here / "x.hac").read_text() == "mine"
    assert main([*encode, "--overwrite"]) == 0
    assert main(decode) == 2
    assert said.format("wav") in capsys.readouterr().err
    assert main([*decode, "--overwrite"]) == 0
    assert not (here / "nowhere.wav").exists()


@pytest.mark.parametrize("sample_count", [9600 + 5, 9600 + 118, 9600 + 119])
def test_a_recording_comes_back_as_long_as_it_was(
    here: Path, codec_folder: str, sample_count: int
) -> None:
    """Also where what is left is too little for a frame: silence stands for it."""
    soundfile.write("short.wav", speechlike(sample_count)[0, 0].numpy() / 4, 24_000)
    main(["codec", "encode", "short.wav", "-o", "short.hac", "--codec", codec_folder, "-q"])
    assert main(["codec", "decode", "short.hac", "-o", "x.wav", "--codec", codec_folder]) == 0
    assert soundfile.info("x.wav").frames == sample_count


def test_a_header_that_does_not_fit_its_codec_is_named(
    here: Path, codec_folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    fingerprint = load_codec(codec_folder).fingerprint()
    header = CodesHeader(9, 256, 24_000, 960, 2, 1900, fingerprint)
    (here / "nine.hac").write_bytes(codes_to_bytes(header, np.zeros((9, 2), np.int64)))
    assert main(["codec", "decode", "nine.hac", "-o", "x.wav", "--codec", codec_folder]) == 2
    assert "nine.hac is damaged: its sizes" in capsys.readouterr().err


def test_codes_of_no_frames_are_a_file_like_any_other(here: Path, codec_folder: str) -> None:
    header = CodesHeader(8, 256, 24_000, 960, 0, 0, load_codec(codec_folder).fingerprint())
    (here / "none.hac").write_bytes(codes_to_bytes(header, np.zeros((8, 0), np.int64)))
    assert main(["codec", "info", "none.hac"]) == 0
    assert main(["codec", "decode", "none.hac", "-o", "x.wav", "--codec", codec_folder]) == 0
    assert soundfile.info("x.wav").frames == 0


def test_info_without_json_is_a_table(
    here: Path, codec_folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["codec", "encode", "voice.wav", "-o", "voice.hac", "--codec", codec_folder, "-q"])
    assert capsys.readouterr().err == ""
    assert main(["codec", "info", "voice.hac"]) == 0
    assert "frames\t51" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["encode", "none.wav", "-o", "x.hac"], "none.wav does not exist"),
        (["encode", "voice.wav", "-o", "x.mp3"], "should end in .hac"),
        (["encode", "voice.wav", "-o", "no/x.hac"], "no folder no"),
        (["encode", "link.hac", "-o", "link.hac"], "is an input"),
        (["encode", "voice.wav", "-o", "x.hac", "--limit-hours", "0.0001"], "over the limit"),
        (["encode", "voice.wav", "-o", "x.hac", "--device", "toaster"], "device 'toaster'"),
        (["encode", "voice.wav", "-o", "x.hac", "--device", "cuda:99"], "cannot be used"),
        (["encode", "voice.wav", "-o", "x.hac", "--limit-hours", "nan"], "above 0"),
        (["encode", "voice.wav", "-o", "x" * 300 + ".hac"], "cannot be written: File name too"),
        (["encode", "voice.wav", "-o", "folder.hac"], "folder.hac is a folder"),
        (["decode", "voice.wav", "-o", "x.wav"], "is not a codes file"),
        (["decode", "none.hac", "-o", "x.wav"], "none.hac cannot be read"),
        (["decode", "voice.wav", "-o", "x.wav", "--sample-format", "u8"], "choose from pcm16"),
    ],
)
def test_bad_input_gets_one_line_and_leaves_nothing(
    here: Path,
    codec_folder: str,
    argv: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (here / "link.hac").symlink_to("voice.wav")
    (here / "folder.hac").mkdir()
    before = {path.name for path in here.iterdir()}
    assert main(["codec", *argv, "--codec", codec_folder]) == 2
    errors = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1 and message in errors[0]
    assert {path.name for path in here.iterdir()} == before


def test_a_recording_over_the_limit_is_refused_with_the_option_that_allows_it(
    here: Path, codec_folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--codec", codec_folder, "--limit-hours", "0.0001"]
    assert main(["codec", "encode", "voice.wav", "-o", "x.hac", *given]) == 2
    assert "hint: cut the file, or allow it: --limit-hours 1\n" in capsys.readouterr().err


def test_damage_and_another_codecs_codes_are_named(
    here: Path, codec_folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["codec", "encode", "voice.wav", "-o", "voice.hac", "--codec", codec_folder])
    small_codec(here / "other", seed=9)
    capsys.readouterr()
    assert main(["codec", "decode", "voice.hac", "-o", "x.wav", "--codec", "other"]) == 2
    assert "made by another codec" in capsys.readouterr().err
    data = bytearray((here / "voice.hac").read_bytes())
    data[-1] ^= 1
    (here / "voice.hac").write_bytes(data)
    for argv in (["info", "voice.hac"], ["decode", "voice.hac", "-o", "x.wav", "--codec", "other"]):
        assert main(["codec", *argv]) == 2
        assert "voice.hac is damaged" in capsys.readouterr().err


def test_verify_checks_every_tensor(
    here: Path, codec_folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["codec", "verify", "--codec", codec_folder]) == 0
    told = capsys.readouterr().out
    assert "of the right names and shapes" in told
    assert "bit-identical" in told or "pip install --no-deps descript-audio-codec" in told
    assert main(["codec", "verify", "--codec", "nowhere"]) == 2
    assert "nowhere holds no config.json" in capsys.readouterr().err


def test_verify_names_the_mend_of_a_broken_torchaudio(
    here: Path, codec_folder: str, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    (here / "torchaudio").mkdir()
    (here / "torchaudio/__init__.py").write_text("raise OSError('no libc10_cuda.so')")
    monkeypatch.syspath_prepend(str(here))
    assert main(["codec", "verify", "--codec", codec_folder]) == 1
    told = capsys.readouterr().err
    assert "no libc10_cuda.so" in told
    assert "hint: pip uninstall torchaudio" in told


def test_convert_makes_a_folder_that_loads(
    here: Path, codec_folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from safetensors.torch import load_file

    (here / "theirs").mkdir()
    (here / "theirs/config.json").write_text(json.dumps(small_values()))
    tensors = original_tensors(load_file(Path(codec_folder) / "model.safetensors"))
    torch.save(tensors, here / "theirs/model.pth")
    assert main(["codec", "convert", "theirs/model.pth", "-o", "ours"]) == 0
    assert "--codec ours" in capsys.readouterr().err
    assert main(["codec", "encode", "voice.wav", "-o", "voice.hac", "--codec", "ours"]) == 0


@pytest.mark.parametrize(
    ("argv", "code", "message"),
    [
        (["theirs/model.pth", "-o", "voice.wav"], 1, "cannot be written to voice.wav"),
        (["theirs/model.pth", "-o", "voice.wav/ours"], 1, "cannot be written to voice.wav/ours"),
        (["theirs/model.pth", "-o", "theirs"], 2, "config.json is not overwritten"),
        (["none.pth", "-o", "ours"], 2, "none.pth is not a file"),
        (["theirs/cut.pth", "-o", "ours"], 2, "it is damaged, or no file that PyTorch wrote"),
        (["theirs/text.pth", "-o", "ours"], 2, "it is damaged, or no file that PyTorch wrote"),
    ],
)
def test_convert_says_in_one_line_what_it_cannot_do(
    here: Path,
    codec_folder: str,
    argv: list[str],
    code: int,
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from safetensors.torch import load_file

    (here / "theirs").mkdir()
    (here / "theirs/config.json").write_text(json.dumps(small_values()))
    tensors = original_tensors(load_file(Path(codec_folder) / "model.safetensors"))
    torch.save(tensors, here / "theirs/model.pth")
    whole = (here / "theirs/model.pth").read_bytes()
    (here / "theirs/cut.pth").write_bytes(whole[: len(whole) // 2])
    (here / "theirs/text.pth").write_text("rubbish")
    before = {path: path.is_file() and path.read_bytes() for path in here.rglob("*")}
    assert main(["codec", "convert", *argv]) == code
    assert message in capsys.readouterr().err.splitlines()[0]
    assert {path: path.is_file() and path.read_bytes() for path in here.rglob("*")} == before


@pytest.mark.parametrize("verb", ["encode", "decode", "info", "verify", "convert"])
def test_every_verb_has_help_with_an_example(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["codec", verb, "--help"]) == 0
    assert f"Example: higgs codec {verb}" in capsys.readouterr().out
