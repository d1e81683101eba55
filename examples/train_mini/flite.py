"""The teacher: flite in this process, through ctypes, with the phones it spoke and when.

Needs the shared libraries of Debian's `libflite1`. Deterministic: the same text, voice and settings give the
same samples. Not safe for threads; use one process each.
"""

import ctypes
from dataclasses import dataclass

import numpy as np

BASE_VOICES = ("slt", "rms", "awb", "kal16")


class _Wave(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_char_p),
        ("sample_rate", ctypes.c_int),
        ("sample_count", ctypes.c_int),
        ("channel_count", ctypes.c_int),
        ("samples", ctypes.POINTER(ctypes.c_short)),
    ]


class _Voice(ctypes.Structure):
    """Only the head of flite's voice record: its name and its features."""

    _fields_ = [("name", ctypes.c_char_p), ("features", ctypes.c_void_p)]


@dataclass(frozen=True)
class Spoken:
    """What flite said: samples, and each phone with the second at which it ends."""

    samples: np.ndarray
    sample_rate: int
    phones: tuple[str, ...]
    ends_seconds: tuple[float, ...]


class Flite:
    """All base voices, loaded once."""

    def __init__(self) -> None:
        self._core = _declared(ctypes.CDLL("libflite.so.1", mode=ctypes.RTLD_GLOBAL))
        ctypes.CDLL("libflite_usenglish.so.1", mode=ctypes.RTLD_GLOBAL)
        self._lexicon_library = ctypes.CDLL("libflite_cmulex.so.1", mode=ctypes.RTLD_GLOBAL)
        self._core.flite_init()
        self._lexicon_library.cmu_lex_init.restype = ctypes.c_void_p
        self._lexicon = self._lexicon_library.cmu_lex_init()
        self._voices = {name: _register(name) for name in BASE_VOICES}

    def pronounce(self, word: str) -> tuple[str, ...]:
        """The phones of one word out of its sentence; vowels carry their stress digit."""
        node = self._core.lex_lookup(self._lexicon, word.encode(), None, None)
        phones = []
        while node:
            phones.append(self._core.val_string(self._core.val_car(node)).decode())
            node = self._core.val_cdr(node)
        return tuple(phones)

    def speak(self, text: str, base: str, stretch: float = 1.0, f0_shift: float = 1.0) -> Spoken:
        """Say `text` with a base voice, slowed by `stretch`, its pitch moved by `f0_shift`."""
        voice = self._voices[base]
        features = ctypes.cast(voice, ctypes.POINTER(_Voice)).contents.features
        self._core.feat_set_float(features, b"duration_stretch", stretch)
        self._core.feat_set_float(features, b"f0_shift", f0_shift)
        utterance = self._core.flite_synth_text(text.encode(), voice)
        try:
            return self._read(utterance)
        finally:
            self._core.delete_utterance(utterance)

    def _read(self, utterance: int) -> Spoken:
        wave = self._core.utt_wave(utterance).contents
        samples = np.ctypeslib.as_array(wave.samples, (wave.sample_count,)).copy()
        phones, ends = [], []
        item = self._core.relation_head(self._core.utt_relation(utterance, b"Segment"))
        while item:
            phones.append(self._core.item_feat_string(item, b"name").decode())
            ends.append(self._core.item_feat_float(item, b"end"))
            item = self._core.item_next(item)
        return Spoken(samples, wave.sample_rate, tuple(phones), tuple(ends))


def _register(name: str) -> int:
    library = ctypes.CDLL(f"libflite_cmu_us_{name}.so.1", mode=ctypes.RTLD_GLOBAL)
    register = getattr(library, f"register_cmu_us_{name}")
    register.restype, register.argtypes = ctypes.c_void_p, [ctypes.c_char_p]
    return register(None)


def _declared(core: ctypes.CDLL) -> ctypes.CDLL:
    """Give each C function its types; pointers are opaque numbers here."""
    pointer, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_float
    signatures = {
        "flite_init": (ctypes.c_int, []),
        "flite_synth_text": (pointer, [text, pointer]),
        "delete_utterance": (None, [pointer]),
        "utt_wave": (ctypes.POINTER(_Wave), [pointer]),
        "utt_relation": (pointer, [pointer, text]),
        "relation_head": (pointer, [pointer]),
        "item_next": (pointer, [pointer]),
        "item_feat_string": (text, [pointer, text]),
        "item_feat_float": (number, [pointer, text]),
        "feat_set_float": (None, [pointer, text, number]),
        "lex_lookup": (pointer, [pointer, text, text, pointer]),
        "val_car": (pointer, [pointer]),
        "val_cdr": (pointer, [pointer]),
        "val_string": (text, [pointer]),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(core, name)
        function.restype, function.argtypes = result, arguments
    return core
