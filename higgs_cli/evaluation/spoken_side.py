"""A model as one side of a comparison: the same sentences in the same voices, by each in turn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from higgs_cli.audio.clip import AudioClip
from higgs_cli.casting.cast import Voice
from higgs_cli.checkpoints.find import find_checkpoint, is_folder_name
from higgs_cli.checkpoints.identity import ModelIdentity
from higgs_cli.evaluation.compared import ComparedLine, Side
from higgs_cli.evaluation.evaluate import conditions_of
from higgs_cli.evaluation.judges import Say
from higgs_cli.evaluation.kept_speech import ClonedLine, KeptSpeech, recipe_of
from higgs_cli.evaluation.sound import Sound, recorded_sound, spoken_sound
from higgs_cli.evaluation.subjects import heard_reference
from higgs_cli.planning.keys import digest
from higgs_cli.settings.views import Choices, ModelChoice
from higgs_cli.speech.protocol import Synthesizer
from higgs_cli.takes.store import TakeStore

if TYPE_CHECKING:
    from higgs_cli.speech.protocol import Codes


def dealt_lines(voices: Sequence[Voice], sentences: Sequence[str]) -> list[ClonedLine]:
    """Each sentence by one voice, in turn."""
    lines = []
    for number, text in enumerate(sentences):
        voice = voices[number % len(voices)]
        heard = heard_reference(voice)
        lines.append(ClonedLine(f"{voice.name}/{number:04d}", text, heard.audio, heard.text))
    return lines


@dataclass(frozen=True)
class SpeakingModel:
    """One of two models that say the same."""

    name: str
    choices: Choices

    @property
    def choice(self) -> ModelChoice:
        """`--codec` is for a folder, which need not hold one; others have their own."""
        codec = self.choices.model.codec if is_folder_name(self.name) else None
        return replace(self.choices.model, model=self.name, revision=None, codec=codec)

    def side(
        self,
        lines: Sequence[ClonedLine],
        open_speech: Callable[[ModelChoice], Synthesizer],
        store: TakeStore | None,
        say: Say,
    ) -> Side:
        """All lines, spoken or out of the store, and the model closed again."""
        synthesizer = open_speech(self.choice)
        lanes = synthesizer.description.lane_count
        speech = KeptSpeech(synthesizer, conditions_of(self.choices, lanes), store)
        sounds: dict[str, tuple[Sound, float]] = {}
        for spoken in speech.spoken(lines):
            sounds[spoken.line.name] = (_here(spoken.codes, synthesizer), spoken.seconds)
            say(f"{self.name} {len(sounds)}/{len(lines)} {spoken.line.name}")
        return self._side(lines, sounds)

    def silent_side(self, lines: Sequence[ClonedLine]) -> Side:
        """The same lines without their sound: enough to tell answers by."""
        nothing = Sound("", _nobody)
        return self._side(lines, {line.name: (nothing, 0.0) for line in lines})

    def _side(self, lines: Sequence[ClonedLine], sounds: dict[str, tuple[Sound, float]]) -> Side:
        identity = find_checkpoint(self.choice).identity(self.choice)
        compared = []
        for line in lines:
            sound, seconds = sounds[line.name]
            compared.append(
                ComparedLine(
                    speaker=line.name.partition("/")[0],
                    text=line.text,
                    sound=sound,
                    reference=recorded_sound(line.recording),
                    seconds=seconds,
                    made_of=self._made_of(line, identity),
                )
            )
        return Side(self.name, tuple(compared))

    def _made_of(self, line: ClonedLine, identity: ModelIdentity) -> str:
        """The precision, which is sure only of an opened model, is left out."""
        how = conditions_of(self.choices, lane_count=1)
        return digest(recipe_of(line, how, replace(identity, precision="")))


def _here(codes: Codes, synthesizer: Synthesizer) -> Sound:
    """Decoded now: the model is closed when the other one speaks."""
    sound = spoken_sound(codes, synthesizer)
    clip = sound.clip
    return Sound(sound.content, lambda: clip)


def _nobody() -> AudioClip:
    raise AssertionError("a side without sound is not listened to")
