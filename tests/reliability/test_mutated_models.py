"""The JSON of a model folder and of a codec, mutated: an error of the package, and nothing else."""

from __future__ import annotations

import gzip
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from higgs_cli.app import main
from higgs_cli.errors import HiggsError
from higgs_cli.speech.higgs.errors import translated
from model.config.reader import read_config
from tests.helpers import ROOT
from tests.reliability.mutations import COUNTS, mutated_json, outlives
from tokenizer.codec.config import read_codec_config
from tokenizer.prompts.text import TextTokenizer

READERS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "model/mini/config.json": ("config.json", read_config),
    "tokenizer/mini/config.json": ("config.json", read_codec_config),
    "model/mini/tokenizer.json": ("tokenizer.json", TextTokenizer.from_folder),
    "model/mini/text_frontend.json": ("text_frontend.json", TextTokenizer.from_folder),
}


def folder_of(tmp_path: Path, source: str) -> Path:
    """Small tables take the place of the large ones, so that ten thousand are read soon."""
    folder = tmp_path / "folder"
    folder.mkdir()
    for path in (ROOT / source).parent.glob("*.json"):
        shutil.copy(path, folder)
    for name in ("pronunciations.tsv.gz", "letter_rules.tsv.gz"):
        (folder / name).write_bytes(gzip.compress(b"a\tb\n"))
    return folder


@pytest.mark.parametrize("source", READERS)
@pytest.mark.parametrize("count", COUNTS)
def test_a_mutated_file_is_read_or_refused_by_name(tmp_path: Path, source: str, count: int) -> None:
    name, opened = READERS[source]
    folder = folder_of(tmp_path, source)
    value = json.loads((ROOT / source).read_bytes())
    count = min(count, 2_000) if name == "tokenizer.json" else count

    def read(data: bytes) -> None:
        (folder / name).write_bytes(data)
        try:
            with translated():
                opened(folder)
        except HiggsError as error:
            assert error.exit_code == 2 and error.hint
            assert name in error.message
            raise

    assert outlives(count, lambda chance: mutated_json(value, chance), read) > count / 8


PANICS = {
    "at the file": {"normalizer": {"type": "Precompiled", "precompiled_charsmap": ""}},
    "at a text": {"pre_tokenizer": {"type": "FixedLength", "length": 0}},
}


@pytest.mark.parametrize("change", PANICS.values(), ids=PANICS)
def test_a_panic_of_the_tokenizers_library_is_one_line_of_ours(
    tmp_path: Path, change: dict[str, object], capfd: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(ROOT / "model/mini", folder)
    shutil.copytree(ROOT / "tokenizer/mini", folder / "codec")
    value = json.loads((folder / "tokenizer.json").read_bytes())
    (folder / "tokenizer.json").write_text(json.dumps({**value, **change}))
    (tmp_path / "hello.txt").write_text("Hello.\n")
    words = ["render", str(tmp_path / "hello.txt"), "-o", str(tmp_path / "hello.wav")]
    assert main([*words, "--model", str(folder)]) == 2
    said = capfd.readouterr().err.splitlines()
    assert [line for line in said if line.startswith(("error: ", "hint: "))] == said
    assert "model: " in said[0] and "tokenizer.json: " in said[0]


@pytest.mark.parametrize("source", READERS)
def test_a_pipe_in_a_model_folder_is_not_waited_for(tmp_path: Path, source: str) -> None:
    name, opened = READERS[source]
    folder = folder_of(tmp_path, source)
    (folder / name).unlink()
    os.mkfifo(folder / name)
    if name == "text_frontend.json":
        opened(folder)  # not a file: no front end is declared
        return
    with pytest.raises(HiggsError, match=f"{name}"), translated():
        opened(folder)


def test_a_table_of_sounds_that_unpacks_without_end_is_refused(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, "model/mini/text_frontend.json")
    (folder / "letter_rules.tsv.gz").write_bytes(gzip.compress(bytes(80 << 20)))
    with pytest.raises(HiggsError, match="unpacks to more than 64 MiB"), translated():
        TextTokenizer.from_folder(folder)
