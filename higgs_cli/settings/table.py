"""Settings: every choice a render can be given, with its default, its range and its help.

One table serves the command line (`options.py`), the environment (`HIGGS_CHUNK_WORDS`),
`higgs.toml` (`chunk-words = 40`) and the help. `settings/sources.py` resolves them: flag >
environment > file > preset > default.
"""
# ruff: noqa: RUF009 - `_setting` is `dataclasses.field` with names for its metadata

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PRESETS: dict[str, dict[str, float]] = {
    "high_quality": {"temperature": 0.3, "top_p": 0.8, "max_seconds": 120.0},
    "balanced": {"temperature": 0.7, "top_p": 0.9, "max_seconds": 60.0},
    "fast_generation": {"temperature": 1.0, "top_p": 0.95, "max_seconds": 30.0},
}
"""Named sets of sampling settings; repetition is answered by `repeat_window` and `repeat_limit`."""


@dataclass(frozen=True)
class Range:
    """The values a setting may have, and where else it is spoken of."""

    group: str
    help: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    synonyms: tuple[tuple[str, str], ...] = ()
    flag: str | None = None
    """The option's name where it is not the setting's own."""


def _setting(group: str, default: object, help: str, **range: Any) -> Any:
    return field(default=default, metadata={"range": Range(group, help, **range)})


@dataclass(frozen=True)
class Settings:
    """All choices of one render, resolved."""

    # model: what speaks, and on what
    model: str | None = _setting("model", None, "mini, a folder, or a name on the hub.")
    revision: str | None = _setting("model", None, "Revision of a model on the hub.")
    codec: Path | None = _setting("model", None, "Folder of the codec that goes with --model.")
    device: str = _setting("model", "auto", "auto, cuda, cuda:N, mps or cpu.")
    dtype: str = _setting(
        "model",
        "auto",
        "Precision of the model; int8: a small one on a CPU, or the weights on CUDA (as fp8).",
        choices=("auto", "float32", "bfloat16", "float16", "int8", "fp8"),
        synonyms=(("fp32", "float32"), ("bf16", "bfloat16"), ("fp16", "float16")),
    )
    codec_dtype: str = _setting(
        "model",
        "auto",
        "Precision of decoding takes on CUDA; auto: float16.",
        choices=("auto", "float32", "bfloat16", "float16"),
        synonyms=(("fp32", "float32"), ("bf16", "bfloat16"), ("fp16", "float16")),
    )
    kv_dtype: str = _setting(
        "model",
        "auto",
        "What the model remembers, in one byte a number (not in exact mode); int8 is the truer.",
        choices=("auto", "int8", "fp8"),
    )
    lanes: int | None = _setting("model", None, "Runs spoken at the same time.", low=1, high=4096)
    memory: str = _setting(
        "model",
        "auto",
        "auto: as much of what is free as pays; low: as little as possible.",
        choices=("auto", "low"),
    )
    plain_steps: bool = _setting(
        "model", False, "Compile, record and fuse nothing: slow, to find out where a fault lies."
    )
    cpu_fallback: bool = _setting("model", False, "Go on with the CPU if the GPU fails.")

    # sampling: how codes are drawn
    preset: str = _setting(
        "sampling", "balanced", "Sampling settings by name.", choices=tuple(PRESETS)
    )
    temperature: float = _setting("sampling", 0.7, "Boldness of the draw.", low=0, high=2)
    top_p: float = _setting("sampling", 0.9, "Share of the likeliest codes.", low=0.01, high=1)
    top_k: int = _setting(
        "sampling", 50, "Number of the likeliest codes; 0: all.", low=0, high=1024
    )
    repeat_window: int = _setting(
        "sampling", 7, "Frames in which repeated codes are counted; 0: off.", low=0, high=32
    )
    repeat_limit: int = _setting(
        "sampling", 2, "Repetitions after which a code is drawn again.", low=1, high=100
    )
    retry_temperature: float = _setting(
        "sampling",
        0.6,
        "How bold further takes of a chunk become, by 0.2 each; 0: as the first.",
        low=0,
        high=2,
    )
    max_seconds: float = _setting("sampling", 60.0, "Longest take.", low=1, high=120)
    seed: int = _setting("sampling", 0, "Of all randomness.", low=0, high=2**62)

    # reading: how the script is understood
    read_as: str = _setting(
        "reading",
        "auto",
        "What the script is; with dialogue, `NAME: text` names a speaker without a header.",
        choices=("auto", "dialogue", "prose"),
        flag="as",
    )
    encoding: str | None = _setting("reading", None, "Of the script, where it is not UTF-8.")
    language: str | None = _setting(
        "reading", None, "en, zh, es … ; found from the text if not said."
    )
    strict_language: bool = _setting(
        "reading", False, "Refuse languages that the model speaks badly."
    )
    expand: bool | None = _setting(
        "reading", None, "Read out numbers, abbreviations and units (for English unless told)."
    )
    headings: str = _setting(
        "reading",
        "auto",
        "Are chapter titles read out? auto: in prose, not in a dialogue.",
        choices=("auto", "spoken", "silent"),
    )
    brackets: str = _setting(
        "reading",
        "tags",
        "What `[words]` are that are neither speaker nor sound: a mistake (tags), or text.",
        choices=("tags", "text"),
    )
    lexicon: Path | None = _setting("reading", None, "YAML file of words and how they are said.")

    # casting: who speaks, and where
    voices: Path | None = _setting("casting", None, "A profile.yaml, or a folder of recordings.")
    cast: tuple[str, ...] = _setting("casting", (), "NAME=voice; give it once for each speaker.")
    ref_audio: str | None = _setting(
        "casting", None, "Voices of the speakers by position: belinda,chadwick."
    )
    scene: str | None = _setting("casting", None, "Name of a scene, a file, or `none`.")
    allow_outside: bool = _setting(
        "casting", False, "Let a profile name recordings outside its folder."
    )

    # planning: what is said in one go
    chunk: str = _setting(
        "planning",
        "sentences",
        "Where the text is cut.",
        choices=("sentences", "words", "speaker"),
        synonyms=(("word", "words"), ("fixed", "words"), ("semantic", "sentences")),
    )
    chunk_words: int = _setting(
        "planning", 60, "Words of a chunk, with --chunk words.", low=1, high=120
    )
    chunk_turns: int = _setting(
        "planning", 1, "Turns of one speaker in a chunk, with --chunk speaker.", low=1, high=100
    )
    chunk_seconds: float = _setting(
        "planning", 24.0, "Seconds of speech in a chunk.", low=2, high=50
    )
    run_chunks: int = _setting("planning", 8, "Chunks in one context.", low=1, high=1000)
    context_chunks: int = _setting(
        "planning", 2, "Chunks that stay in a context when it is renewed.", low=0, high=100
    )
    ensemble: bool = _setting(
        "planning", False, "All speakers in one context, in the order of the script."
    )

    # pauses
    pause_sentence: float = _setting(
        "pauses", 0.3, "Seconds between chunks of a turn.", low=0, high=60
    )
    pause_paragraph: float = _setting("pauses", 0.6, "Seconds between paragraphs.", low=0, high=60)
    pause_turn: float = _setting("pauses", 0.45, "Seconds when another speaks.", low=0, high=60)
    pause_scene: float = _setting("pauses", 1.6, "Seconds between scenes.", low=0, high=60)
    pause_chapter: float = _setting("pauses", 2.5, "Seconds between chapters.", low=0, high=60)

    # rendering: what a take must survive
    takes: int = _setting(
        "rendering", 1, "Takes of a chunk, of which the best is kept.", low=1, high=50
    )
    retries: int = _setting(
        "rendering", 3, "Further attempts at a take that fails.", low=0, high=50
    )
    strict: bool = _setting("rendering", False, "Write no audio when a chunk has failed.")
    strict_context: bool = _setting(
        "rendering", False, "Speak again what had heard a line that is now another."
    )
    store: Path | None = _setting("rendering", None, "Folder of the takes; beside the output else.")

    # mastering and files
    loudness: float = _setting("mastering", -19.0, "Of the whole file, in LUFS.", low=-40, high=-5)
    true_peak: float = _setting("mastering", -1.5, "Ceiling, in dBTP.", low=-20, high=0)
    sample_format: str = _setting(
        "mastering",
        "pcm16",
        "Of the samples in the file.",
        choices=("pcm16", "pcm24", "float"),
        synonyms=(("16", "pcm16"), ("24", "pcm24"), ("32", "float"), ("float32", "float")),
    )
    subtitles: str = _setting(
        "mastering", "none", "Written beside the audio.", choices=("none", "srt", "vtt", "both")
    )


def flag_name(name: str, range: Range) -> str:
    """A setting as it is called on the command line and in `higgs.toml`, without the dashes."""
    return range.flag or name.replace("_", "-")
