"""Which sound of its text is heard in each frame of an utterance, found by its first codes alone.

The first codebook is phonetic, so a table of how likely a sound is to be heard as a code tells where each sound lies: from
an even division of every utterance the table is counted, from the table the best division is found, and so on a few times.

    sounds of the text    pause? · w · ih · s · pause? · b · l · uw · pause?
    frames                  0 0    1   2 2   3            4   5   6 6 6    0
"""

from collections.abc import Sequence

import numpy as np

ROUNDS = 6
LIKELY_COUNT = 0.3
"""Added to every count, so that nothing is impossible."""
PAUSE = -1


class SoundTable:
    """How likely each sound, and the pause, is to be heard as each code of the first codebook."""

    def __init__(self, sound_count: int, code_count: int) -> None:
        self._counts = np.full((sound_count + 1, code_count), LIKELY_COUNT)

    def add(self, sounds: np.ndarray, codes: np.ndarray) -> None:
        """Count a division: `sounds` [frames] of the table, -1 for the pause."""
        np.add.at(self._counts, (sounds, codes), 1.0)

    def scores(self) -> np.ndarray:
        """`[sounds and the pause, codes]`: logarithms of the shares."""
        return np.log(self._counts / self._counts.sum(axis=1, keepdims=True))


def aligned(
    texts: Sequence[Sequence[int]], codes: Sequence[np.ndarray], sound_count: int, code_count: int
) -> list[np.ndarray]:
    """For each utterance the place in its text of what is heard in each frame, -1 in a pause.

    `texts` are sounds by number, -1 where a pause may be; `codes` [frames] of the first codebook.
    """
    places = [_stations(text) for text in texts]
    states = [
        np.where(place == PAUSE, PAUSE, np.asarray(text)[place])
        for text, place in zip(texts, places, strict=True)
    ]
    paths = [_even(len(each), len(heard)) for each, heard in zip(states, codes, strict=True)]
    for _ in range(ROUNDS):
        table = SoundTable(sound_count, code_count)
        for text, path, heard in zip(states, paths, codes, strict=True):
            table.add(text[path], heard)
        scores = table.scores()
        paths = [
            _best(scores[text][:, heard].T, text == PAUSE)
            for text, heard in zip(states, codes, strict=True)
        ]
    return [place[path] for place, path in zip(places, paths, strict=True)]


def _stations(text: Sequence[int]) -> np.ndarray:
    """The places of the sounds, and one pause wherever there may be one: at both ends too."""
    stations = [PAUSE]
    for place, sound in enumerate(text):
        if sound != PAUSE:
            stations.append(place)
        elif stations[-1] != PAUSE:
            stations.append(PAUSE)
    return np.array(stations if stations[-1] == PAUSE else [*stations, PAUSE])


def _even(state_count: int, frame_count: int) -> np.ndarray:
    """Every state as long as the others; the first and the last frames are a pause."""
    return np.linspace(0, state_count - 1, frame_count).round().astype(np.int64)


def _best(scores: np.ndarray, may_be_passed: np.ndarray) -> np.ndarray:
    """The best path through `scores` [frames, states]: stay, go on, or pass over one state.

    A pause is passed over for nothing; a sound costs something, since it may be shorter than a frame.
    """
    frames, count = scores.shape
    passing = np.where(may_be_passed, 0.0, -3.0)
    best = np.full(count, -np.inf)
    best[0] = scores[0, 0]
    if count > 1:
        best[1] = scores[0, 1]
    came = np.zeros((frames, count), dtype=np.int8)
    for frame in range(1, frames):
        one, two = np.full(count, -np.inf), np.full(count, -np.inf)
        one[1:] = best[:-1]
        two[2:] = best[:-2] + passing[1:-1]
        ways = np.stack([best, one, two])
        came[frame] = ways.argmax(axis=0)
        best = ways.max(axis=0) + scores[frame]
    state = count - 1 if count == 1 or best[-1] >= best[-2] else count - 2
    path = np.empty(frames, dtype=np.int64)
    for frame in range(frames - 1, -1, -1):
        path[frame] = state
        state -= int(came[frame, state])
    return path
