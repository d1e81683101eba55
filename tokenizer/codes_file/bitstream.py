"""`.hac`: the codes of one recording as a small file that describes itself.

    0  magic "HAC\\x1a"   4 version   5 coding   6 model     8 codebooks   12 codebook size
   16  sample rate       20 hop      24 frames  32 samples  40 payload bytes
   48  codec fingerprint 56 checksum of the payload         60 checksum of the header

All numbers are little-endian. `coding` is 0 for codes bitpacked at ceil(log2(codebook size)) bits,
frame by frame, and 1 for the range coder with the model named; whichever is smaller is written.
`samples` is the recording's true length: the last frame is padded, or a few milliseconds after it,
too little for one more, are silence.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tokenizer.codes_file.code_models import CodeModel, ContextModel
from tokenizer.codes_file.range_coder import TOTAL, RangeDecoder, encode_stretches
from tokenizer.errors import BitstreamError

MAGIC = b"HAC\x1a"
VERSION = 1
BITPACKED, RANGE_CODED = 0, 1
LARGEST_MODELLED = 1 << 14  # codebook entries: the coder's 16 bits must leave each one its share

_LAYOUT = struct.Struct("<4sBBH II II QQ Q 8s I")
_CHECKSUM = struct.Struct("<I")
HEADER_BYTES = _LAYOUT.size + _CHECKSUM.size

_MOST_CODES = 1 << 31  # some hundred days of speech; a header that asks for more is not honest

ModelMaker = Callable[[int, int], CodeModel]
MODELS: dict[int, ModelMaker] = {ContextModel.identifier: ContextModel}


@dataclass(frozen=True)
class CodesHeader:
    """Everything a codes file says of itself."""

    codebook_count: int
    codebook_size: int
    sample_rate: int
    hop_length: int
    frame_count: int
    sample_count: int
    fingerprint: str  # 16 hex digits of the codec that made the codes
    coding: int = BITPACKED
    model: int = 0
    payload_bytes: int = 0
    payload_checksum: int = 0

    @property
    def seconds(self) -> float:
        return self.sample_count / self.sample_rate

    @property
    def bits_per_code(self) -> int:
        return max(0, self.codebook_size - 1).bit_length()

    @property
    def bitpacked_bytes(self) -> int:
        codes = self.codebook_count * self.frame_count
        return (codes * self.bits_per_code + 7) // 8


@dataclass(frozen=True)
class CodesFile:
    """Codes [codebooks, frames] with what is needed to turn them into sound again."""

    header: CodesHeader
    codes: np.ndarray


def codes_to_bytes(
    header: CodesHeader, codes: np.ndarray, make_model: ModelMaker = ContextModel
) -> bytes:
    """The whole file. `header` describes the codes; its last four fields are filled in here."""
    _check_codes(header, codes)
    coding, model, payload = BITPACKED, 0, _bitpacked(codes, header.bits_per_code)
    if header.codebook_size <= LARGEST_MODELLED:
        chosen = make_model(header.codebook_count, header.codebook_size)
        coded = _range_coded(codes, chosen)
        if len(coded) < len(payload):
            coding, model, payload = RANGE_CODED, chosen.identifier, coded
    filled = CodesHeader(
        **{**vars(header), "coding": coding, "model": model, "payload_bytes": len(payload)}
        | {"payload_checksum": zlib.crc32(payload)}
    )
    return _header_bytes(filled) + payload


def codes_from_bytes(
    data: bytes, name: str, models: dict[int, ModelMaker] | None = None
) -> CodesFile:
    """A file's bytes, every one of them checked; `name` is what errors call it."""
    header = parse_header(data[:HEADER_BYTES], name)
    payload = data[HEADER_BYTES:]
    check_payload(header, payload, name)
    if header.coding == BITPACKED:
        return CodesFile(header, _from_bits(payload, header))
    known = MODELS if models is None else models
    if header.model not in known:
        raise BitstreamError(f"{name} was coded with model {header.model}, which is not known here")
    model = known[header.model](header.codebook_count, header.codebook_size)
    return CodesFile(header, _range_decoded(payload, header, model))


def parse_header(data: bytes, name: str) -> CodesHeader:
    """What the first bytes say, if they are whole and make sense."""
    if len(data) < len(MAGIC) or data[: len(MAGIC)] != MAGIC:
        raise BitstreamError(f"{name} is not a codes file: it does not begin with HAC")
    if len(data) < HEADER_BYTES:
        raise BitstreamError(f"{name} is cut short: {len(data)} bytes, the header alone has 64")
    if _CHECKSUM.unpack(data[_LAYOUT.size : HEADER_BYTES])[0] != zlib.crc32(data[: _LAYOUT.size]):
        raise BitstreamError(f"{name} is damaged: its header does not match its checksum")
    _, version, coding, model, books, size, rate, hop, frames, samples, length, mark, check = (
        _LAYOUT.unpack(data[: _LAYOUT.size])
    )
    if version != VERSION:
        raise BitstreamError(f"{name} is of version {version}; this program reads {VERSION}")
    header = CodesHeader(
        books, size, rate, hop, frames, samples, mark.hex(), coding, model, length, check
    )
    _check_header(header, name)
    return header


def check_payload(header: CodesHeader, payload: bytes, name: str) -> None:
    """That all of it is there, and is what was written."""
    if len(payload) < header.payload_bytes:
        there = f"{len(payload)} of {header.payload_bytes} bytes of codes"
        raise BitstreamError(f"{name} is cut short: {there} are there")
    if len(payload) > header.payload_bytes:
        extra = len(payload) - header.payload_bytes
        raise BitstreamError(f"{name} is damaged: {extra} bytes follow its end")
    if zlib.crc32(payload) != header.payload_checksum:
        raise BitstreamError(f"{name} is damaged: its codes do not match their checksum")


def _range_coded(codes: np.ndarray, model: CodeModel) -> bytes:
    starts, sizes = [], []
    for frame in codes.T.tolist():
        for codebook, code in enumerate(frame):
            ends = model.ends(codebook)
            start = int(ends[code])
            starts.append(start)
            sizes.append(int(ends[code + 1]) - start)
            model.observe(codebook, code)
    return encode_stretches(starts, sizes)


def _range_decoded(payload: bytes, header: CodesHeader, model: CodeModel) -> np.ndarray:
    codes = np.empty((header.frame_count, header.codebook_count), np.int64)
    decoder = RangeDecoder(payload)
    for frame in codes:
        for codebook in range(header.codebook_count):
            code = decoder.pull(model.ends(codebook))
            model.observe(codebook, code)
            frame[codebook] = code
    return codes.T.copy()


def _bitpacked(codes: np.ndarray, bits: int) -> bytes:
    """Frame by frame, codebook by codebook, each code's highest bit first."""
    places = np.arange(bits - 1, -1, -1)
    return np.packbits((codes.T.ravel()[:, None] >> places) & 1).tobytes()


def _from_bits(payload: bytes, header: CodesHeader) -> np.ndarray:
    bits, count = header.bits_per_code, header.codebook_count * header.frame_count
    flat = np.unpackbits(np.frombuffer(payload, np.uint8), count=count * bits)
    values = flat.reshape(count, bits).astype(np.int64) @ (1 << np.arange(bits - 1, -1, -1))
    return values.reshape(header.frame_count, header.codebook_count).T.copy()


def _header_bytes(header: CodesHeader) -> bytes:
    body = _LAYOUT.pack(
        MAGIC, VERSION, header.coding, header.model, header.codebook_count, header.codebook_size,
        header.sample_rate, header.hop_length, header.frame_count, header.sample_count,
        header.payload_bytes, bytes.fromhex(header.fingerprint), header.payload_checksum,
    )  # fmt: skip
    return body + _CHECKSUM.pack(zlib.crc32(body))


def _check_codes(header: CodesHeader, codes: np.ndarray) -> None:
    if codes.shape != (header.codebook_count, header.frame_count):
        raise BitstreamError(f"codes {codes.shape} are not what the header says")
    if codes.size and not 0 <= codes.min() <= codes.max() < header.codebook_size:
        raise BitstreamError(f"codes must lie in 0..{header.codebook_size - 1}")


def _check_header(header: CodesHeader, name: str) -> None:
    """A header may be whole and yet ask for the impossible, or for all memory there is."""
    count = header.codebook_count * header.frame_count
    sane = (
        0 < header.codebook_count <= 1024
        and 1 < header.codebook_size <= 1 << 20
        and count <= _MOST_CODES
        and 0 < header.sample_rate <= 1 << 20
        and 0 < header.hop_length <= 1 << 20
        and header.coding in (BITPACKED, RANGE_CODED)
        and (header.frame_count - 1) * header.hop_length
        < max(header.sample_count, 1)
        < (header.frame_count + 1) * header.hop_length
    )
    if header.coding == BITPACKED:
        sane = sane and header.payload_bytes == header.bitpacked_bytes
    else:
        sane = sane and header.codebook_size <= LARGEST_MODELLED
        # Every other symbol keeps its share, so even the likeliest one costs that much.
        least_bits = count * (header.codebook_size - 1) / TOTAL
        sane = sane and least_bits <= 8 * header.payload_bytes + 64
    if not sane:
        raise BitstreamError(f"{name} is damaged: its header contradicts itself")
