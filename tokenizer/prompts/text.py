"""Words become ids: a checkpoint's `tokenizer.json`, on the `tokenizers` library alone.

Text is never obeyed. A special token written in a book is spoken as the characters it is made of;
only the code that builds a prompt may place one, by asking for its id.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from tokenizers import AddedToken, Tokenizer

from tokenizer.errors import TextError
from tokenizer.files.json_file import read_plain
from tokenizer.prompts.panics import is_panic, unprinted_panics
from tokenizer.prompts.special_tokens import REQUIRED_TOKENS, SOUND_MARKS

TOKENIZER_FILE = "tokenizer.json"
FRONT_END_FILE = "text_frontend.json"

_SOUND = re.compile("|".join(re.escape("".join(mark)) for mark in SOUND_MARKS))


class FrontEnd(Protocol):
    """What a checkpoint may declare between words and ids: how they are pronounced."""

    has_sounds: bool
    """Was it trained on sounds that are no words? Else they are left out."""

    def spell(self, text: str) -> str:
        """The symbols of `text`; punctuation and `[SPEAKERn]` tags are kept."""


class TextTokenizer:
    """Ids of words, and the ids of special tokens by name."""

    def __init__(self, tokenizer: Tokenizer, front_end: FrontEnd | None = None) -> None:
        # A token matched without being declared special could be injected: declare all.
        declared = [token.content for token in tokenizer.get_added_tokens_decoder().values()]
        tokenizer.add_special_tokens([AddedToken(name, special=True) for name in declared])
        tokenizer.encode_special_tokens = True
        tokenizer.no_padding()
        tokenizer.no_truncation()
        self._tokenizer = tokenizer
        self._special_ids = {name: tokenizer.token_to_id(name) for name in declared}
        self._protected_ids = frozenset(self._special_ids.values())
        self.front_end = front_end
        self._sounds = {"".join(mark): self._sound_ids(mark) for mark in SOUND_MARKS}
        missing = [name for name in REQUIRED_TOKENS if name not in self._special_ids]
        if missing:
            raise TextError(f"{TOKENIZER_FILE} lacks the special tokens {', '.join(missing)}")

    @classmethod
    def from_folder(cls, folder: str | Path) -> TextTokenizer:
        """Open a checkpoint's text tokenizer, and the front end if it declares one."""
        folder = Path(folder)
        path = folder / TOKENIZER_FILE
        if not path.is_file():
            raise TextError(
                f"{folder}: no {TOKENIZER_FILE}",
                hint="a model folder holds config.json, model.safetensors and tokenizer.json",
            )
        front_end = _declared_front_end(folder)
        try:
            with unprinted_panics():
                opened = cls(Tokenizer.from_str(read_plain(path).decode("utf-8")), front_end)
                opened._try_out()
                return opened
        except TextError:
            raise
        except BaseException as error:
            if not _is_of_the_file(error):
                raise
            raise TextError(f"{path}: not a tokenizer file ({error})") from error

    @property
    def vocab_size(self) -> int:
        """One more than the highest id."""
        return max(self._tokenizer.get_vocab(with_added_tokens=True).values()) + 1

    def encode(self, text: str) -> tuple[int, ...]:
        """The ids of `text`, taken literally: never the id of a special token."""
        try:
            ids = self._tokenizer.encode(text, add_special_tokens=False).ids
        except BaseException as error:
            if not _is_of_the_file(error):
                raise
            raise TextError(
                f"{TOKENIZER_FILE}: it cannot take {_shortened(text)!r} ({error})"
            ) from error
        if not self._protected_ids.isdisjoint(ids):
            raise TextError(
                f"the text {_shortened(text)!r} would become a special token",
                hint="reword it: this checkpoint's vocabulary has no plain spelling for it",
            )
        return tuple(ids)

    def encode_spoken(self, text: str) -> tuple[int, ...]:
        """The ids of words to be spoken: sounds such as `<SE>[Laughter]</SE>` become their marks.

        Only the whole marks of `SOUND_MARKS` count. Where the checkpoint declares a pronunciation
        front end, the words pass through it.
        """
        return self._with_sounds(text, self._encode_words)

    def encode_with_sounds(self, text: str) -> tuple[int, ...]:
        """The same of words that are only read: they pass through no front end."""
        return self._with_sounds(text, self.encode)

    def decode(self, ids: Sequence[int]) -> str:
        """The text of `ids`, special tokens written out."""
        return str(self._tokenizer.decode(list(ids), skip_special_tokens=False))

    def read(self, ids: Sequence[int]) -> str:
        """The words of `ids`; special tokens are none. Bytes that are not yet a character, at its
        end, are U+FFFD."""
        return self.decode([one for one in ids if one not in self._protected_ids])

    def special_id(self, name: str) -> int:
        """The id of the special token `name` (its text, as in
        `tokenizer.prompts.special_tokens`)."""
        if name not in self._special_ids:
            raise TextError(f"this checkpoint has no special token {name}")
        return self._special_ids[name]

    def check_ids(self, expected: Mapping[str, int | None], vocab_size: int) -> None:
        """Refuse a tokenizer whose ids are not those of the model's configuration.

        `expected` names special tokens; one the configuration does not know is None.
        """
        if self.vocab_size > vocab_size:
            raise TextError(
                f"{TOKENIZER_FILE} has {self.vocab_size} ids, the model knows {vocab_size}",
                hint="the two files belong to different checkpoints",
            )
        for name, model_id in expected.items():
            if model_id is not None and self.special_id(name) != model_id:
                raise TextError(
                    f"{TOKENIZER_FILE} says {name} is {self.special_id(name)}, the model's"
                    f" configuration says {model_id}",
                    hint="the two files belong to different checkpoints",
                )

    def _try_out(self) -> None:
        """Some files make the library panic only at a text: the sooner, the better."""
        with suppress(Exception):  # a text that it cannot take is told when there is one
            self._tokenizer.encode("a 1.", add_special_tokens=False)

    def _with_sounds(self, text: str, encode: Callable[[str], tuple[int, ...]]) -> tuple[int, ...]:
        ids: list[int] = []
        position = 0
        for match in _SOUND.finditer(text):
            ids.extend(encode(text[position : match.start()]))
            ids.extend(self._sounds[match.group()])
            position = match.end()
        ids.extend(encode(text[position:]))
        return tuple(ids)

    def _encode_words(self, text: str) -> tuple[int, ...]:
        if not text:
            return ()
        return self.encode(self.front_end.spell(text) if self.front_end else text)

    def _sound_ids(self, mark: tuple[str, str, str]) -> tuple[int, ...]:
        """A sound's ids; none where the checkpoint was not trained on sounds: they are left out."""
        opening, name, closing = mark
        if opening not in self._special_ids or closing not in self._special_ids:
            return ()
        if self.front_end is not None and not self.front_end.has_sounds:
            return ()
        return (self._special_ids[opening], *self.encode(name), self._special_ids[closing])


def _is_of_the_file(error: BaseException) -> bool:
    """The library raises bare `Exception` for every bad file, and panics at some."""
    return isinstance(error, Exception) or is_panic(error)


def _declared_front_end(folder: Path) -> FrontEnd | None:
    """The front end of a folder that declares one; no other folder ever loads its code."""
    if not (folder / FRONT_END_FILE).is_file():
        return None
    from tokenizer.prompts.pronunciation import PronunciationFrontEnd

    return PronunciationFrontEnd.from_folder(folder)


def _shortened(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."
