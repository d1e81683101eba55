"""How codes are drawn from the model's logits, in the same words for model and caller.

No torch here, nor in what this imports: whoever asks for speech may hold these values.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from model.errors import GenerationError

MOST_REPEAT_WINDOW = 32
TEMPERATURE_STEP = 0.2


@dataclass(frozen=True)
class Sampling:
    """A temperature of 0 is greedy: arg max, no noise, no redraw. The defaults are those that the
    model was published with."""

    temperature: float = 1.0
    top_k: int = 50
    """0 keeps all."""
    top_p: float = 0.95
    """1.0 keeps all."""
    repeat_window: int = 7
    """Repetition-aware sampling looks at this many frames of the chunk; 0 switches it off."""
    repeat_limit: int = 2
    """A code already drawn this often in the window is drawn once more, from the raw logits."""
    retry_temperature: float = 0.0
    """Further attempts at a chunk rise to this, in steps of TEMPERATURE_STEP, where they begin
    below."""

    def of_attempt(self, attempt: int) -> Sampling:
        """What was all but certain would go wrong the same way again: later attempts have a
        higher temperature."""
        raised = min(attempt * TEMPERATURE_STEP, self.retry_temperature)
        return replace(self, temperature=max(self.temperature, raised))

    def __post_init__(self) -> None:
        limits = {
            "temperature": (self.temperature, 0.0, 100.0),
            "retry_temperature": (self.retry_temperature, 0.0, 100.0),
            "top_k": (self.top_k, 0, 1 << 30),
            "top_p": (self.top_p, 1e-6, 1.0),
            "repeat_window": (self.repeat_window, 0, MOST_REPEAT_WINDOW),
            "repeat_limit": (self.repeat_limit, 1, 1 << 30),
        }
        for name, (value, least, most) in limits.items():
            if not least <= value <= most:
                raise GenerationError(f"{name}: {value} is not between {least} and {most}")
