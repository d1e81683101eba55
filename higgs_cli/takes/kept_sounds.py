"""The sound of takes: what was decoded to be checked need not be decoded again to be mastered.

    check   ── samples of a good take ──► a file beside the takes ──► whoever asks for these codes
                                                  none, or damaged ─► decoded, and kept

Sounds are known by their codes and by all that decides how those are decoded, so that nobody can
take one for another. What is kept and what is decoded again have the same bits.
"""

from __future__ import annotations

import hashlib
import threading
from typing import TYPE_CHECKING

from higgs_cli.speech.protocol import SideDecoder, Synthesizer
from higgs_cli.takes.sound_files import SoundFiles

if TYPE_CHECKING:
    from higgs_cli.speech.protocol import Codes, Samples


def codes_digest(codes: Codes) -> str:
    """Names codes by what they are; a manifest has it too."""
    return hashlib.sha256(codes.tobytes()).hexdigest()


def sounds_of(files: SoundFiles, synthesizer: Synthesizer) -> KeptSounds:
    """The sounds of a store as this synthesizer decodes them."""
    it = synthesizer.description
    return KeptSounds(files, synthesizer.side_decoder(), it.sample_rate // it.frame_rate)


class KeptSounds:
    """For several threads at once."""

    def __init__(self, files: SoundFiles, decoder: SideDecoder, samples_per_frame: int) -> None:
        self._files = files
        self._decoder = decoder
        self._samples_per_frame = samples_per_frame
        self._decoding = threading.BoundedSemaphore(decoder.thread_count)

    def of(self, codes: Codes) -> Samples:
        """The sound of these codes, kept or decoded now. Not to be written to."""
        kept = self._files.read(self._name(codes), codes.shape[1] * self._samples_per_frame)
        if kept is not None:
            return kept
        with self._decoding:
            samples = self._decoder.decode(codes)
        self.keep(codes, samples)
        return samples

    def keep(self, codes: Codes, samples: Samples) -> None:
        """What these codes were decoded to."""
        if len(samples) == codes.shape[1] * self._samples_per_frame:
            self._files.write(self._name(codes), samples)

    def _name(self, codes: Codes) -> str:
        whole = f"{self._decoder.decodes_as}\n{codes.shape}\n{codes_digest(codes)}"
        return hashlib.sha256(whole.encode()).hexdigest()
