"""Which voices speak in an evaluation, and what they say."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from higgs_cli.casting.cast import Reference, Voice
from higgs_cli.casting.references import LONGEST_TRANSCRIPT
from higgs_cli.casting.voice_library import VoiceLibrary
from higgs_cli.errors import UsageError
from higgs_cli.evaluation.evaluate import EvaluatedVoice
from higgs_cli.evaluation.recordings import read_recording
from higgs_cli.files.fingerprint import bytes_fingerprint
from higgs_cli.files.plain_file import read_plain
from higgs_cli.speech.protocol import Synthesizer, VoiceReference
from higgs_cli.takes.bundled_codes import bundled_codes

MOST_BYTES = 1 << 20
BUNDLED_SENTENCES = Path(__file__).with_name("sentences.txt")


def read_sentences(path: Path | None, count: int | None) -> list[str]:
    """One sentence a line; the bundled ones when no file is named."""
    source = path or BUNDLED_SENTENCES
    try:
        lines = read_plain(source, MOST_BYTES).decode("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"{source}: cannot be read: {reason}") from error
    sentences = [line.strip() for line in lines if line.strip()]
    if not sentences:
        raise UsageError(f"{source}: contains no sentences")
    return sentences[:count]


def open_voices(
    names: Sequence[str], library: VoiceLibrary, synthesizer: Synthesizer
) -> list[EvaluatedVoice]:
    """The named voices, or every voice with a recording; each is a clone of its recording."""
    return [_clone(voice, synthesizer) for voice in wanted_voices(names, library)]


def wanted_voices(names: Sequence[str], library: VoiceLibrary) -> list[Voice]:
    """The named voices once each, or every voice with a recording."""
    wanted = [library.voice(name) for name in names] or _recorded(library)
    if not wanted:
        raise UsageError("no voice of the library has a recording to be measured by")
    return list({voice.name: voice for voice in wanted}.values())


def open_rivals(library: VoiceLibrary, speaking: Collection[str]) -> list[EvaluatedVoice]:
    """The other voices with a recording: speech may be taken for theirs, they never speak."""
    return [
        EvaluatedVoice(
            voice.name, VoiceReference("SPEAKER0"), read_recording(heard_reference(voice).audio)
        )
        for voice in _recorded(library)
        if voice.name not in speaking
    ]


def open_strangers(
    folder: Path, library: VoiceLibrary, synthesizer: Synthesizer
) -> list[EvaluatedVoice]:
    """Every `NAME.wav` of a folder, cloned with what `NAME.txt` says is spoken in it."""
    recordings = sorted(folder.glob("*.wav"))
    if not recordings:
        raise UsageError(f"{folder}: contains no recordings NAME.wav")
    known = {entry.name for entry in library.entries()}
    for recording in recordings:
        if recording.stem in known:
            raise UsageError(f"{recording}: a voice of the library has this name; rename it")
    return [_stranger(recording, synthesizer) for recording in recordings]


def _stranger(recording: Path, synthesizer: Synthesizer) -> EvaluatedVoice:
    transcript = recording.with_suffix(".txt")
    try:
        text = read_plain(transcript, LONGEST_TRANSCRIPT).decode("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        mend = "write the transcript of the recording there"
        raise UsageError(f"{transcript}: cannot be read; {mend}") from error
    codes = synthesizer.encode_voice(recording)
    reference = VoiceReference("SPEAKER0", transcript=text, codes=codes)
    return EvaluatedVoice(recording.stem, reference, read_recording(recording), is_stranger=True)


def _recorded(library: VoiceLibrary) -> list[Voice]:
    voices = [library.voice(entry.name) for entry in library.entries()]
    return [voice for voice in voices if voice.reference is not None]


def heard_reference(voice: Voice) -> Reference:
    """The recording that a voice is cloned from, and measured by."""
    if voice.reference is None:
        raise UsageError(f"the voice {voice.name} has no recording to be measured by")
    return voice.reference


def _clone(voice: Voice, synthesizer: Synthesizer) -> EvaluatedVoice:
    heard = heard_reference(voice)
    content = bytes_fingerprint(heard.audio)
    it = synthesizer.description
    codes = bundled_codes(heard.audio, content, it.codec_fingerprint, it.codes_form)
    if codes is None:
        codes = synthesizer.encode_voice(heard.audio)
    reference = VoiceReference("SPEAKER0", transcript=heard.text, codes=codes)
    return EvaluatedVoice(voice.name, reference, read_recording(heard.audio))
