"""Write the mini model's `tokenizer.json`: bytes, sounds, and the words its prompts are framed in.

`python make_text_tokenizer.py MODEL_FOLDER` after `make_pronunciations.py`. Everything can be spelled in bytes;
the sounds of the pronunciation front end are one token each, and so are the fixed words of the prompt layouts
and of the bundled voices' descriptions, so that a prompt's frame costs few positions.
"""

import argparse
import json
import re
from pathlib import Path

import yaml
from tokenizers import AddedToken, Tokenizer
from tokenizers.decoders import ByteFallback, Fuse, Sequence
from tokenizers.models import BPE

from tokenizer.prompts.layouts import FOLLOW_INSTRUCTION, MIND_THE_TAGS
from tokenizer.prompts.pronunciation import FRONT_END_FILE
from tokenizer.prompts.special_tokens import PUBLISHED_IDS

FRAME_TEXTS = (
    "system", "user", "assistant", FOLLOW_INSTRUCTION, MIND_THE_TAGS, "Audio is recorded from a quiet room.",
    " feminine", " masculine", "SPEAKER",
)  # fmt: skip


def chained_words(texts: tuple[str, ...]) -> tuple[list[str], list[tuple[str, str]]]:
    """Tokens and merges that build each word, with its leading space, letter after letter."""
    tokens: dict[str, None] = {}
    merges: dict[tuple[str, str], None] = {}
    for word in (word for text in texts for word in [*re.findall(r" ?[A-Za-z]+", text), "\n\n"]):
        for end in range(2, len(word) + 1):
            merges.setdefault((word[: end - 1], word[end - 1]))
            tokens.setdefault(word[:end])
    return list(tokens), list(merges)


def build(symbols: list[str], descriptions: list[str]) -> Tokenizer:
    words, merges = chained_words((*FRAME_TEXTS, *descriptions))
    base = [f"<0x{byte:02X}>" for byte in range(256)]
    characters = ["\n", *(chr(code) for code in range(32, 127)), *symbols]
    vocabulary = {token: number for number, token in enumerate([*base, *characters, *words])}
    tokenizer = Tokenizer(BPE(vocab=vocabulary, merges=merges, byte_fallback=True))
    tokenizer.decoder = Sequence([ByteFallback(), Fuse()])
    tokenizer.add_special_tokens(
        [AddedToken(name, special=True, normalized=False) for name in PUBLISHED_IDS]
    )
    return tokenizer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument(
        "--voices", type=Path, default=Path(__file__).parents[2] / "voices" / "profile.yaml"
    )
    options = parser.parse_args()
    declared = json.loads((options.folder / FRONT_END_FILE).read_text(encoding="utf-8"))
    profile = yaml.safe_load(options.voices.read_text(encoding="utf-8"))["profiles"]
    descriptions = [
        f" {voice['description']}" for voice in profile.values() if "description" in voice
    ]
    tokenizer = build(list(declared["symbols"].values()), descriptions)
    tokenizer.save(str(options.folder / "tokenizer.json"))
    print(tokenizer.get_vocab_size(), "tokens")


if __name__ == "__main__":
    main()
