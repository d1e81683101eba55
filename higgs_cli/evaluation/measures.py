"""What was measured of each spoken sentence, and what it comes to for each voice and for all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean


@dataclass(frozen=True)
class SentenceScore:
    """One sentence by one voice. What could not be measured is None."""

    voice: str
    number: int
    word_count: int
    heard: str
    word_errors: int | None
    teacher_word_errors: int | None
    ended: bool
    """The model closed its speech by itself, within its budget."""
    duration_seconds: float
    teacher_seconds: float | None
    loudness_lufs: float | None
    quiet_high_band_db: float
    nearest_voice: str | None
    """Its own, or that of the library which it sounds more like; None without any other."""
    voice_distance: float
    """From the middle of its own voice, in how much a voice differs from itself."""
    rival_distance: float | None
    """From the middle of the nearest other voice, in the same unit."""
    voice_similarity: float | None
    """Made of the two: 1 in the middle of its own voice, 0 in the other's, 0.5 half way."""
    teacher_voice_similarity: float | None
    """Of the teacher's recording, by the teacher's other ones."""
    retrieved: bool | None
    """Its sound is nearer to the teacher's reading of this sentence than of any other."""
    place: int = 1
    """In its run, counted from 1."""
    mel_distance_db: float | None = None
    """From the teacher's recording, step by step: of what only went through the codec."""
    overall_quality: float | None = None
    """Of the sound, from 1 to 5, as a network guesses that listeners would say."""
    teacher_overall_quality: float | None = None
    signal_quality: float | None = None
    """The same of the speech alone, whatever is behind it."""
    teacher_signal_quality: float | None = None
    print_similarity: float | None = None
    """Of its speaker print to those of its own voice: about 0.87 for one person, 0.56 for two."""
    teacher_print_similarity: float | None = None
    """Of the teacher's recording to his other ones."""
    print_nearest: str | None = None
    """The voice whose prints are the most similar: of the library, or of all strangers."""
    melody_semitones: float | None = None
    """Deviation of the logarithm of the pitch within the sentence."""
    teacher_melody_semitones: float | None = None


@dataclass(frozen=True)
class Summary:
    """Many sentences in one row."""

    name: str
    sentences: int
    word_error_rate: float | None
    teacher_word_error_rate: float | None
    without_end: int
    duration_ratio: float | None
    right_voice_share: float | None
    voice_similarity: float | None
    teacher_voice_similarity: float | None
    retrieved_share: float | None
    loudness_lufs: float | None
    quiet_high_band_db: float
    mel_distance_db: float | None
    overall_quality: float | None
    teacher_overall_quality: float | None
    signal_quality: float | None
    teacher_signal_quality: float | None
    print_similarity: float | None
    teacher_print_similarity: float | None
    right_print_share: float | None
    melody_semitones: float | None
    melody_ratio: float | None
    """To the teacher's, over all sentences of the row."""


def summarize(name: str, scores: Sequence[SentenceScore]) -> Summary:
    """Rates over all words, means over all sentences."""
    words = sum(score.word_count for score in scores)
    return Summary(
        name=name,
        sentences=len(scores),
        word_error_rate=_rate((score.word_errors for score in scores), words),
        teacher_word_error_rate=_rate((score.teacher_word_errors for score in scores), words),
        without_end=sum(not score.ended for score in scores),
        duration_ratio=mean_of_known(
            score.duration_seconds / score.teacher_seconds if score.teacher_seconds else None
            for score in scores
        ),
        right_voice_share=_right_share(scores, [score.nearest_voice for score in scores]),
        voice_similarity=mean_of_known(score.voice_similarity for score in scores),
        teacher_voice_similarity=mean_of_known(score.teacher_voice_similarity for score in scores),
        retrieved_share=mean_of_known(
            None if score.retrieved is None else float(score.retrieved) for score in scores
        ),
        loudness_lufs=mean_of_known(score.loudness_lufs for score in scores),
        quiet_high_band_db=fmean(score.quiet_high_band_db for score in scores),
        mel_distance_db=mean_of_known(score.mel_distance_db for score in scores),
        overall_quality=mean_of_known(score.overall_quality for score in scores),
        teacher_overall_quality=mean_of_known(score.teacher_overall_quality for score in scores),
        signal_quality=mean_of_known(score.signal_quality for score in scores),
        teacher_signal_quality=mean_of_known(score.teacher_signal_quality for score in scores),
        print_similarity=mean_of_known(score.print_similarity for score in scores),
        teacher_print_similarity=mean_of_known(score.teacher_print_similarity for score in scores),
        right_print_share=_right_share(scores, [score.print_nearest for score in scores]),
        melody_semitones=mean_of_known(score.melody_semitones for score in scores),
        melody_ratio=_melody_ratio(scores),
    )


def summaries(scores: Sequence[SentenceScore]) -> list[Summary]:
    """One row for each voice in order of appearance, for each place in a run, and one for all."""
    names = dict.fromkeys(score.voice for score in scores)
    rows = [summarize(name, [s for s in scores if s.voice == name]) for name in names]
    places = sorted({score.place for score in scores})
    if len(places) > 1:
        rows += [summarize(f"chunk {n}", [s for s in scores if s.place == n]) for n in places]
    return [*rows, summarize("all", scores)]


def as_document(scores: Sequence[SentenceScore]) -> dict[str, object]:
    """Everything, for a JSON file."""
    return {
        "summaries": [asdict(row) for row in summaries(scores)],
        "sentences": [asdict(score) for score in scores],
    }


def _rate(errors: Iterable[int | None], words: int) -> float | None:
    known = list(errors)
    if not words or any(count is None for count in known):
        return None
    return sum(count for count in known if count is not None) / words


def _right_share(scores: Sequence[SentenceScore], taken_for: Sequence[str | None]) -> float | None:
    return mean_of_known(
        None if name is None else float(name == score.voice)
        for score, name in zip(scores, taken_for, strict=True)
    )


def _melody_ratio(scores: Sequence[SentenceScore]) -> float | None:
    both = [
        (score.melody_semitones, score.teacher_melody_semitones)
        for score in scores
        if score.melody_semitones is not None and score.teacher_melody_semitones
    ]
    return sum(own for own, _ in both) / sum(his for _, his in both) if both else None


def mean_of_known(values: Iterable[float | None]) -> float | None:
    """The mean of what was measured; None where nothing was."""
    known = [value for value in values if value is not None]
    return fmean(known) if known else None
