"""What each stage is given of the settings: frozen views, made once.

Settings ──► choices_of ──► Reading · Casting · Planning · Sampling · TakeRules
                            GateChoice · ModelChoice · Mastering · Delivery
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from higgs_cli.settings.table import Settings
from model.runs.sampling_settings import Sampling


@dataclass(frozen=True)
class Reading:
    """How a script is understood, and how its words are said."""

    read_as: str = "auto"
    """auto, dialogue, play or prose."""
    headings: str = "auto"
    """auto, spoken or silent."""
    encoding: str | None = None
    language: str | None = None
    strict_language: bool = False
    expand: bool | None = None
    brackets: str = "auto"
    """auto, tags, text or silent."""
    notes: str = "silent"
    """silent, inline or end."""
    directions: str = "silent"
    """Of a play: silent, narrator or mood."""
    keep: tuple[str, ...] = ()
    """Reasons for leaving out that the user does not share."""
    chapters: str | None = None
    """Which chapters, as `1-3,7`; None for all."""
    lexicon: Path | None = None


@dataclass(frozen=True)
class Casting:
    """Who speaks with which voice, and where."""

    voices: Path | None = None
    cast: tuple[str, ...] = ()
    """`NAME=VOICE`, each from one `--cast`."""
    ref_audio: str | None = None
    """Voices by position, between commas."""
    scene: str | None = None
    allow_outside: bool = False


@dataclass(frozen=True)
class Pauses:
    """Seconds of silence before what follows."""

    sentence: float = 0.3
    paragraph: float = 0.6
    turn: float = 0.45
    scene: float = 1.6
    chapter: float = 2.5


@dataclass(frozen=True)
class Planning:
    """What is said in one go, in which contexts, and what else decides how it sounds."""

    chunk: str = "sentences"
    chunk_words: int = 60
    chunk_turns: int = 1
    chunk_seconds: float = 24.0
    run_chunks: int = 2
    ensemble: bool = False
    max_seconds: float = 60.0
    seed: int = 0
    sampling: Sampling = field(default_factory=Sampling)
    pauses: Pauses = field(default_factory=Pauses)


@dataclass(frozen=True)
class TakeRules:
    """How many takes of a chunk, what of its run is in a chunk's context, and how much of the sound
    of takes is kept."""

    takes: int = 1
    retries: int = 3
    retry_budget: float = 20.0
    """Percent of a book's planned frames."""
    context_chunks: int = 1
    strict_context: bool = False
    keep_sound: float = 4.0
    """Gigabytes."""

    @property
    def kept_sound_bytes(self) -> float:
        return self.keep_sound * 1e9


@dataclass(frozen=True)
class GateChoice:
    """Which gates judge takes, and who listens for them."""

    gates: str | None = None
    """`words,voice`, a part of it, or `none`; None: those whose models are here."""
    recognizer: str | None = None
    """A Whisper model by name, or a folder."""
    speaker_print: Path | None = None
    gate_workers: int | None = None
    device: str = "auto"
    """As for the model."""


CPU_LANES = 8
"""As many as help a render."""


@dataclass(frozen=True)
class ModelChoice:
    """Which model speaks, on what, and the longest context it must hold."""

    model: str | None = None
    revision: str | None = None
    codec: Path | None = None
    device: str = "auto"
    cluster: str | None = None
    workers: int | None = None
    dtype: str = "auto"
    codec_dtype: str = "auto"
    kv_dtype: str = "auto"
    lanes: int | None = None
    memory: str = "auto"
    plain_steps: bool = False
    cpu_fallback: bool = False
    max_seconds: float = 60.0
    chunk_seconds: float = 24.0
    context_chunks: int = 1
    most_cpu_lanes: int = CPU_LANES
    """Of a small model on a CPU, where nobody says how many."""
    replies: bool = False
    """Shall chats be answered freely too, in words or in sound, as the model decides?"""

    @property
    def is_shared_out(self) -> bool:
        """Whether workers speak, each with a model of its own."""
        return bool(self.cluster or self.workers or "," in self.device)


@dataclass(frozen=True)
class Mastering:
    """How the finished sound shall measure."""

    loudness: float = -19.0
    true_peak: float = -1.5
    head: float = 0.0
    """Seconds before the first word of a file."""
    tail: float = 0.0
    """Seconds after its last."""
    room_tone: float | None = None
    """Decibels RMS of what fills the pauses; None for nothing."""
    levels_chapters: bool = True
    """Each chapter is brought to the target by itself; else the book as a whole (manifests of
    version 1)."""


@dataclass(frozen=True)
class Delivery:
    """What is written, and when nothing is."""

    sample_format: str = "pcm16"
    subtitles: str = "none"
    subtitles_by: str = "phrase"
    """phrase or word."""
    strict: bool = False
    delivery: str | None = None
    """Which named set of settings was asked for: audiobook, podcast or acx."""
    per_chapter: bool = False
    """A file a chapter, and none of the whole."""
    chapters_json: bool = False
    sample: bool | None = None
    """A part for shops; None where what describes the book decides."""
    stems: bool = False
    """A file for each speaker."""
    book: Path | None = None
    """Where the book is described, if not in its header."""


@dataclass(frozen=True)
class Choices:
    """The views of one render; every stage is handed its own."""

    reading: Reading
    casting: Casting
    planning: Planning
    sampling: Sampling
    takes: TakeRules
    gates: GateChoice
    model: ModelChoice
    mastering: Mastering
    delivery: Delivery


def choices_of(settings: Settings) -> Choices:
    """Cut the table into views."""
    sampling = view(Sampling, settings)
    pauses = Pauses(
        settings.pause_sentence,
        settings.pause_paragraph,
        settings.pause_turn,
        settings.pause_scene,
        settings.pause_chapter,
    )
    return Choices(
        reading=view(Reading, settings),
        casting=view(Casting, settings),
        planning=view(Planning, settings, sampling=sampling, pauses=pauses),
        sampling=sampling,
        takes=view(TakeRules, settings),
        gates=view(GateChoice, settings),
        model=view(ModelChoice, settings, most_cpu_lanes=CPU_LANES, replies=False),
        mastering=view(Mastering, settings, levels_chapters=True),
        delivery=view(Delivery, settings),
    )


View = TypeVar("View")


def view(kind: type[View], settings: Settings, **given: Any) -> View:
    """The fields of a view are the settings of the same names."""
    names = [part.name for part in fields(kind) if part.name not in given]  # type: ignore[arg-type]
    return kind(**{name: getattr(settings, name) for name in names}, **given)
