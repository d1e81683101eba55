"""Settings: every choice a render can be given, with its default, its range and its help.

One table serves the command line (`--chunk-words 40`), the environment (`HIGGS_CHUNK_WORDS`),
`higgs.toml` (`chunk-words = 40`), the help and `docs/settings.md`. `sources.py` resolves it;
`views.py` cuts it into what each stage is given: no stage sees all of it.
"""
# ruff: noqa: RUF009 - `_setting` is `dataclasses.field` with names for its metadata

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

PRESETS: dict[str, dict[str, float]] = {
    "high_quality": {"temperature": 0.3, "top_p": 0.8, "max_seconds": 120.0},
    "balanced": {"temperature": 0.7, "top_p": 0.9, "max_seconds": 60.0},
    "fast_generation": {"temperature": 1.0, "top_p": 0.95, "max_seconds": 30.0},
}
"""Named sets of sampling settings; repetition is answered by `repeat_window` and `repeat_limit`."""

DELIVERIES: dict[str, dict[str, float | None]] = {
    "audiobook": {
        "loudness": -19.0,
        "true_peak": -3.0,
        "head": 0.75,
        "tail": 2.0,
        "room_tone": -75.0,
    },
    "podcast": {"loudness": -16.0, "true_peak": -1.0, "head": 0.3, "tail": 1.0, "room_tone": None},
    "acx": {
        "loudness": -19.0,
        "true_peak": -4.0,
        "head": 0.75,
        "tail": 2.5,
        "room_tone": -75.0,
    },
}
"""Named sets of settings for where a book goes. The peak of acx leaves room for what encoding adds:
-3 dB is asked of the encoded file."""

SECTIONS = {
    "model": "Model and device",
    "sampling": "Sampling",
    "reading": "Reading the script",
    "casting": "Cast and scene",
    "planning": "Chunks and context",
    "pauses": "Pauses, in seconds",
    "takes": "Takes",
    "mastering": "Mastering",
    "delivery": "Files",
}
"""The groups of settings, as help and documentation call them."""

RENAMED: dict[str, str] = {}
"""Old names of settings, as on the command line without dashes, with their new names."""

RENAMED_VARIABLES = {"HIGGS_READ_AS": "HIGGS_AS"}

Again = Literal["apply", "speak", "refuse"]
"""In a render from a manifest a setting applies without speaking anything again, speaks again what
it changes, or needs the script and is refused."""


@dataclass(frozen=True)
class Range:
    """The values a setting may have, and where else it is spoken of."""

    group: str
    again: Again
    help: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    synonyms: tuple[tuple[str, str], ...] = ()
    flag: str | None = None
    """The option's name where it is not the setting's own."""
    from_checkpoint: bool = False
    """Whether the checkpoint decides where nobody else does."""


def _setting(group: str, again: Again, default: object, help: str, **range: Any) -> Any:
    return field(default=default, metadata={"range": Range(group, again, help, **range)})


METAVARS = {
    "cast": "NAME=VOICE|SHEET",
    "keep": "KIND",
    "language": "CODE",
    "gates": "words,voice|none",
    "recognizer": "NAME|FOLDER",
    "ref_audio": "VOICE,VOICE",
}
"""What stands for the value of a setting in help and docs, where its type says too little."""


@dataclass(frozen=True)
class Settings:
    """All choices of one render, resolved."""

    # model: what speaks, and on what
    model: str | None = _setting(
        "model",
        "speak",
        None,
        "`mini`, a model folder, or the name of a model on the hub (default: the public model if "
        "it was downloaded and there is a GPU, else mini).",
    )
    revision: str | None = _setting(
        "model", "speak", None, "Revision (commit) of a model on the hub."
    )
    codec: Path | None = _setting(
        "model", "speak", None, "Codec folder to use instead of the one that belongs to the model."
    )
    device: str = _setting(
        "model",
        "apply",
        "auto",
        "auto, cpu, cuda, cuda:N or mps; several, as in cuda:0,cuda:1: a worker on each.",
    )
    cluster: str | None = _setting(
        "model",
        "apply",
        None,
        "Speak on all devices of a Ray cluster: its address, or auto for the one that runs here.",
    )
    workers: int | None = _setting(
        "model",
        "apply",
        None,
        "Number of models to speak with, each in a process of its own (default: one, or one for "
        "each device of a cluster).",
        low=1,
        high=4096,
    )
    dtype: str = _setting(
        "model",
        "speak",
        "auto",
        "Precision of the model. int8: quantized weights on CUDA, or a small model on a CPU; "
        "fp8: quantized weights on recent CUDA devices.",
        choices=("auto", "float32", "bfloat16", "float16", "int8", "fp8"),
        synonyms=(("fp32", "float32"), ("bf16", "bfloat16"), ("fp16", "float16")),
    )
    codec_dtype: str = _setting(
        "model",
        "apply",
        "auto",
        "Precision in which takes are decoded on CUDA; auto means float16.",
        choices=("auto", "float32", "bfloat16", "float16"),
        synonyms=(("fp32", "float32"), ("bf16", "bfloat16"), ("fp16", "float16")),
    )
    kv_dtype: str = _setting(
        "model",
        "speak",
        "auto",
        "Precision of the KV cache; int8 is closer to the original than fp8. Not in exact mode.",
        choices=("auto", "int8", "fp8"),
    )
    lanes: int | None = _setting(
        "model",
        "apply",
        None,
        "Number of runs to speak at the same time (default: as many as help and fit the memory).",
        low=1,
        high=4096,
    )
    memory: str = _setting(
        "model",
        "apply",
        "auto",
        "auto: use as much free memory as helps; low: use as little as possible.",
        choices=("auto", "low"),
    )
    plain_steps: bool = _setting(
        "model",
        "apply",
        False,
        "Use plain torch only, nothing compiled or fused; slow, for finding faults.",
    )
    cpu_fallback: bool = _setting("model", "apply", False, "Continue on the CPU if the GPU fails.")

    # sampling: how codes are drawn
    preset: str = _setting(
        "sampling",
        "speak",
        "balanced",
        "Named set of sampling settings.",
        choices=tuple(PRESETS),
    )
    temperature: float = _setting(
        "sampling",
        "speak",
        0.7,
        "Sampling temperature; 0 always takes the likeliest code.",
        low=0,
        high=2,
        from_checkpoint=True,
    )
    top_p: float = _setting(
        "sampling",
        "speak",
        0.9,
        "Sample from the likeliest codes that add up to this probability.",
        low=0.01,
        high=1,
        from_checkpoint=True,
    )
    top_k: int = _setting(
        "sampling",
        "speak",
        50,
        "Sample from this many of the likeliest codes; 0 means all.",
        low=0,
        high=1024,
        from_checkpoint=True,
    )
    repeat_window: int = _setting(
        "sampling",
        "speak",
        7,
        "Number of recent frames in which repeated codes are counted; 0 means off.",
        low=0,
        high=32,
        from_checkpoint=True,
    )
    repeat_limit: int = _setting(
        "sampling",
        "speak",
        2,
        "Number of repetitions after which a code is drawn again.",
        low=1,
        high=100,
        from_checkpoint=True,
    )
    retry_temperature: float = _setting(
        "sampling",
        "speak",
        0.6,
        "Temperature that retries rise to, in steps of 0.2; 0 keeps the temperature.",
        low=0,
        high=2,
    )
    max_seconds: float = _setting(
        "sampling", "speak", 60.0, "Longest take, in seconds; set by --preset too.", low=1, high=120
    )
    seed: int = _setting(
        "sampling",
        "speak",
        0,
        "Random seed; the same seed gives the same recording.",
        low=0,
        high=2**62,
    )

    # reading: how the script is understood
    read_as: str = _setting(
        "reading",
        "refuse",
        "auto",
        "What kind of script this is. With `dialogue`, every `NAME: text` names a speaker.",
        choices=("auto", "dialogue", "play", "prose"),
        flag="as",
    )
    encoding: str | None = _setting(
        "reading", "refuse", None, "Encoding of the script, if it is not UTF-8."
    )
    language: str | None = _setting(
        "reading", "refuse", None, "Language code such as en, en-GB or zh (default: detected)."
    )
    strict_language: bool = _setting(
        "reading", "refuse", False, "Refuse languages that the model does not speak well."
    )
    expand: bool | None = _setting(
        "reading",
        "refuse",
        None,
        "Write out numbers, abbreviations and units (default: for languages with a grammar).",
    )
    headings: str = _setting(
        "reading",
        "refuse",
        "auto",
        "Whether chapter titles are read out; auto: in prose, not in a dialogue.",
        choices=("auto", "spoken", "silent"),
    )
    brackets: str = _setting(
        "reading",
        "refuse",
        "auto",
        "How to take `[words]` that name neither a speaker nor a sound: as a mistake (tags), as "
        "text to be read out, or as nothing (silent). auto: tags in a dialogue; in a book, text, "
        "but no illustrations and notes.",
        choices=("auto", "tags", "text", "silent"),
    )
    directions: str = _setting(
        "reading",
        "refuse",
        "silent",
        "Stage directions of a play: silent, read by the narrator, or a mood of the speaker where "
        "the voice has one.",
        choices=("silent", "narrator", "mood"),
    )
    notes: str = _setting(
        "reading",
        "refuse",
        "silent",
        "Notes of a book: left out, read behind the paragraph that names them (inline), or read "
        "where they stand (end).",
        choices=("silent", "inline", "end"),
    )
    keep: tuple[str, ...] = _setting(
        "reading",
        "refuse",
        (),
        "Read a part of a book that is left out otherwise: licence, contents, index … as `higgs "
        "plan` lists them. May be repeated.",
    )
    chapters: str | None = _setting(
        "reading",
        "refuse",
        None,
        "Only these chapters, by the numbers that `higgs plan` prints, and credits: 1-3,7,credits.",
    )
    lexicon: Path | None = _setting(
        "reading", "refuse", None, "YAML file of words and how to pronounce them."
    )

    # casting: who speaks, and where
    voices: Path | None = _setting(
        "casting", "refuse", None, "Voice library: a profile.yaml or a folder of recordings."
    )
    cast: tuple[str, ...] = _setting(
        "casting",
        "refuse",
        (),
        "Give a speaker a voice: NAME=VOICE, or everybody: a cast.yaml. May be repeated.",
    )
    ref_audio: str | None = _setting(
        "casting", "refuse", None, "Voices of the speakers in order, for example belinda,chadwick."
    )
    scene: str | None = _setting(
        "casting",
        "refuse",
        None,
        "Scene to speak in: a name, a text file, or `none` (default: quiet_room).",
    )
    allow_outside: bool = _setting(
        "casting", "refuse", False, "Allow a voice library to use recordings outside its folder."
    )

    # planning: what is said in one go
    chunk: str = _setting(
        "planning",
        "refuse",
        "sentences",
        "How to cut the text: whole sentences up to --chunk-seconds, sentences up to "
        "--chunk-words, or whole turns of a speaker.",
        choices=("sentences", "words", "speaker"),
        synonyms=(("word", "words"), ("fixed", "words"), ("semantic", "sentences")),
    )
    chunk_words: int = _setting(
        "planning", "refuse", 60, "Words per chunk with --chunk words.", low=1, high=120
    )
    chunk_turns: int = _setting(
        "planning", "refuse", 1, "Turns per chunk with --chunk speaker.", low=1, high=100
    )
    chunk_seconds: float = _setting(
        "planning",
        "refuse",
        24.0,
        "Seconds of speech per chunk.",
        low=2,
        high=50,
        from_checkpoint=True,
    )
    run_chunks: int = _setting(
        "planning",
        "speak",
        2,
        "Chunks per run, spoken one after another in one context.",
        low=1,
        high=1000,
        from_checkpoint=True,
    )
    context_chunks: int = _setting(
        "planning",
        "speak",
        1,
        "Chunks kept in the model's context; 0 keeps the voices only.",
        low=0,
        high=100,
        from_checkpoint=True,
    )
    ensemble: bool = _setting(
        "planning",
        "speak",
        False,
        "Speak all speakers in one context, in the order of the script.",
    )

    # pauses
    pause_sentence: float = _setting(
        "pauses", "apply", 0.3, "Between chunks of one turn.", low=0, high=60
    )
    pause_paragraph: float = _setting("pauses", "apply", 0.6, "Between paragraphs.", low=0, high=60)
    pause_turn: float = _setting(
        "pauses", "apply", 0.45, "When the speaker changes.", low=0, high=60
    )
    pause_scene: float = _setting("pauses", "apply", 1.6, "Between scenes.", low=0, high=60)
    pause_chapter: float = _setting("pauses", "apply", 2.5, "Between chapters.", low=0, high=60)

    # takes: what a take must survive, and where takes lie
    takes: int = _setting(
        "takes", "speak", 1, "Takes per chunk; the best one is used.", low=1, high=50
    )
    retries: int = _setting(
        "takes", "speak", 3, "Further attempts after a failed take.", low=0, high=50
    )
    gates: str | None = _setting(
        "takes",
        "speak",
        None,
        "What is heard of takes and compared with the script: `words`, `voice`, both with a comma "
        "between, or `none` (default: those whose models are here).",
    )
    recognizer: str | None = _setting(
        "takes",
        "speak",
        None,
        "Who hears words: a Whisper model by name, as `higgs download --recognizer` fetches it, or "
        "a folder (default: the first that is here).",
    )
    speaker_print: Path | None = _setting(
        "takes",
        "speak",
        None,
        "Tells voices apart: GE2E weights (.safetensors) or a folder of a WavLM x-vector.",
    )
    gate_workers: int | None = _setting(
        "takes",
        "apply",
        None,
        "Processes that hear takes beside the speaking, for each gate (default: by free cores).",
        low=1,
        high=64,
    )
    retry_budget: float = _setting(
        "takes",
        "speak",
        20.0,
        "Percent of a book that may be spoken again for what is heard of it, or for its rate.",
        low=0,
        high=1000,
    )
    strict_context: bool = _setting(
        "takes", "speak", False, "After an edit, also speak again the lines that followed it."
    )
    store: Path | None = _setting(
        "takes", "apply", None, "Folder for takes (default: beside the output)."
    )
    keep_sound: float = _setting(
        "takes",
        "apply",
        4.0,
        "Gigabytes of decoded sound to keep beside the takes, so that the next render need not "
        "decode them; 4 are eleven and a half hours of speech, 0 keeps none.",
        low=0,
        high=1_000_000,
    )

    # mastering
    loudness: float = _setting(
        "mastering", "apply", -19.0, "Target loudness, in LUFS.", low=-40, high=-5
    )
    true_peak: float = _setting(
        "mastering", "apply", -1.5, "Highest true peak, in dBTP.", low=-20, high=0
    )
    head: float = _setting(
        "mastering", "apply", 0.0, "Seconds before the first word of a file.", low=0, high=10
    )
    tail: float = _setting(
        "mastering", "apply", 0.0, "Seconds after the last word of a file.", low=0, high=10
    )
    room_tone: float | None = _setting(
        "mastering",
        "apply",
        None,
        "Fill pauses with a very quiet noise of this RMS level, in dB (default: digital zero).",
        low=-90,
        high=-60,
    )

    # delivery: what is written
    delivery: str | None = _setting(
        "delivery",
        "apply",
        None,
        "Named set of settings for where the book goes (default: none of them).",
        choices=tuple(DELIVERIES),
    )
    sample_format: str = _setting(
        "delivery",
        "apply",
        "pcm16",
        "Sample format of the audio file.",
        choices=("pcm16", "pcm24", "float"),
        synonyms=(("16", "pcm16"), ("24", "pcm24"), ("32", "float"), ("float32", "float")),
    )
    subtitles: str = _setting(
        "delivery",
        "apply",
        "none",
        "Subtitle files to write beside the audio.",
        choices=("none", "srt", "vtt", "both"),
    )
    subtitles_by: str = _setting(
        "delivery",
        "apply",
        "phrase",
        "What subtitles follow. word: each word has its time, in .srt a few together.",
        choices=("phrase", "word"),
    )
    strict: bool = _setting("delivery", "apply", False, "Write no audio if any chunk has failed.")
    per_chapter: bool = _setting(
        "delivery",
        "apply",
        False,
        "Write a file for each chapter, as soon as it is done, named after -o with number and "
        "title.",
    )
    chapters_json: bool = _setting(
        "delivery",
        "apply",
        False,
        "Write the chapters as JSON (Podcasting 2.0) beside the audio; not with --per-chapter, "
        "where each file is one chapter.",
    )
    sample: bool | None = _setting(
        "delivery",
        "apply",
        None,
        "Write a sample for shops beside the audio: the first words of chapter 1, at most 5 "
        "minutes, or what `sample` in book.yaml says (default: as book.yaml says).",
    )
    stems: bool = _setting(
        "delivery",
        "apply",
        False,
        "Write a file for each speaker, as long as the mix, and labels for Audacity, into a "
        "folder NAME.stems; with --per-chapter, of each chapter.",
    )
    book: Path | None = _setting(
        "delivery",
        "apply",
        None,
        "YAML file that describes the book: title, author, narrator, cover … (default: book.yaml "
        "beside the script).",
    )


def flag_name(name: str, range: Range) -> str:
    """A setting as it is called on the command line and in `higgs.toml`, without the dashes."""
    return range.flag or name.replace("_", "-")


def variable_name(name: str, range: Range) -> str:
    """A setting as it is called in the environment."""
    return "HIGGS_" + flag_name(name, range).replace("-", "_").upper()
