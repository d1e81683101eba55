"""What a checkpoint declares that it speaks."""

from __future__ import annotations

import json
from pathlib import Path

from higgs_cli.checkpoints.abilities import Abilities, abilities_of
from tokenizer.prompts.text import TextTokenizer

MINI = Path(__file__).parent.parent.parent / "model" / "mini"


def test_mini_declares_english_and_no_sounds() -> None:
    assert abilities_of("mini", MINI) == Abilities("mini", ("en",), has_sounds=False)


def test_a_checkpoint_that_declares_nothing_is_asked_for_everything(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text(json.dumps({"added": ["<SE>"]}))
    assert abilities_of("x", tmp_path) == Abilities("x")
    (tmp_path / "tokenizer.json").write_text("{}")
    assert not abilities_of("x", tmp_path).has_sounds


def test_a_damaged_declaration_is_left_to_whoever_opens_the_model(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text('"<SE>"')
    (tmp_path / "text_frontend.json").write_text('{"languages": 3}')
    assert abilities_of("x", tmp_path) == Abilities("x")
    assert abilities_of("x", tmp_path / "nowhere") == Abilities("x")


def test_sounds_that_a_checkpoint_leaves_out_reach_no_prompt() -> None:
    tokenizer = TextTokenizer.from_folder(MINI)
    said = tokenizer.encode_spoken("Ha <SE>[Laughter]</SE> ha.")
    assert said and tokenizer.special_id("<SE>") not in said
    assert len(said) < len(tokenizer.encode_spoken("Ha laughter ha."))
    assert tokenizer.encode_spoken("<SE>[Laughter]</SE>") == ()
