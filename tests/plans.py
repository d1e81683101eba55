"""Small plans made by hand, for tests of what comes after planning."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from higgs_cli.casting.cast import Cast, CastMember, Voice
from higgs_cli.planning.keys import chunk_seed, digest
from higgs_cli.planning.plan import Chunk, Pause, Plan, Run
from higgs_cli.script.document import Chapter, Script

SECONDS_PER_WORD = 0.4


def plan_of(
    lines: Sequence[tuple[str, str]], *, voices: Sequence[Voice] = (), run_chunks: int = 8
) -> Plan:
    """Each (speaker, text) is a turn and a chunk; runs are solo, in order of their first chunk."""
    named = {voice.name: voice for voice in voices}
    speakers = list(dict.fromkeys(speaker for speaker, _ in lines))
    members = tuple(
        CastMember(speaker, named.get(speaker, Voice(speaker)), number, "test")
        for number, speaker in enumerate(speakers)
    )
    cast = Cast(members)
    counts: Counter[tuple[str, str]] = Counter()
    chunks = []
    for number, (speaker, text) in enumerate(lines):
        chunks.append(_chunk(number, speaker, text, counts[speaker, text], cast))
        counts[speaker, text] += 1
    runs: list[Run] = []
    for speaker in speakers:
        own = [chunk.number for chunk in chunks if chunk.speaker == speaker]
        for start in range(0, len(own), run_chunks):
            numbers = tuple(own[start : start + run_chunks])
            runs.append(Run(len(runs), 0, 0, (speaker,), numbers))
    script = Script("test.txt", "", "utf-8", "dialogue", (Chapter(0, "", 1, ()),))
    return Plan(script, cast, None, "en", 0, tuple(chunks), tuple(runs))


def _chunk(number: int, speaker: str, text: str, occurrence: int, cast: Cast) -> Chunk:
    recipe = {
        "text": text,
        "speaker": speaker,
        "mood": "",
        "voice": cast.member(speaker).voice.content(),
        "scene": "",
        "sampling": "default",
        "seed": "0",
        "occurrence": str(occurrence),
    }
    key = digest(recipe)
    seconds = SECONDS_PER_WORD * len(text.split())
    return Chunk(
        number=number,
        key=key,
        recipe=recipe,
        seed=chunk_seed(0, key),
        chapter=0,
        scene=0,
        turns=(number,),
        speaker=speaker,
        mood=None,
        text=text,
        pieces=(),
        line_number=number + 1,
        last_line_number=number + 1,
        pause=Pause("turn", 0.45 if number else 0.0),
        seconds=seconds,
        frame_budget=int(25 * max(1.5 * seconds, 1.5 + 0.75 * len(text.split()))) + 9,
        minimum_frames=2,
    )
