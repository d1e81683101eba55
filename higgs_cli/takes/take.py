"""A take: the codes of one chunk, with what is needed to check and to repeat it.

A take file is one JSON line (the record), the codes compressed, and the SHA-256 of all before it:

    HIGGS-TAKE 1\\n | {"key": ..., "attempt": ...}\\n | zlib(int16 codes) | sha256 (32 bytes)
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from higgs_cli.errors import FormatError
from higgs_cli.files.strict_json import Record, read_record

if TYPE_CHECKING:
    from higgs_cli.speech.protocol import Codes

MAGIC = b"HIGGS-TAKE 1\n"
DIGEST_BYTES = 32
MOST_ATTEMPTS = 1_000_000
MOST_CODEBOOKS = 64
MOST_CODES = 1 << 24
"""Twenty-three hours of eight codebooks; they are held in memory."""
CODE_BYTES = 2

UNUSABLE = frozenset(
    {"never-ending", "stalled", "looping", "not-finite", "silent", "too-short", "unspoken"}
)
"""A take that fails one of these checks is not heard: silence stands in its place."""


class Verdict(StrEnum):
    """Three different answers: only a fail is worth a retry."""

    PASS = "pass"
    INCONCLUSIVE = "inconclusive"
    FAIL = "fail"


VERDICTS = frozenset(Verdict)


@dataclass(frozen=True)
class Finding:
    """What one check says of one take; passes are not kept."""

    check: str
    verdict: Verdict
    detail: str
    at_seconds: float = 0.0


@dataclass(frozen=True)
class Levels:
    """What mastering wants to know without decoding a take again."""

    peak: float
    block_power_sum: float
    """Sum of the K-weighted power of the take's 400 ms blocks that are not silence."""
    block_count: int
    sounding_seconds: float = 0.0
    """How long it is louder than the pauses between words; 0 where it was not measured."""
    floor_db: float | None = None
    """How loud the quietest twentieth of it is, in dBFS; None where it was not measured."""
    treble_db: float | None = None
    """What it has above 5 kHz (`checks/treble.py`); None also where it says too little."""


@dataclass(frozen=True)
class TakeRecord:
    """All of a take but its codes."""

    key: str
    attempt: int
    recipe: Mapping[str, str]
    """The named parts that the key is the hash of: all that decides the sound but the context."""
    heard: tuple[str, ...]
    """The takes that were its context, oldest first, each as `name` gives them."""
    frame_count: int
    ending: str
    findings: tuple[Finding, ...]
    levels: Levels

    @property
    def name(self) -> str:
        return f"{self.key}.{self.attempt}"

    @property
    def verdict(self) -> Verdict:
        verdicts = {finding.verdict for finding in self.findings}
        for verdict in (Verdict.FAIL, Verdict.INCONCLUSIVE):
            if verdict in verdicts:
                return verdict
        return Verdict.PASS

    @property
    def is_usable(self) -> bool:
        """Whether it may be used when no attempt passed."""
        return not any(
            finding.verdict is Verdict.FAIL and finding.check in UNUSABLE
            for finding in self.findings
        )

    @property
    def demerits(self) -> tuple[bool, int, int, int]:
        """Smaller is better: unusable, fails, doubts, and the attempt, so that ties are settled."""
        verdicts = [finding.verdict for finding in self.findings]
        doubts = verdicts.count(Verdict.INCONCLUSIVE)
        return (not self.is_usable, verdicts.count(Verdict.FAIL), doubts, self.attempt)


@dataclass(frozen=True)
class Slate:
    """What is known of a take when it has been spoken, before it is judged."""

    key: str
    recipe: Mapping[str, str]
    heard: tuple[str, ...]


@dataclass(frozen=True)
class Take:
    record: TakeRecord
    codes: Codes


def to_bytes(take: Take) -> bytes:
    """A take as it lies in the store; the same take gives the same bytes."""
    header = {**asdict(take.record), "codebook_count": int(take.codes.shape[0])}
    line = json.dumps(header, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    payload = zlib.compress(take.codes.astype("<i2").tobytes(), level=6)
    content = MAGIC + line.encode() + b"\n" + payload
    return content + hashlib.sha256(content).digest()


def from_bytes(data: bytes, name: str) -> Take:
    """A take read back; anything but what was written is a `FormatError` that names the file."""
    import numpy as np

    record, codebook_count, payload = _opened(data, name)
    plain = _unpacked(payload, codebook_count * record.frame_count * CODE_BYTES)
    if plain is None:
        raise FormatError(f"{name}: damaged take (its codes do not fit its record)")
    codes = np.frombuffer(plain, dtype="<i2").astype(np.int16)
    return Take(record, codes.reshape(codebook_count, record.frame_count))


def record_from_bytes(data: bytes, name: str) -> TakeRecord:
    """The record alone, verified by the checksum, without unpacking the codes."""
    return _opened(data, name)[0]


def _unpacked(payload: bytes, byte_count: int) -> bytes | None:
    """Just so many bytes, or None; what would be more is never unpacked."""
    unpacking = zlib.decompressobj()
    try:
        plain = unpacking.decompress(payload, byte_count + 1)
    except zlib.error:
        return None
    is_whole = unpacking.eof and not unpacking.unused_data
    return plain if is_whole and len(plain) == byte_count else None


def _opened(data: bytes, name: str) -> tuple[TakeRecord, int, bytes]:
    if not data.startswith(MAGIC):
        if data.startswith(b"HIGGS-TAKE "):
            raise FormatError(f"{name}: written by a newer version of higgs")
        raise FormatError(f"{name}: not a take")
    content, digest = data[:-DIGEST_BYTES], data[-DIGEST_BYTES:]
    if hashlib.sha256(content).digest() != digest:
        raise FormatError(f"{name}: damaged take (its checksum differs)")
    line, _, payload = content[len(MAGIC) :].partition(b"\n")
    header = read_record(line, name)
    record, codebook_count = _record(header), header.whole("codebook_count", 1, MOST_CODEBOOKS)
    if codebook_count * record.frame_count > MOST_CODES:
        raise header.refusal("frame_count", "the length of a take")
    return record, codebook_count, payload


def _record(header: Record) -> TakeRecord:
    levels = header.record("levels")
    return TakeRecord(
        key=header.text("key"),
        attempt=header.whole("attempt", 0, MOST_ATTEMPTS),
        recipe=header.text_table("recipe"),
        heard=header.texts("heard"),
        frame_count=header.whole("frame_count"),
        ending=header.text("ending"),
        findings=tuple(map(_finding, header.records("findings"))),
        levels=Levels(
            levels.number("peak", 0),
            levels.number("block_power_sum", 0),
            levels.whole("block_count"),
            levels.number("sounding_seconds", 0) if "sounding_seconds" in levels else 0.0,
            levels.number("floor_db") if "floor_db" in levels else None,
            levels.number("treble_db") if "treble_db" in levels else None,
        ),
    )


def _finding(found: Record) -> Finding:
    verdict = Verdict(found.choice("verdict", VERDICTS))
    at_seconds = found.number("at_seconds", 0) if "at_seconds" in found else 0.0
    return Finding(found.text("check"), verdict, found.text("detail"), at_seconds)
