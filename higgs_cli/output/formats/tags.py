"""Labels as the containers of FFmpeg name them, and how its muxers are to write the same bytes.

MP4 keeps only the names that players know; Ogg keeps any. MP3 has a tag of our own: see `id3.py`.
Chapters of Ogg are comments, and ours: FFmpeg rounds their seconds up.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Iterator, Sequence

from higgs_cli.output.formats.encodings import Encoding
from higgs_cli.output.formats.labels import ChapterMark, Labels, Picture
from higgs_cli.plain_text import without_steering

GENRE = "Audiobook"
COVER_FRONT = 3
CHAPTERS_BY_FFMPEG = ("mp4",)
"""Containers whose chapters FFmpeg's muxer writes; the others have them in tags of ours."""


def tags_of(encoding: Encoding, labels: Labels) -> dict[str, str]:
    """What the muxer is told, in the names of this container."""
    if encoding.container == "mp3":
        return {}
    tags = _mp4(labels) if encoding.container == "mp4" else _ogg(labels)
    if encoding.brand == "M4B ":
        tags["media_type"] = "2"  # what makes it an audiobook to players
    return {name: text for name, value in tags.items() if (text := clean(value))}


def vorbis_comments(labels: Labels) -> dict[str, str]:
    """What FLAC and Ogg say, under the names that they have in common."""
    number, count = labels.track or (None, None)
    said = {
        **_common(labels),
        "albumartist": labels.author,
        "tracknumber": number,
        "tracktotal": count,
        "narrator": labels.narrator,
        "performer": labels.narrator,
        "series": labels.series,
        "synthetic_voice": labels.note,
        **dict(_chapter_comments(labels.chapters)),
    }
    return {name.upper(): text for name, value in said.items() if (text := clean(value))}


def picture_block(cover: Picture) -> bytes:
    """As FLAC describes a picture, which Ogg has taken over."""
    media_type = cover.media_type.encode()
    head = struct.pack(">II", COVER_FRONT, len(media_type)) + media_type
    form = struct.pack(">IIIIII", 0, cover.width, cover.height, 24, 0, len(cover.data))
    return head + form + cover.data


def muxer_options(encoding: Encoding) -> dict[str, str]:
    """No dates, no names of libraries, and what is needed first stands first."""
    options = {"fflags": "+bitexact"}
    if encoding.container == "mp3":
        return {**options, "id3v2_version": "0"}
    if encoding.brand is not None:
        return {**options, "movflags": "+faststart", "brand": encoding.brand}
    return options


def milliseconds(chapter: ChapterMark) -> tuple[int, int]:
    """Where a chapter begins and ends, as containers count; never empty."""
    start = round(1000 * chapter.start_seconds)
    return start, max(start + 1, round(1000 * chapter.end_seconds))


def clean(value: object) -> str:
    """A text without what would steer a terminal; nothing for None."""
    return "" if value is None else without_steering(str(value)).strip()


def _common(labels: Labels) -> dict[str, object]:
    return {
        "title": labels.title,
        "artist": labels.author,
        "album": labels.book,
        "composer": labels.narrator,
        "genre": GENRE,
        "date": labels.year,
        "description": labels.description,
    }


def _mp4(labels: Labels) -> dict[str, object]:
    """The composer is where players look for a narrator, the grouping for a series."""
    return {
        **_common(labels),
        "album_artist": labels.author,
        "grouping": labels.series,
        "synopsis": labels.description,
        "comment": labels.note,
        "track": f"{labels.track[0]}/{labels.track[1]}" if labels.track else None,
    }


def _ogg(labels: Labels) -> dict[str, object]:
    cover = labels.cover
    picture = base64.b64encode(picture_block(cover)).decode() if cover else None
    return {**vorbis_comments(labels), "METADATA_BLOCK_PICTURE": picture}


def _chapter_comments(chapters: Sequence[ChapterMark]) -> Iterator[tuple[str, str]]:
    """A time and a name under one number."""
    for number, chapter in enumerate(chapters):
        minutes, rest = divmod(milliseconds(chapter)[0], 60_000)
        hours, minutes = divmod(minutes, 60)
        yield f"CHAPTER{number:03}", f"{hours:02}:{minutes:02}:{rest / 1000:06.3f}"
        yield f"CHAPTER{number:03}NAME", clean(chapter.title)
