from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models

from tests.tokenizer.prompt_fixtures import small_text, small_tokenizer, write_folder
from tokenizer.errors import TextError
from tokenizer.prompts.special_tokens import PUBLISHED_IDS, REQUIRED_TOKENS, SOUND_MARKS
from tokenizer.prompts.text import TextTokenizer

TEXT = small_text()
SPECIAL_IDS = {TEXT.special_id(name) for name in PUBLISHED_IDS}


@pytest.mark.parametrize("name", PUBLISHED_IDS)
def test_a_special_token_written_in_a_book_is_only_text(name: str) -> None:
    for ids in (
        TEXT.encode(f"He wrote {name} twice."),
        TEXT.encode_spoken(f"He wrote {name} twice."),
    ):
        assert SPECIAL_IDS.isdisjoint(ids)
        assert TEXT.decode(ids) == f"He wrote {name} twice."


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from([*PUBLISHED_IDS, "<|", "|>", "eot_id", " ", "a"]), max_size=8))
def test_no_mixture_of_token_texts_becomes_a_special_token(parts: list[str]) -> None:
    text = "".join(parts)
    assert SPECIAL_IDS.isdisjoint(TEXT.encode(text))
    assert TEXT.decode(TEXT.encode(text)) == text


def test_a_special_token_cut_in_two_stays_in_two() -> None:
    name = "<|eot_id|>"
    for cut in range(1, len(name)):
        assert SPECIAL_IDS.isdisjoint(TEXT.encode(name[:cut]) + TEXT.encode(name[cut:]))


def test_tokens_that_a_file_forgot_to_declare_special_are_text_as_well() -> None:
    text = TextTokenizer(small_tokenizer(declared_special=False))
    assert text.special_id("<|eot_id|>") not in text.encode("a <|eot_id|> b")


def test_text_that_can_only_become_a_special_token_is_refused() -> None:
    words = {name: number for number, name in enumerate([*REQUIRED_TOKENS, "[UNK]"])}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
    tokenizer.add_special_tokens(list(REQUIRED_TOKENS))
    with pytest.raises(TextError, match="would become a special token"):
        TextTokenizer(tokenizer).encode("<|eot_id|>")


@pytest.mark.parametrize("mark", SOUND_MARKS)
def test_a_whole_sound_mark_becomes_its_tokens(mark: tuple[str, str, str]) -> None:
    opening, name, closing = mark
    ids = TEXT.encode_spoken(f"Ha. {opening}{name}{closing} Ha.")
    middle = (TEXT.special_id(opening), *TEXT.encode(name), TEXT.special_id(closing))
    assert ids == TEXT.encode("Ha. ") + middle + TEXT.encode(" Ha.")


@pytest.mark.parametrize("text", ["<SE>", "<SE>[Explosion]</SE>", "<SE>[Laughter]", "</SE_s>"])
def test_half_a_sound_mark_is_only_text(text: str) -> None:
    assert TEXT.encode_spoken(text) == TEXT.encode(text)
    assert SPECIAL_IDS.isdisjoint(TEXT.encode(text))


def test_a_checkpoint_that_knows_no_sounds_leaves_them_out() -> None:
    text = TextTokenizer(small_tokenizer(REQUIRED_TOKENS))
    assert text.encode_spoken("Ha.<SE>[Cough]</SE>") == text.encode("Ha.")


def test_special_ids_are_checked_against_the_models_configuration() -> None:
    agreed = {name: TEXT.special_id(name) for name in PUBLISHED_IDS}
    TEXT.check_ids(agreed, TEXT.vocab_size)
    TEXT.check_ids({"<|AUDIO|>": None}, TEXT.vocab_size + 1)
    with pytest.raises(
        TextError, match=r"<\|AUDIO_OUT\|> is \d+, the model's configuration says 7"
    ):
        TEXT.check_ids({"<|AUDIO_OUT|>": 7}, TEXT.vocab_size)
    with pytest.raises(TextError, match=r"has \d+ ids, the model knows 100"):
        TEXT.check_ids(agreed, 100)


def test_the_published_ids_are_the_real_ones() -> None:
    assert PUBLISHED_IDS["<|audio_bos|>"] == 128011
    assert PUBLISHED_IDS["<|AUDIO_OUT|>"] == 128016
    assert PUBLISHED_IDS["</SE_e>"] == 128027


def test_a_folder_is_opened(tmp_path: Path) -> None:
    text = TextTokenizer.from_folder(write_folder(tmp_path))
    assert text.encode("the end") == TEXT.encode("the end")
    assert text.front_end is None
    assert text.vocab_size == TEXT.vocab_size


def test_padding_and_truncation_of_the_file_are_not_obeyed(tmp_path: Path) -> None:
    tokenizer = small_tokenizer()
    tokenizer.enable_truncation(4)
    tokenizer.enable_padding(length=64)
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    assert TextTokenizer.from_folder(tmp_path).encode("a longer text") == TEXT.encode(
        "a longer text"
    )


def test_a_folder_without_a_tokenizer_is_named(tmp_path: Path) -> None:
    with pytest.raises(TextError, match=r"no tokenizer\.json"):
        TextTokenizer.from_folder(tmp_path)


def test_a_file_that_is_no_tokenizer_is_named(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("{")
    with pytest.raises(TextError, match="not a tokenizer file"):
        TextTokenizer.from_folder(tmp_path)


def test_missing_special_tokens_are_listed() -> None:
    with pytest.raises(TextError, match=r"lacks .*<\|AUDIO_OUT\|>"):
        TextTokenizer(small_tokenizer(("<|begin_of_text|>",)))


class Shouting:
    """A front end whose work shows."""

    has_sounds = True

    def spell(self, text: str) -> str:
        return text.upper()


def test_a_declared_front_end_spells_spoken_words_only() -> None:
    text = TextTokenizer(small_tokenizer(), Shouting())
    assert text.decode(text.encode_spoken("the end")) == "THE END"
    assert text.decode(text.encode("the end")) == "the end"
    laughter = text.encode_spoken("ha <SE>[Laughter]</SE>")
    assert text.decode(laughter) == "HA <SE>[Laughter]</SE>"
