"""An evaluation from sentences to scores, with a synthesizer that plays tones."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from higgs_cli.audio.clip import AudioClip
from higgs_cli.casting.voice_library import VoiceLibrary, open_library
from higgs_cli.errors import FormatError, TakesFailedError, UsageError
from higgs_cli.evaluation.evaluate import (
    Conditions,
    EvaluatedVoice,
    Task,
    plan_tasks,
    reconstruct,
    speak,
)
from higgs_cli.evaluation.judges import Judges
from higgs_cli.evaluation.measures import summaries
from higgs_cli.evaluation.recordings import MEND
from higgs_cli.evaluation.scorer import Scorer
from higgs_cli.evaluation.subjects import (
    BUNDLED_SENTENCES,
    open_rivals,
    open_strangers,
    open_voices,
    read_sentences,
)
from higgs_cli.listening.sound_quality import SoundQuality
from higgs_cli.listening.word_errors import plain_words
from higgs_cli.speech.protocol import (
    Accept,
    BurstSpoken,
    ChunkFailed,
    CodesForm,
    Ending,
    Sampling,
    SpokenChunk,
    VoiceReference,
)

RATE = 24_000
PITCHES = {"low": 100, "high": 210}
SENTENCES = ["One two three.", "Four five.", "Six seven eight nine.", "Ten."]


def tone(hertz: float, seconds: float) -> AudioClip:
    time = np.arange(int(RATE * seconds)) / RATE
    wave = sum(0.8**n * np.sin(2 * np.pi * n * hertz * time) for n in range(1, 20))
    return AudioClip((0.1 * wave).astype(np.float32), RATE)


class ToneSpeech:
    """Each run becomes one chunk of codes that name its pitch and length."""

    def __init__(self, runs):
        self.runs, self.answers = list(runs), []

    def __iter__(self):
        for run in self.runs:
            hertz = PITCHES[run.references[0].transcript]
            assert run.context_chunks == len(run.chunks) - 1
            for chunk in run.chunks:
                yield BurstSpoken(3)
                codes = np.array([[hertz, 10 * len(chunk.text.split())]], np.int16)
                ending = Ending.BUDGET if chunk.text == "Ten." else Ending.ENDED
                yield SpokenChunk(run.key, chunk.key, 0, codes, ending)
                assert len(self.answers) and self.answers[-1] == chunk.key

    def answer(self, chunk, answer):
        assert isinstance(answer, Accept)
        self.answers.append(chunk.chunk_key)


class ToneSynthesizer:
    description = SimpleNamespace(sample_rate=RATE, frame_rate=25)

    def speak(self, runs, sampling, seed, lane_count):
        return ToneSpeech(runs)

    def decode(self, codes):
        return tone(codes[0, 0], codes[0, 1] / 25).samples


def heard(name: str) -> VoiceReference:
    return VoiceReference("SPEAKER0", transcript=name, codes=np.zeros((1, 5), np.int16))


def voices():
    return [EvaluatedVoice(name, heard(name), tone(hertz, 1.0)) for name, hertz in PITCHES.items()]


CONDITIONS = Conditions("", Sampling(), seed=0, lane_count=2)


def test_sentences_are_dealt_out_or_given_to_all():
    dealt = plan_tasks(voices(), SENTENCES, every_voice=False)
    assert [(task.voice.name, task.number) for task in dealt] == [
        ("low", 0), ("low", 2), ("high", 1), ("high", 3),
    ]  # fmt: skip
    assert len(plan_tasks(voices(), SENTENCES, every_voice=True)) == 8


def test_every_clip_is_scored_against_its_voice_and_its_sentence():
    tasks = plan_tasks(voices(), SENTENCES, every_voice=True)
    scorer = Scorer(voices(), tasks, Judges(), None)
    spoken = speak(ToneSynthesizer(), tasks, CONDITIONS)
    scores = [scorer.score(*each) for each in spoken]
    assert len(scores) == 8
    assert all(score.nearest_voice == score.voice for score in scores)
    assert [score.ended for score in scores if score.number == 3] == [False, False]
    assert all(score.word_errors is None and score.retrieved is None for score in scores)


def test_sentences_of_a_run_are_told_apart_by_their_place():
    tasks = plan_tasks(voices(), SENTENCES, every_voice=True, run_length=3)
    assert [task.place for task in tasks] == [1, 2, 3, 1] * 2
    scorer = Scorer(voices(), tasks, Judges(), None)
    scores = [scorer.score(*each) for each in speak(ToneSynthesizer(), tasks, CONDITIONS)]
    counts = {row.name: row.sentences for row in summaries(scores)}
    assert counts == {"low": 4, "high": 4, "chunk 1": 4, "chunk 2": 2, "chunk 3": 2, "all": 8}


def test_the_teacher_is_heard_by_the_same_ears(tmp_path):
    tasks = plan_tasks(voices(), SENTENCES[:2], every_voice=True)
    for task in tasks:
        path = tmp_path / f"{task.key}.wav"
        path.parent.mkdir(exist_ok=True)
        clip = tone(PITCHES[task.voice.name], 0.4 * len(task.text.split()))
        soundfile.write(path, clip.samples, RATE)
    judges = Judges(
        SimpleNamespace(words_of=lambda clip: "one two", plain=plain_words),
        SimpleNamespace(quality_of=lambda clip: SoundQuality(clip.duration_seconds, 2.5)),
        SimpleNamespace(print_of=lambda clip: np.array([1.0, 0.0], np.float32)),
    )
    scorer = Scorer(voices(), tasks, judges, tmp_path)
    scores = [scorer.score(*each) for each in speak(ToneSynthesizer(), tasks, CONDITIONS)]
    first = next(score for score in scores if score.number == 0)
    assert (first.word_errors, first.teacher_word_errors) == (1, 1)
    assert first.duration_seconds == pytest.approx(first.teacher_seconds, rel=0.01)
    assert first.retrieved is not None
    assert first.voice_similarity > 0.9 < first.teacher_voice_similarity
    assert first.overall_quality == first.duration_seconds
    assert first.teacher_overall_quality == first.teacher_seconds
    assert (first.signal_quality, first.teacher_signal_quality) == (2.5, 2.5)
    assert first.print_similarity == first.teacher_print_similarity == pytest.approx(1)
    assert first.print_nearest == "low"
    assert first.melody_semitones == pytest.approx(first.teacher_melody_semitones, abs=0.1)


def test_a_reconstruction_is_measured_against_the_recording_it_was_made_of(tmp_path):
    tasks = plan_tasks(voices()[:1], SENTENCES[:2], every_voice=True)
    for task in tasks:
        path = tmp_path / f"{task.key}.wav"
        path.parent.mkdir(exist_ok=True)
        soundfile.write(path, tone(100, 1.2).samples, RATE)

    class Coder(ToneSynthesizer):
        def encode_voice(self, recording):
            hertz = 100 if recording.stem == "0000" else 140
            return np.array([[hertz, 30]], np.int16)

    scorer = Scorer(voices(), tasks, Judges(), tmp_path)
    told = list(reconstruct(Coder(), tasks, tmp_path))
    same, other = [scorer.score_reconstruction(*each) for each in told]
    assert same.mel_distance_db < 0.1 < 3 < other.mel_distance_db
    assert same.ended and same.duration_seconds == pytest.approx(1.2)
    assert summaries([same, other])[-1].mel_distance_db == pytest.approx(
        (same.mel_distance_db + other.mel_distance_db) / 2
    )


def test_what_cannot_be_spoken_ends_the_evaluation_instead_of_flattering_it():
    class Refusing(ToneSynthesizer):
        def speak(self, runs, sampling, seed, lane_count):
            return iter([ChunkFailed("low/0000", "low/0000", 0, "the reference is too long")])

    tasks = plan_tasks(voices(), SENTENCES, every_voice=False)
    with pytest.raises(TakesFailedError, match="low/0000 cannot be spoken: the reference is too"):
        list(speak(Refusing(), tasks, CONDITIONS))


def test_a_teacher_without_a_recording_is_named(tmp_path):
    tasks = plan_tasks(voices(), SENTENCES, every_voice=False)
    with pytest.raises(UsageError, match=r"low/0000\.wav"):
        Scorer(voices(), tasks, Judges(), tmp_path)


def read_by_teacher(folder: Path, key: str, samples: np.ndarray) -> Path:
    path = folder / f"{key}.wav"
    path.parent.mkdir(exist_ok=True)
    soundfile.write(path, samples, RATE, subtype="FLOAT")
    return path


def test_a_teacher_in_stereo_is_mixed_to_one_channel(tmp_path):
    both = tone(100, 0.8).samples
    read_by_teacher(tmp_path, "low/0000", np.stack([2 * both, 0 * both], axis=1))
    read_by_teacher(tmp_path, "low/0001", both)
    tasks = plan_tasks(voices()[:1], SENTENCES[:2], every_voice=True)
    scorer = Scorer(voices(), tasks, Judges(), tmp_path)
    score = scorer.score_reconstruction(tasks[0], tone(100, 0.8))
    assert (score.teacher_seconds, score.mel_distance_db) == (0.8, pytest.approx(0, abs=0.1))


def test_a_teacher_that_is_no_sound_is_named_with_the_mend(tmp_path):
    tasks = plan_tasks(voices()[:1], SENTENCES[:1], every_voice=True)
    recording = read_by_teacher(tmp_path, "low/0000", np.full(RATE, np.nan))
    with pytest.raises(FormatError, match=r"low/0000\.wav: contains invalid samples") as told:
        Scorer(voices(), tasks, Judges(), tmp_path)
    assert (told.value.exit_code, told.value.hint) == (2, MEND)
    recording.write_text("no sound at all", encoding="utf-8")
    with pytest.raises(FormatError, match=r"low/0000\.wav: not a sound file") as told:
        Scorer(voices(), tasks, Judges(), tmp_path)
    assert (told.value.exit_code, told.value.hint) == (2, MEND)


def strangers(folder: Path):
    for name, hertz in (("near", 104), ("far", 400)):
        clip = tone(hertz, 1.0)
        soundfile.write(folder / f"{name}.wav", clip.samples, RATE)
        (folder / f"{name}.txt").write_text(f"{name}\n", encoding="utf-8")
    library = SimpleNamespace(entries=lambda: [SimpleNamespace(name=name) for name in PITCHES])
    coder = SimpleNamespace(encode_voice=lambda recording: np.zeros((1, 5), np.int16))
    return lambda: open_strangers(folder, library, coder)


def test_a_stranger_is_compared_with_itself_and_the_library_never_with_another_stranger(tmp_path):
    cloned = strangers(tmp_path)()
    assert [voice.name for voice in cloned] == ["far", "near"]
    assert cloned[1].reference.transcript == "near"
    scorer = Scorer([*voices(), *cloned], [], Judges(), None)

    def nearest(voice: EvaluatedVoice, hertz: float) -> str:
        return scorer.score(Task(voice, 0, "One."), tone(hertz, 1.2), ended=True).nearest_voice

    far, near = cloned
    assert nearest(near, 104) == "near"
    assert nearest(near, 210) == "high"
    assert nearest(far, 104) == "low"
    assert nearest(voices()[0], 104) == "low"


def test_a_stranger_without_its_words_or_with_a_name_of_the_library_is_refused(tmp_path):
    opened = strangers(tmp_path)
    (tmp_path / "far.txt").unlink()
    with pytest.raises(UsageError, match=r"far\.txt: cannot be read; write the transcript"):
        opened()
    (tmp_path / "far.wav").rename(tmp_path / "low.wav")
    with pytest.raises(UsageError, match=r"low\.wav: a voice of the library has this name"):
        opened()
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(UsageError, match="no recordings"):
        open_strangers(empty, None, None)


def library(folder: Path, monkeypatch: pytest.MonkeyPatch) -> VoiceLibrary:
    monkeypatch.setenv("HIGGS_LIBRARY", str(folder))
    (folder / "voices").mkdir()
    for name, hertz in PITCHES.items():
        soundfile.write(folder / "voices" / f"{name}.wav", tone(hertz, 1.0).samples, RATE)
    described = "profiles:\n  nobody: {description: A calm voice., aliases: [noone]}\n"
    (folder / "voices" / "profile.yaml").write_text(described, encoding="utf-8")
    return open_library(None)


class Encoder:
    description = SimpleNamespace(codec_fingerprint="none", codes_form=CodesForm(1, 1024))

    def encode_voice(self, recording: Path) -> np.ndarray:
        return np.zeros((1, 5), np.int16)


def test_a_voice_that_is_not_named_is_a_rival_and_never_speaks(tmp_path, monkeypatch):
    shelf = library(tmp_path, monkeypatch)
    speaking = open_voices(["low", "Low"], shelf, Encoder())
    rivals = open_rivals(shelf, {voice.name for voice in speaking})
    assert [voice.name for voice in speaking] == ["low"]
    assert [(voice.name, voice.reference.is_blank) for voice in rivals] == [("high", True)]
    scorer = Scorer([*speaking, *rivals], [], Judges(), None)
    score = scorer.score(Task(speaking[0], 0, "One."), tone(210, 1.2), ended=True)
    assert score.nearest_voice == "high" and score.voice_similarity < 0.5


def test_all_voices_with_a_recording_speak_when_none_is_named(tmp_path, monkeypatch):
    shelf = library(tmp_path, monkeypatch)
    speaking = {voice.name for voice in open_voices([], shelf, Encoder())}
    assert speaking == {"low", "high"}
    assert open_rivals(shelf, speaking) == []


def test_a_named_voice_without_a_recording_is_refused(tmp_path, monkeypatch):
    with pytest.raises(UsageError, match="the voice nobody has no recording to be measured by"):
        open_voices(["low", "noone"], library(tmp_path, monkeypatch), Encoder())


def test_the_bundled_sentences_are_enough_and_all_different():
    sentences = read_sentences(None, None)
    assert len(sentences) >= 100 and len(set(sentences)) == len(sentences)
    assert read_sentences(BUNDLED_SENTENCES, 3) == sentences[:3]


def test_a_file_without_sentences_is_refused(tmp_path):
    empty = tmp_path / "empty.txt"
    empty.write_text("\n\n", encoding="utf-8")
    with pytest.raises(UsageError, match="no sentences"):
        read_sentences(empty, None)
