"""Speak runs in lanes: a generator that takes runs and yields frames and takes.

```python
engine = Engine(language_model, EngineSettings(lane_count=8))
for event in engine.generate(runs):  # any iterable of RunRequest, read lazily
    match event:
        case Take():
            engine.answer(event, Accept() if good(event) else Retry())
        case Waiting():
            ...  # every busy lane is parked: answer a take before asking for more
        case LaneFailure():
            ...  # this run ended, the others go on
```

A take may be answered at once, or any number of events later: its lane stays parked meanwhile and
the other lanes go on.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from model.requests import Answer, EngineSettings, Event, RunRequest, Take

if TYPE_CHECKING:
    from model.load_model import LanguageModel


class Engine:
    """Lanes, their cache, and the loop that keeps them busy."""

    def __init__(self, language_model: "LanguageModel", settings: EngineSettings) -> None:
        raise NotImplementedError("the loop follows within the hour")

    def generate(self, runs: Iterable[RunRequest]) -> Iterator[Event]:
        """Speak every run and yield what happens, as it happens. One generation at a time."""
        raise NotImplementedError("the loop follows within the hour")

    def answer(self, take: Take, answer: Answer) -> None:
        """Say what becomes of a take. Answering twice, or a take of no lane, is an error."""
        raise NotImplementedError("the loop follows within the hour")
