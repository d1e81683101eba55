"""Lay out the encoded corpus as conversations: `python prepare_lessons.py CORPUS MODEL OUT --seed 1`.

Each conversation has one of the layouts the model will meet, and several turns, so that one sample teaches
speaking, cloning and carrying a voice over. Another seed draws other conversations from the same utterances.
"""

import argparse
import random
from collections import defaultdict
from pathlib import Path

import torch
import yaml
from clips import CODEBOOK_SIZE, Clip
from encode_corpus import codes_path
from make_pronunciations import FIRST_SYMBOL, symbol_table
from recordings import Line, Recordings, all_parts
from safetensors.torch import load_file, save_file
from spoken_clips import read_spoken_clips
from torch import Tensor

from model.training.samples import IGNORED, ClipSpan, TrainingSample
from model.training.shards import write_shard
from tokenizer.prompts.layouts import (
    FOLLOW_INSTRUCTION,
    Conversation,
    SceneBlock,
    SpeakerVoice,
    plain,
    voices_in_system,
)
from tokenizer.prompts.messages import AudioContent
from tokenizer.prompts.positions import ExpandedPrompt, StreamShape, joined
from tokenizer.prompts.special_tokens import AUDIO_OUT_BOS
from tokenizer.prompts.text import TextTokenizer
from tokenizer.prompts.writer import PromptWriter

SHAPE = StreamShape(8, CODEBOOK_SIZE, CODEBOOK_SIZE + 1)
QUIET_ROOM = "Audio is recorded from a quiet room."
LAYOUTS = ("turns",) * 10 + ("plain",) * 2 + ("system",) * 3 + ("described",) * 2 + ("pair",) * 2
SHARD_SAMPLES = 2000
LAST_SYMBOL = FIRST_SYMBOL + len(symbol_table()) - 1
MOST_JOINED_FRAMES = 300


class Conversations:
    """Draws conversations over the clips of all speakers."""

    def __init__(
        self,
        clips: list[Clip],
        bundled: dict[str, Clip],
        descriptions: dict[str, str],
        seed: int,
        joined_share: float,
        turn_counts: tuple[int, ...],
    ) -> None:
        self._random, self._joined_share = random.Random(seed), joined_share
        self._bundled, self._descriptions = bundled, descriptions
        self._turn_counts = turn_counts
        self._by_speaker: dict[str, list[Clip]] = defaultdict(list)
        for clip in clips:
            self._by_speaker[clip.speaker].append(clip)

    def draw(self, writer: PromptWriter, longest: int) -> list[tuple[TrainingSample, Tensor]]:
        """Every clip once as something to be learned, in conversations of at most `longest` positions."""
        samples = []
        for speaker, clips in self._by_speaker.items():
            left = self._random.sample(clips, len(clips))
            while left:
                count = self._random.choice(self._turn_counts)
                turns, left = left[:count], left[count:]
                if self._random.random() < self._joined_share:
                    turns = _joined_sentences(turns)
                samples.append(self._sample(writer, speaker, turns, longest))
        self._random.shuffle(samples)
        return samples

    def _sample(
        self, writer: PromptWriter, speaker: str, turns: list[Clip], longest: int
    ) -> tuple[TrainingSample, Tensor]:
        layout = self._random.choice(LAYOUTS)
        scene = self._random.choice(("", QUIET_ROOM))
        if layout == "described" and speaker not in self._descriptions:
            layout = "turns"
        lesson = getattr(self, f"_{layout}")(writer, speaker, scene)
        for turn in turns:
            tag = f"[SPEAKER{lesson.number_of(turn.speaker)}] " if layout == "pair" else ""
            if lesson.length and lesson.length + len(turn.text) + turn.codes.shape[1] > longest:
                break
            lesson.add_turn(tag + turn.text, turn, is_learned=True)
        return lesson.sample(), lesson.guide()

    def _turns(self, writer: PromptWriter, speaker: str, scene: str) -> "Lesson":
        """A clone: the first turn is the reference. A bundled one is known by heart, so not learned."""
        block = SceneBlock(scene) if scene else None
        lesson = Lesson(writer, Conversation(FOLLOW_INSTRUCTION if scene else None, block))
        if speaker in self._bundled and self._random.random() < 0.3:
            reference = self._bundled[speaker]
            lesson.add_turn(reference.text, reference, is_learned=False)
        else:
            reference = self._reference(speaker)
            lesson.add_turn(reference.text, reference, is_learned=True)
        return lesson

    def _plain(self, writer: PromptWriter, speaker: str, scene: str) -> "Lesson":
        return Lesson(writer, plain(scene))

    def _system(self, writer: PromptWriter, speaker: str, scene: str) -> "Lesson":
        voice = SpeakerVoice(AudioContent(self._reference(speaker).codes))
        return Lesson(writer, voices_in_system((voice,), scene))

    def _described(self, writer: PromptWriter, speaker: str, scene: str) -> "Lesson":
        voice = SpeakerVoice(description=self._descriptions[speaker])
        return Lesson(writer, voices_in_system((voice,), scene))

    def _pair(self, writer: PromptWriter, speaker: str, scene: str) -> "Lesson":
        """Two voices by turns, tagged; what follows is spoken by one of them."""
        other = self._random.choice([name for name in self._by_speaker if name != speaker])
        names = self._random.sample([speaker, other], 2)
        block = SceneBlock(scene) if scene else None
        lesson = Lesson(
            writer, Conversation(FOLLOW_INSTRUCTION if scene else None, block), tuple(names)
        )
        for number, name in enumerate(names):
            reference = self._reference(name)
            lesson.add_turn(f"[SPEAKER{number}] {reference.text}", reference, is_learned=True)
        return lesson

    def _reference(self, speaker: str) -> Clip:
        if speaker in self._bundled and self._random.random() < 0.5:
            return self._bundled[speaker]
        return min(
            self._random.choices(self._by_speaker[speaker], k=2),
            key=lambda c: abs(c.codes.shape[1] - 110),
        )


def _joined_sentences(clips: list[Clip]) -> list[Clip]:
    """Sentences said in one breath: one turn of up to MOST_JOINED_FRAMES."""
    joined: list[Clip] = []
    for clip in clips:
        last = joined[-1] if joined else None
        if last is None or last.codes.shape[1] + clip.codes.shape[1] > MOST_JOINED_FRAMES:
            joined.append(clip)
        else:
            codes = torch.cat([last.codes, clip.codes], dim=1)
            joined[-1] = Clip(
                f"{last.text} {clip.text}",
                codes,
                clip.speaker,
                _sounds_of_both(last, clip),
                last.written_count + clip.written_count,
            )
    return joined


def _sounds_of_both(first: Clip, second: Clip) -> Tensor | None:
    if first.sounds is None or second.sounds is None:
        return None
    later = torch.where(second.sounds < 0, second.sounds, second.sounds + first.sound_count)
    return torch.cat([first.sounds, later])


def sounds_per_frame(phones: Tensor, frames: int) -> Tensor:
    """Phone numbers per 10 ms -> the number of the sound in the middle of each frame, -1 in pauses."""
    begins = torch.ones(len(phones), dtype=torch.bool)
    begins[1:] = phones[1:] != phones[:-1]
    numbers = ((phones > 0) & begins).cumsum(0) - 1
    numbers = torch.where(phones > 0, numbers, -1)
    middles = (torch.arange(frames) * 4 + 2).clamp(max=len(phones) - 1)
    return numbers[middles]


class Lesson:
    """One conversation being written, with what of it is to be learned."""

    def __init__(
        self, writer: PromptWriter, opening: Conversation, names: tuple[str, ...] = ()
    ) -> None:
        self._writer, self._names = writer, names
        self._parts: list[ExpandedPrompt] = [writer.prefix(opening)]
        self._labels: list[int] = [IGNORED] * len(self._parts[0].ids)
        self._guide: list[int] = [-1] * len(self._labels)
        heard = self._parts[0].codes.shape[1]
        self._clips = [ClipSpan(heard, False)] if heard else []
        self._sound_ids = range(
            writer.text.encode(chr(FIRST_SYMBOL))[0], writer.text.encode(chr(LAST_SYMBOL))[0] + 1
        )
        self._speech_marker = writer.text.special_id(AUDIO_OUT_BOS)

    @property
    def length(self) -> int:
        return len(self._labels)

    def number_of(self, speaker: str) -> int:
        return self._names.index(speaker)

    def add_turn(self, text: str, clip: Clip, is_learned: bool) -> None:
        """A user's turn, its speech, and the end of it."""
        opening, spoken = self._writer.opening(text), self._writer.spoken(AudioContent(clip.codes))
        closing = self._writer.closing()
        self._guide += [-1] * len(opening.ids) + self._guided(opening, clip, len(spoken.ids))
        self._guide += [-1] * len(closing.ids)
        self._parts += [opening, spoken, closing]
        self._labels += [IGNORED] * (len(opening.ids) - 1) + [self._speech_marker]
        self._labels += [IGNORED] * len(spoken.ids) + list(closing.ids)
        self._clips.append(ClipSpan(spoken.codes.shape[1], is_learned))

    def _guided(self, opening: ExpandedPrompt, clip: Clip, columns: int) -> list[int]:
        """For each column of the speech, where the sound stands in the text that is made next."""
        written = [self.length + i for i, one in enumerate(opening.ids) if one in self._sound_ids]
        if clip.sounds is None or not written:
            return [-1] * columns
        scale = (len(written) - 1) / max(1, clip.sound_count - 1)
        places = [written[round(n * scale)] if n >= 0 else -1 for n in clip.sounds.tolist()]
        return places + [-1] * (columns - len(places))

    def guide(self) -> Tensor:
        """[positions]: the position in the text to look at, -1 where it does not matter."""
        return torch.tensor(self._guide, dtype=torch.int32)

    def sample(self) -> TrainingSample:
        whole = joined(self._parts, SHAPE)
        return TrainingSample(
            ids=torch.tensor(whole.ids),
            text_labels=torch.tensor(self._labels),
            audio_mask=torch.tensor(whole.audio_mask),
            codes=whole.codes,
            clips=tuple(self._clips),
        )


def read_clips(corpus: Path, parts: list[int], longest_frames: int) -> list[Clip]:
    """All encoded utterances of up to so many frames."""
    clips = []
    for part in parts:
        table = load_file(codes_path(corpus, part))
        recordings = Recordings(corpus, (part,))
        lines: list[Line] = recordings.lines
        pieces = table["codes"].long().split(table["frames"].tolist(), dim=1)
        clips += [
            Clip(
                line.text,
                codes,
                line.speaker,
                sounds_per_frame(recordings.phones(line), codes.shape[1]),
            )
            for line, codes in zip(lines, pieces, strict=True)
        ]
    return [clip for clip in clips if clip.codes.shape[1] <= longest_frames]


def read_bundled(voices: Path) -> tuple[dict[str, Clip], dict[str, str]]:
    """The bundled references with their codes, and the descriptions."""
    profile = yaml.safe_load((voices / "profile.yaml").read_text(encoding="utf-8"))["profiles"]
    recorded = {name: entry for name, entry in profile.items() if isinstance(entry, dict)}
    clips = {}
    for name in recorded:
        codes = load_file(voices / f"{name}.codes.safetensors")["codes"].long()
        text = (voices / f"{name}.txt").read_text(encoding="utf-8").strip()
        clips[name] = Clip(text, codes, name)
    return clips, {name: entry["description"] for name, entry in recorded.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("model", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--voices", type=Path, default=Path(__file__).parents[2] / "voices")
    parser.add_argument("--parts", type=int, nargs="+", help="else all there are")
    parser.add_argument("--spoken", action="store_true", help="a corpus of speak_corpus.py")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--joined-share", type=float, default=0.0, help="turns of several sentences"
    )
    parser.add_argument("--turns", type=int, nargs="+", default=[1, 1, 2, 2, 3], help="drawn from")
    parser.add_argument("--longest-frames", type=int, default=400)
    parser.add_argument("--longest-positions", type=int, default=640)
    options = parser.parse_args()
    parts = options.parts or all_parts(options.corpus)
    bundled, descriptions = read_bundled(options.voices)
    writer = PromptWriter(TextTokenizer.from_folder(options.model), SHAPE)
    if options.spoken:
        clips = read_spoken_clips(options.corpus, parts, writer, options.longest_frames)
    else:
        clips = read_clips(options.corpus, parts, options.longest_frames)
    conversations = Conversations(
        clips, bundled, descriptions, options.seed, options.joined_share, tuple(options.turns)
    )
    samples = conversations.draw(writer, options.longest_positions)
    options.out.mkdir(parents=True, exist_ok=True)
    for start in range(0, len(samples), SHARD_SAMPLES):
        name = f"samples-{options.seed:03d}{start // SHARD_SAMPLES:03d}.safetensors"
        shard = samples[start : start + SHARD_SAMPLES]
        write_shard(options.out / name, [sample for sample, _ in shard])
        guides = torch.cat([guide for _, guide in shard])
        save_file({"guides": guides}, options.out / name.replace("samples", "guides"))
    print(
        len(clips),
        "clips in",
        len(samples),
        "conversations,",
        sum(len(sample) for sample, _ in samples),
        "positions",
    )


if __name__ == "__main__":
    main()
