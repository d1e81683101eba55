"""Bytes of a script become text, in an encoding that is known and never guessed in silence.

UTF-8 with or without a mark, and UTF-16 with one, are read; anything else is refused with the name
of what it looks like, because a wrong guess would be spoken aloud.
"""

from __future__ import annotations

import codecs
import re
import sys

from higgs_cli.errors import FormatError, UsageError
from higgs_cli.files.plain_file import read_plain
from higgs_cli.plain_text import is_whole

STDIN = "-"
MAXIMUM_BYTES = 64 * 1024 * 1024

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8 with a byte order mark"),
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)

DECLARED = re.compile(rb"^Character set encoding: *([\w-]{2,30})", re.MULTILINE)
"""What Project Gutenberg writes above its texts."""


def read_text(path: str, encoding: str | None = None) -> tuple[str, str, str]:
    """The name to show, the text with `\\n` line ends, and the encoding it was in."""
    shown, data = read_bytes(path)
    return shown, *decoded_text(data, shown, encoding)


def decoded_text(data: bytes, shown: str, encoding: str | None = None) -> tuple[str, str]:
    """The text with `\\n` line ends, and the encoding it was in."""
    text, used = _decoded(data, shown, encoding)
    if "\x00" in text:
        raise FormatError(f"{shown}: not a text (it contains zero bytes)")
    if not is_whole(text):
        raise FormatError(f"{shown}: not a text (it contains halves of surrogate pairs)")
    return text.replace("\r\n", "\n").replace("\r", "\n"), used


def read_bytes(path: str) -> tuple[str, bytes]:
    """The name to show, and all of a file that is not empty."""
    shown = "<stdin>" if path == STDIN else path
    try:
        if path == STDIN:
            data = sys.stdin.buffer.read(MAXIMUM_BYTES + 1)
        else:
            data = read_plain(path, MAXIMUM_BYTES, takes_pipes=True)
    except FileNotFoundError:
        hint = "a script is read from a file; to speak a line, pipe it: echo … | higgs render -"
        raise UsageError(f"{shown}: no such file", hint=hint) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"{shown}: cannot be read: {reason}") from None
    if len(data) > MAXIMUM_BYTES:
        raise UsageError(f"{shown}: larger than {MAXIMUM_BYTES // 1024 // 1024} MiB")
    if not data.strip(b"\x00 \t\r\n"):
        raise FormatError(f"{shown}: empty")
    return shown, data


def _decoded(data: bytes, shown: str, encoding: str | None) -> tuple[str, str]:
    if encoding is not None:
        return _decoded_as(data, shown, encoding), encoding
    for mark, codec, name in MARKS:
        if data.startswith(mark):
            return _decoded_as(data, shown, codec), name
    try:
        return data.decode("utf-8"), "UTF-8"
    except UnicodeDecodeError as error:
        declared = DECLARED.search(data[:4096])
        if declared and _is_known(declared[1].decode("ascii")):
            name = declared[1].decode("ascii")
            return _decoded_as(data, shown, name), name
        line = data.count(b"\n", 0, error.start) + 1
        guess = _likely_encoding(data)
        mend = f"; it looks like {guess}" if guess else ""
        raise FormatError(
            f"{shown}, line {line}: byte 0x{data[error.start]:02x} is not UTF-8{mend}",
            hint=f"--encoding {guess or 'NAME'}, or save the file as UTF-8",
        ) from None


def _is_known(encoding: str) -> bool:
    try:
        codecs.lookup(encoding)
    except LookupError:
        return False
    return True


def _decoded_as(data: bytes, shown: str, encoding: str) -> str:
    try:
        text = data.decode(encoding)
    except LookupError:
        raise UsageError(f'--encoding: "{encoding}" is not known') from None
    except (UnicodeError, ValueError) as error:
        raise FormatError(f"{shown}: not {encoding} ({error})") from None
    if not isinstance(text, str):
        raise UsageError(f'--encoding: "{encoding}" is not an encoding of text')
    return text.removeprefix("\ufeff")


def _likely_encoding(data: bytes) -> str | None:
    """What bytes that are not UTF-8 most resemble, for the message alone."""
    sample = data[:4096]
    if sample[1::2].count(0) > len(sample) // 4:
        return "utf-16-le"
    if sample[::2].count(0) > len(sample) // 4:
        return "utf-16-be"
    for encoding, low, high in (
        ("shift_jis", "\u3040", "\u30ff"),
        ("gb18030", "\u4e00", "\u9fff"),
        ("big5", "\u4e00", "\u9fff"),
        ("euc_kr", "\uac00", "\ud7a3"),
    ):
        text = _tolerant(data[:65536], encoding)
        letters = [char for char in text if ord(char) > 127]
        inside = sum(low <= char <= high for char in letters)
        if letters and inside > len(letters) * 0.6 and len(letters) > len(text) * 0.15:
            return encoding
    return "windows-1252" if _tolerant(data, "cp1252") else None


def _tolerant(data: bytes, encoding: str) -> str:
    """The decoded text, or nothing; a character cut at the end is forgiven."""
    for cut in range(4):
        try:
            return data[: len(data) - cut].decode(encoding)
        except UnicodeError:
            continue
    return ""
