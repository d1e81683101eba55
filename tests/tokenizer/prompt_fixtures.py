"""A small text tokenizer with the real special tokens, made in a moment."""

from __future__ import annotations

from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers

from tokenizer.prompts.positions import StreamShape
from tokenizer.prompts.special_tokens import PUBLISHED_IDS
from tokenizer.prompts.text import TextTokenizer
from tokenizer.prompts.writer import PromptStyle, PromptWriter

SHAPE = StreamShape(codebook_count=8, stream_bos_id=1024, stream_eos_id=1025)

LLAMA_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def small_tokenizer(
    special_names: tuple[str, ...] = tuple(PUBLISHED_IDS), declared_special: bool = True
) -> Tokenizer:
    """Byte-level BPE with a handful of merges, cut as Llama 3 cuts text."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    merges = [("Ċ", "Ċ"), ("t", "h"), ("th", "e"), ("Ġ", "the"), ("i", "n"), ("o", "u"), (".", "Ċ")]
    merges += [("<", "|"), ("|", ">"), ("A", "U"), ("Ġ", "["), ("S", "P")]
    vocabulary = {symbol: number for number, symbol in enumerate(alphabet)}
    for left, right in merges:
        vocabulary[left + right] = len(vocabulary)
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    split = pre_tokenizers.Split(Regex(LLAMA_SPLIT), behavior="isolated")
    bytes_only = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, bytes_only])
    tokenizer.decoder = decoders.ByteLevel()
    added = [AddedToken(name, normalized=False, special=declared_special) for name in special_names]
    (tokenizer.add_special_tokens if declared_special else tokenizer.add_tokens)(added)
    return tokenizer


def small_text() -> TextTokenizer:
    return TextTokenizer(small_tokenizer())


def small_writer(style: PromptStyle = "boson") -> PromptWriter:
    return PromptWriter(small_text(), SHAPE, style)


def write_folder(folder: Path) -> Path:
    small_tokenizer().save(str(folder / "tokenizer.json"))
    return folder
