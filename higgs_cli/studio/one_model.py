"""The model of a studio: opened when it is first needed, and kept."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from higgs_cli.checkpoints.find import find_checkpoint
from higgs_cli.checkpoints.identity import ModelIdentity
from higgs_cli.jobs.speaking import OpenSpeech
from higgs_cli.settings.views import ModelChoice

if TYPE_CHECKING:
    from higgs_cli.speech.protocol import Synthesizer

IdentityOf = Callable[[ModelChoice], ModelIdentity]


def identity_here(choice: ModelChoice) -> ModelIdentity:
    """Of the checkpoint that would be opened."""
    return find_checkpoint(choice).identity(choice)


class OneModel:
    """For any thread. One model at a time: another choice takes the place of the one before."""

    def __init__(self, open_speech: OpenSpeech, identity_of: IdentityOf = identity_here) -> None:
        self._open_speech = open_speech
        self._identity_of = identity_of
        self._opening = threading.Lock()
        self._open: dict[ModelChoice, Synthesizer] = {}
        self._identities: dict[ModelChoice, ModelIdentity] = {}

    def open(self, choice: ModelChoice) -> Synthesizer:
        with self._opening:
            if choice not in self._open:
                self._open.clear()
                self._open[choice] = self._open_speech(choice)
            return self._open[choice]

    def identity(self, choice: ModelChoice) -> ModelIdentity:
        """By which its takes are known; nothing is opened for that."""
        if choice not in self._identities:
            self._identities[choice] = self._identity_of(choice)
        return self._identities[choice]
