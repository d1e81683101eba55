"""A render as one side of a comparison: each chunk cut out of the audio that was delivered.

out.json ─► chunks with their times ─► out.wav, or a file a chapter ─► cuts, read when heard
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from higgs_cli.audio.clip import AudioClip
from higgs_cli.casting.cast import Reference
from higgs_cli.casting.references import content_of
from higgs_cli.errors import FormatError, HiggsError, UsageError
from higgs_cli.evaluation.compared import ComparedLine, Side
from higgs_cli.evaluation.recordings import read_recording, recording_seconds
from higgs_cli.evaluation.sound import Sound
from higgs_cli.files.fingerprint import bytes_fingerprint
from higgs_cli.files.plain_file import opened_plain
from higgs_cli.output.manifest.named_files import NamedFile, manifest_naming, named_files
from higgs_cli.output.manifest.read import moments_of, read_manifest
from higgs_cli.planning.plan import Chunk, Plan
from higgs_cli.script.sound_tags import MARK

READABLE = (".wav", ".flac", ".mp3", ".opus")
"""What can be cut without another program, the best first."""
MEND = "render it as .wav or .flac too: the takes are stored, nothing is spoken again"


def rendered_side(given: Path, name: str) -> Side:
    """A manifest, or an audio file beside which one lies."""
    if not given.is_file():
        raise UsageError(f"{given}: no such file")
    named = named_files(given) if given.suffix.lower() == ".json" else manifest_naming(given)
    if named is None:
        raise UsageError(
            f"{given}: no manifest of higgs describes it",
            hint="name an audio file that higgs rendered, or its manifest",
        )
    plan, moments = read_manifest(named.manifest).plan, moments_of(named.manifest)
    tracks = _tracks(named.files, given)
    references = _References(plan)
    lines = []
    for chunk in plan.chunks:
        track = tracks.get(chunk.chapter) or tracks.get(None)
        text = MARK.sub("", chunk.text).strip()
        if chunk.key not in moments or track is None or not text:
            continue
        start, end = (moment - track.start_seconds for moment in moments[chunk.key])
        lines.append(
            ComparedLine(
                speaker=chunk.speaker,
                text=text,
                sound=track.cut(start, end),
                reference=references.of(chunk),
                seconds=end - start,
                made_of=f"{track.sha256}:{chunk.key}",
            )
        )
    return Side(name, tuple(lines))


@dataclass(frozen=True)
class _Track:
    """An audio file, and where in the performance it begins."""

    path: Path
    sha256: str
    start_seconds: float

    def cut(self, start: float, end: float) -> Sound:
        content = f"cut:{self.sha256}:{start:.4f}:{end:.4f}"
        return Sound(content, lambda: _read_cut(self.path, start, end))


def _tracks(files: Sequence[NamedFile], given: Path) -> dict[int | None, _Track]:
    """The book in one file, under None; else its chapters, one after another."""
    audio = [each for each in files if each.list_name in ("audio", "other_audio")]
    whole = [each for each in audio if each.chapter is None]
    chosen = [each for each in whole if each.path.name == given.name] or whole
    if best := _best(chosen):
        return {None: _Track(best.path, best.sha256, 0.0)}
    tracks: dict[int | None, _Track] = {}
    start = 0.0
    for chapter in sorted({each.chapter for each in audio if each.chapter is not None}):
        if best := _best([each for each in audio if each.chapter == chapter]):
            tracks[chapter] = _Track(best.path, best.sha256, start)
            start += recording_seconds(best.path)
    if not tracks:
        raise UsageError(f"{given}: no audio that can be cut lies beside its manifest", hint=MEND)
    return tracks


def _best(files: Sequence[NamedFile]) -> NamedFile | None:
    """The first that can be read; one that is not what was written is refused."""
    endings = {each.path.suffix.lower(): each for each in reversed(files)}
    there = [endings[end] for end in READABLE if end in endings and endings[end].path.is_file()]
    if not there:
        return None
    if bytes_fingerprint(there[0].path) != there[0].sha256:
        raise UsageError(
            f"{there[0].path}: is not the audio that its manifest describes",
            hint="render it again: what is stored is not spoken again",
        )
    return there[0]


class _References:
    """The recordings that voices were cloned from, where they are still what they were."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._known: dict[Reference, Sound | None] = {}

    def of(self, chunk: Chunk) -> Sound | None:
        reference = self._plan.cast.member(chunk.speaker).voice.reference_for(chunk.mood)
        if reference is None:
            return None
        if reference not in self._known:
            self._known[reference] = _sound_of(reference)
        return self._known[reference]


def _sound_of(reference: Reference) -> Sound | None:
    """A manifest may come from elsewhere: only the recording that it knows the hash of is read."""
    try:
        if content_of(reference.audio, reference.text) != reference.content:
            return None
    except HiggsError:
        return None
    return Sound(f"reference:{reference.content}", lambda: read_recording(reference.audio))


def _read_cut(path: Path, start: float, end: float) -> AudioClip:
    import soundfile

    try:
        with (
            opened_plain(path) as opened,
            soundfile.SoundFile(opened.fileno(), closefd=False) as file,
        ):
            first = max(0, min(round(start * file.samplerate), file.frames))
            last = max(first, min(round(end * file.samplerate), file.frames))
            file.seek(first)
            samples = file.read(last - first, dtype="float32", always_2d=True)
            return AudioClip(samples.mean(axis=1), int(file.samplerate))
    except (soundfile.SoundFileError, OSError, RuntimeError) as error:
        raise FormatError(f"{path}: cannot be cut: {error}", hint=MEND) from None
