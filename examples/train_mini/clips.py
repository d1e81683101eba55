"""An utterance as lessons are made of it: text, codes, and which sound is heard when."""

from dataclasses import dataclass

from torch import Tensor

CODEBOOK_SIZE = 256


@dataclass(frozen=True)
class Clip:
    """What was said and its codes."""

    text: str
    codes: Tensor
    speaker: str
    sounds: Tensor | None = None
    """[frames]: the number of the sound being made, -1 in a pause; None where nobody knows."""
    written_count: int = 0
    """Of the sounds of the text, where all of them are known."""

    @property
    def sound_count(self) -> int:
        if self.sounds is None or self.written_count:
            return self.written_count
        return int(self.sounds.max()) + 1
