"""What an engine steps with, in words, for figures.

A step is chosen by what a device has, by kernels that agreed there, and by what was faster. A
figure without these words could be of any of them.
"""

from __future__ import annotations

import warnings


class StepDescription:
    """Grows while a step is chosen and while it runs."""

    def __init__(self) -> None:
        self.choices: dict[str, str] = {}
        """What was chosen of each part of a step, in the order of choosing."""
        self.warnings: list[str] = []
        """What was left out, and why; each was a `RuntimeWarning` too."""

    def choose(self, part: str, choice: str) -> None:
        self.choices[part] = choice

    def warn(self, text: str) -> None:
        """Something is slower than it was meant to be."""
        self.warnings.append(text)
        warnings.warn(text, RuntimeWarning, stacklevel=3)

    def as_dict(self) -> dict[str, object]:
        return {"choices": dict(self.choices), "warnings": list(self.warnings)}

    def __str__(self) -> str:
        return ", ".join(f"{part}: {choice}" for part, choice in self.choices.items())
