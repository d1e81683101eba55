"""Seed-TTS-eval's list is read strictly: what is wrong is said with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from higgs_cli.errors import HiggsError
from higgs_cli.evaluation.meta_list import read_meta_list
from tests.evaluation.cloning_list import LINES, tone, write_list

GOOD = "a|words|prompt-wavs/0.wav|more words"


def test_items_have_their_prompts_and_recordings_beside_the_list(tmp_path: Path) -> None:
    items = read_meta_list(write_list(tmp_path, with_truth=True), allow_outside=False)
    assert [item.text for item in items] == list(LINES)
    assert items[1].name == "item-1" and items[1].prompt_text == "This is prompt 1."
    assert items[1].prompt == (tmp_path / "prompt-wavs/1.wav").resolve()
    assert items[1].truth == (tmp_path / "wavs/1.wav").resolve()


def test_the_recording_may_be_left_out_and_the_list_be_cut(tmp_path: Path) -> None:
    items = read_meta_list(write_list(tmp_path), allow_outside=False, count=2)
    assert len(items) == 2 and items[0].truth is None


def test_windows_line_ends_a_byte_order_mark_and_empty_lines_are_read(tmp_path: Path) -> None:
    path = write_list(tmp_path)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n\r\n"))
    assert len(read_meta_list(path, allow_outside=False)) == 3


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("a|words|prompt-wavs/0.wav", "3 fields, not 4 or 5"),
        (f"{GOOD}|x|y", "6 fields, not 4 or 5"),
        ("a||prompt-wavs/0.wav|more", "the words of the prompt are missing"),
        ("a|words|prompt-wavs/0.wav|", "the words to say are missing"),
        ("a|words|missing.wav|more", 'the prompt "missing.wav": no such file in'),
        ("a|words|prompt-wavs|more", "no such file"),
        ("a|words|meta.lst|more", "not a sound file that can be read"),
        ("a|words|silent.wav|more", "contains no sound"),
        (f"{GOOD}|missing.wav", 'the recording "missing.wav": no such file'),
        ("a|words|../outside.wav|more", "is outside"),
        ("a|words|link.wav|more", "is outside"),
        ("a|words|/etc/hostname|more", "is outside"),
        ("a|words|~/x.wav|more", "is outside"),
        ("../a|words|prompt-wavs/0.wav|more", "cannot be the name of a file"),
        ("..|words|prompt-wavs/0.wav|more", "cannot be the name of a file"),
        ("|words|prompt-wavs/0.wav|more", "cannot be the name of a file"),
        (f"{'n' * 300}|words|prompt-wavs/0.wav|more", "cannot be the name of a file"),
        ("a\x00b|words|prompt-wavs/0.wav|more", "cannot be the name of a file"),
        ("ITEM-0|words|prompt-wavs/0.wav|more", "stands in the list twice"),
        (f"a|words|{'p' * 2000}|more", "the prompt is not a path"),
    ],
)
def test_a_damaged_line_is_named_with_its_number(tmp_path: Path, line: str, message: str) -> None:
    path = write_list(tmp_path / "list")
    tone(tmp_path / "outside.wav", 200.0)
    (tmp_path / "list/link.wav").symlink_to(tmp_path / "outside.wav")
    tone(tmp_path / "list/silent.wav", 200.0, seconds=0.0)
    path.write_text(path.read_text() + line + "\n", encoding="utf-8")
    with pytest.raises(HiggsError) as caught:
        read_meta_list(path, allow_outside=False)
    assert f"{path}, line 4: " in caught.value.message and message in caught.value.message
    assert caught.value.exit_code == 2


def test_prompts_elsewhere_are_read_when_that_is_said(tmp_path: Path) -> None:
    tone(tmp_path / "outside.wav", 200.0)
    (tmp_path / "list").mkdir()
    path = tmp_path / "list/meta.lst"
    path.write_text("a|words|../outside.wav|more words\n", encoding="utf-8")
    assert read_meta_list(path, allow_outside=True)[0].prompt.name == "outside.wav"


@pytest.mark.parametrize(
    ("data", "message"),
    [(b"\n\n", "contains no items"), (b"\xff\xfe|", "cannot be read"), (None, "cannot be read")],
)
def test_what_is_no_list_is_one_line(tmp_path: Path, data: bytes | None, message: str) -> None:
    path = tmp_path / "meta.lst"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(HiggsError, match=message):
        read_meta_list(path, allow_outside=False)
