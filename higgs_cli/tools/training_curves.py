"""Curves of a training run as a PNG, drawn with the standard library alone.

Values are drawn over steps, on a logarithmic scale where they span more than a decade. Each curve
is averaged down to the width of the picture, so that a run of any length stays readable.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterable, Mapping, Sequence

WIDTH, HEIGHT = 960, 540
LEFT, RIGHT, TOP, BOTTOM = 70, 150, 20, 30
GLYPH_WIDTH, GLYPH_HEIGHT, SCALE = 3, 5, 2

WHITE, BLACK, GREY = (255, 255, 255), (40, 40, 40), (225, 225, 225)
COLOURS = (
    (31, 119, 180),
    (214, 39, 40),
    (44, 160, 44),
    (148, 103, 189),
    (255, 127, 14),
    (23, 190, 207),
    (140, 86, 75),
    (227, 119, 194),
    (127, 127, 127),
    (188, 189, 34),
    (0, 0, 0),
)

Colour = tuple[int, int, int]
Points = Sequence[tuple[float, float]]
"""Step and value, in order of steps."""

# Each glyph is five rows of three pixels, as five octal digits.
_GLYPHS = {
    "0": 0o75557, "1": 0o26227, "2": 0o71747, "3": 0o71717, "4": 0o55711, "5": 0o74717,
    "6": 0o74757, "7": 0o71111, "8": 0o75757, "9": 0o75717, "a": 0o25755, "b": 0o65656,
    "c": 0o34443, "d": 0o65556, "e": 0o74647, "f": 0o74644, "g": 0o34553, "h": 0o55755,
    "i": 0o72227, "j": 0o11152, "k": 0o55655, "l": 0o44447, "m": 0o57755, "n": 0o65555,
    "o": 0o25552, "p": 0o65644, "q": 0o25563, "r": 0o65655, "s": 0o34216, "t": 0o72222,
    "u": 0o55557, "v": 0o55552, "w": 0o55775, "x": 0o55255, "y": 0o55222, "z": 0o71247,
    ".": 0o00002, "-": 0o00700, "_": 0o00007,
}  # fmt: skip


def draw_curves(curves: Mapping[str, Points]) -> bytes:
    """A PNG of the curves, each in its colour with its name and last value beside it."""
    canvas = _Canvas()
    shown = {name: _averaged(points) for name, points in curves.items() if points}
    if shown:
        axes = _Axes.around(shown.values())
        _draw_grid(canvas, axes)
        for number, (name, points) in enumerate(shown.items()):
            colour = COLOURS[number % len(COLOURS)]
            places = [axes.place(*point) for point in points]
            for start, end in zip(places, places[1:] or places, strict=False):
                canvas.line(start, end, colour)
            label = f"{name[:11]} {points[-1][1]:.3g}"
            canvas.text(WIDTH - RIGHT + 8, TOP + 16 * number, label, colour)
    return canvas.png()


class _Axes:
    """Where a step and a value lie in the picture."""

    def __init__(self, steps: tuple[float, float], values: tuple[float, float]) -> None:
        self.steps = steps
        self.is_log = values[0] > 0 and values[1] / values[0] > 10
        self.values = (self._scaled(values[0]), self._scaled(values[1]))

    @classmethod
    def around(cls, curves: Iterable[Points]) -> _Axes:
        points = [point for curve in curves for point in curve]
        steps, values = [step for step, _ in points], [value for _, value in points]
        margin = (max(values) - min(values)) * 0.02 or 1e-6
        lowest = min(values) if min(values) > 0 else min(values) - margin
        return cls((min(steps), max(steps) + 1e-9), (lowest, max(values) + margin))

    def place(self, step: float, value: float) -> tuple[int, int]:
        """Pixel column and row."""
        across = (step - self.steps[0]) / (self.steps[1] - self.steps[0])
        up = (self._scaled(value) - self.values[0]) / (self.values[1] - self.values[0])
        column = LEFT + across * (WIDTH - LEFT - RIGHT)
        return round(column), round(HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM))

    def marks(self) -> list[float]:
        """A few values to write at the side."""
        low, high = self.values
        marks = [low + (high - low) * part / 6 for part in range(7)]
        return [10**mark if self.is_log else mark for mark in marks]

    def _scaled(self, value: float) -> float:
        return math.log10(max(value, 1e-12)) if self.is_log else value


class _Canvas:
    """Rows of pixels, three bytes each."""

    def __init__(self) -> None:
        self.rows = [bytearray(WHITE * WIDTH) for _ in range(HEIGHT)]

    def dot(self, column: int, row: int, colour: Colour) -> None:
        if 0 <= column < WIDTH and 0 <= row < HEIGHT:
            self.rows[row][3 * column : 3 * column + 3] = bytes(colour)

    def line(self, start: tuple[int, int], end: tuple[int, int], colour: Colour) -> None:
        count = max(abs(end[0] - start[0]), abs(end[1] - start[1]), 1)
        for number in range(count + 1):
            column = start[0] + (end[0] - start[0]) * number / count
            row = start[1] + (end[1] - start[1]) * number / count
            self.dot(round(column), round(row), colour)
            self.dot(round(column), round(row) + 1, colour)

    def text(self, column: int, row: int, words: str, colour: Colour) -> None:
        for letter in words.lower():
            bits = _GLYPHS.get(letter, 0)
            for place in range(GLYPH_WIDTH * GLYPH_HEIGHT):
                if bits >> (GLYPH_WIDTH * GLYPH_HEIGHT - 1 - place) & 1:
                    across, down = place % GLYPH_WIDTH, place // GLYPH_WIDTH
                    self._block(column + SCALE * across, row + SCALE * down, colour)
            column += SCALE * (GLYPH_WIDTH + 1)

    def png(self) -> bytes:
        header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
        pixels = zlib.compress(b"".join(b"\0" + bytes(row) for row in self.rows), 9)
        chunks = (b"IHDR", header), (b"IDAT", pixels), (b"IEND", b"")
        return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)

    def _block(self, column: int, row: int, colour: Colour) -> None:
        for across in range(SCALE):
            for down in range(SCALE):
                self.dot(column + across, row + down, colour)


def _averaged(points: Points) -> list[tuple[float, float]]:
    """At most a few hundred points: means of neighbours, values that are no numbers left out."""
    finite = [point for point in points if math.isfinite(point[1])] or [(points[0][0], 0.0)]
    size = -(-len(finite) // 400)
    groups = [finite[start : start + size] for start in range(0, len(finite), size)]
    return [
        (sum(step for step, _ in group) / len(group), sum(value for _, value in group) / len(group))
        for group in groups
    ]


def _draw_grid(canvas: _Canvas, axes: _Axes) -> None:
    right = WIDTH - RIGHT
    for mark in axes.marks():
        _, row = axes.place(axes.steps[0], mark)
        canvas.line((LEFT, row), (right, row), GREY)
        canvas.text(6, row - 5, f"{mark:.3g}", BLACK)
    for part in range(5):
        step = axes.steps[0] + (axes.steps[1] - axes.steps[0]) * part / 4
        column = LEFT + (right - LEFT) * part // 4
        canvas.text(column - 12, HEIGHT - BOTTOM + 10, f"{round(step)}", BLACK)
    canvas.line((LEFT, TOP), (LEFT, HEIGHT - BOTTOM), BLACK)
    canvas.line((LEFT, HEIGHT - BOTTOM), (right, HEIGHT - BOTTOM), BLACK)


def _chunk(kind: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)
