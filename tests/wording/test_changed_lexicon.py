"""An entry of a lexicon is changed in its place; all else that its writer left stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from higgs_cli.errors import UsageError
from higgs_cli.wording.lexicon import Pronunciation, read_lexicon
from higgs_cli.wording.lexicon_file import with_pronunciation


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", 'words:\n  "Ann": "Anne"\n'),
        (
            "# mine\nwords:\n  Ann: Enn   # so\n  Bo: Bow\n",
            '# mine\nwords:\n  "Ann": "Anne"   # so\n  Bo: Bow\n',
        ),
        ("Ann: Enn\n", '"Ann": "Anne"\n'),
        (
            "words:\n- {word: ann, replacement: Enn}\n",
            'words:\n- {word: "ann", replacement: "Anne"}\n',
        ),
        ("words:\n  Bo: Bow\n", 'words:\n  Bo: Bow\n  "Ann": "Anne"\n'),
    ],
)
def test_a_word_is_said_otherwise(tmp_path: Path, before: str, after: str) -> None:
    path = tmp_path / "words.yaml"
    path.write_text(before)
    grown = with_pronunciation(path, Pronunciation("Ann", "Anne"))
    assert grown.text == after
    grown.write()
    said = {entry.word.casefold(): entry.replacement for entry in read_lexicon(path).entries}
    assert said["ann"] == "Anne"
    assert with_pronunciation(path, Pronunciation("Ann", "Anne")).new == ()


@pytest.mark.parametrize(
    "text",
    [
        "words:\n  - word: Ann\n    replacement: Enn\n",
        "words: {Ann: Enn, Bo: Bow}\n",
        "words:\n  - {word: Ann, case: exact, replacement: Enn}\n",
    ],
)
def test_what_cannot_be_changed_in_a_line_is_left_to_its_writer(tmp_path: Path, text: str) -> None:
    path = tmp_path / "words.yaml"
    path.write_text(text)
    with pytest.raises(UsageError, match="nothing can be added"):
        with_pronunciation(path, Pronunciation("Ann", "Anne"))
    assert path.read_text() == text


def test_what_one_speaker_says_is_no_word_of_all(tmp_path: Path) -> None:
    path = tmp_path / "words.yaml"
    path.write_text("words:\n  - {word: Ann, speaker: Bo, replacement: Enn}\n")
    grown = with_pronunciation(path, Pronunciation("Ann", "Anne"))
    assert "speaker: Bo" in grown.text and grown.text.endswith(
        '- {word: "Ann", replacement: "Anne"}\n'
    )
