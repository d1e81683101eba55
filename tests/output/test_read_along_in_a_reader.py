"""In a real reader, the sentence that is highlighted is the one that sounds.

foliate-js plays the media overlays of the book in Chromium. Each sentence is spoken as a tone of
its own, and what sounds is measured in the page, at the reader's own audio element: neither the
overlays nor the manifest say what is true.

Needs Chromium, playwright and the folder of foliate-js, which `FOLIATE_JS` names
(`npm pack foliate-js`, unpacked).
"""

from __future__ import annotations

import os
import random
import shutil
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests import fakes
from tests.fakes import HOP, SAMPLE_RATE, FakeSynthesizer
from tests.helpers import CommandLine
from tests.output.overlays import clips
from tests.output.publisher_epub import FILES, SECOND, page, publishers_epub, second_page

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")
ENGINE = os.environ.get("FOLIATE_JS")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
    pytest.mark.skipif(ENGINE is None, reason="FOLIATE_JS names no folder of foliate-js"),
]
SWITCHES = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
TIMES = 20

NAMES = [
    "Ann", "Ben", "Clara", "David", "Ellen", "Frank", "George", "Harriet",
    "Ivy", "John", "Kate", "Louis", "Mary", "Nora", "Oscar", "Paula",
]  # fmt: skip
HEADINGS = ("First", "Second")
SENTENCES = [f"{name} went down to the old well, and then came back again." for name in NAMES]
LOWEST_PITCH, PITCH_STEP = 300, 60

OURS = "".join(
    f"# {heading}\n\n" + "".join(f"{a} {b}\n\n" for a, b in zip(told[::2], told[1::2], strict=True))
    for heading, told in zip(HEADINGS, (SENTENCES[:8], SENTENCES[8:]), strict=True)
)


def publishers_body(heading: str, told: list[str]) -> str:
    """Sentences across marks, two in a paragraph, with what nobody reads between them."""
    marked = [
        text.replace("down to", "<em>down</em> to").replace("old well", "<b>old well</b>")
        for text in told
    ]
    marked[1] = f"<i>{marked[1][:3]}</i>{marked[1][3:]}"
    marked[2] = marked[2].replace(",", ',<a epub:type="noteref" href="#n1">1</a>')
    paragraphs = "".join(
        f"<p>{a} {b}</p>\n" for a, b in zip(marked[::2], marked[1::2], strict=True)
    )
    note = '<aside epub:type="footnote" id="n1"><p>A note that nobody reads.</p></aside>'
    return f"<section><h1>{heading}</h1>\n{paragraphs}{note}</section>"


PUBLISHERS = {
    **FILES,
    "OPS/text/one.xhtml": page(HEADINGS[0], publishers_body(HEADINGS[0], SENTENCES[:8])),
    "OPS/text/two.xhtml": page(HEADINGS[1], publishers_body(HEADINGS[1], SENTENCES[8:])),
}
"""An EPUB 3."""


def second_body(heading: str, told: list[str]) -> str:
    paragraphs = "".join(f'<p align="justify"><i>{text[:3]}</i>{text[3:]}</p>' for text in told)
    return f"<h1>{heading}</h1>{paragraphs}"


OLD = {
    **SECOND,
    "OPS/text/café.xhtml": second_page(HEADINGS[0], second_body(HEADINGS[0], SENTENCES[:8])),
    "OPS/text/two.xhtml": second_page(HEADINGS[1], second_body(HEADINGS[1], SENTENCES[8:])),
}
"""An EPUB 2."""

READER = """<!DOCTYPE html><meta charset="utf-8"><style>foliate-view { height: 600px }</style>
<script type="module">
import './engine/view.js'
const context = new AudioContext({ sampleRate: 24000 })
const ear = new AnalyserNode(context, { fftSize: 4096, smoothingTimeConstant: 0 })
ear.connect(context.destination)
const Plain = window.Audio
let sounding = null
window.Audio = function (url) {
    sounding = new Plain(url)
    context.createMediaElementSource(sounding).connect(ear)
    return sounding
}
const pitch = () => {
    const levels = new Float32Array(ear.frequencyBinCount)
    ear.getFloatFrequencyData(levels)
    const at = levels.indexOf(Math.max(...levels))
    return levels[at] > -50 ? at * context.sampleRate / ear.fftSize : null
}
const heard = (target, name) => new Promise((resolve, reject) => {
    target.addEventListener(name, resolve, { once: true })
    setTimeout(() => reject(new Error(`no ${name} in 10 s`)), 10000)
})
const rest = milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds))
const view = document.createElement('foliate-view')
document.body.append(view)
await view.open('book.epub')
await view.goTo(0)
const shown = () => view.renderer.getContents()
    .flatMap(({ doc }) => [...doc.getElementsByClassName(view.book.media.activeClass)])
let current = null
window.listen = async (overlay, seconds) => {
    if (current !== overlay) {
        current = overlay
        view.mediaOverlay.stop()
        sounding = null
        await view.mediaOverlay.start(
            view.book.sections.findIndex(each => each.mediaOverlay?.href === overlay))
        while (!sounding || sounding.paused) await rest(20)
    }
    else view.mediaOverlay.resume()
    // the reader turns to the page first: a jump meanwhile would leave two sentences highlighted
    do await rest(300); while (shown().length !== 1)
    sounding.currentTime = seconds
    await heard(sounding, 'seeked')
    let tone = null
    while (tone === null) {
        await heard(sounding, 'timeupdate')
        await rest(0)
        tone = pitch()
        if (sounding.currentTime < seconds) tone = null
    }
    view.mediaOverlay.pause()
    await rest(500)
    return [tone, sounding.currentTime, shown().map(each => each.textContent)]
}
window.isReady = true
</script>"""


def number_of(text: str) -> int | None:
    """Which sentence or heading begins with the first word of this text."""
    words = text.split()
    known = [*HEADINGS, *NAMES]
    return known.index(words[0]) if words and words[0] in known else None


class TellingSynthesizer(FakeSynthesizer):
    """Its first code is the number of a sentence, which sounds as a tone of its own."""

    def decode(self, codes: np.ndarray) -> np.ndarray:
        number = np.repeat(codes[0].astype(np.float64), HOP)
        phase = np.cumsum((LOWEST_PITCH + PITCH_STEP * (number - 1)) / SAMPLE_RATE)
        return np.where(number == 0, 0.0, 0.2 * np.sin(2 * np.pi * phase)).astype(np.float32)


def telling_words(text: str, noise: np.random.Generator) -> np.ndarray:
    """Each word by the number of its sentence, with a pause before a sentence."""
    parts, number = [fakes._silence(3)], 0
    for word in text.split():
        found = number_of(word.strip(".,"))
        if found is not None:
            number = found
            parts.append(fakes._silence(8))
        tone = noise.integers(1, 1000, (fakes.CODEBOOKS, 8)).astype(np.int16)
        tone[0] = 1 + number
        parts += [tone, fakes._silence(2)]
    return np.concatenate([*parts, fakes._silence(3)], axis=1)


@pytest.fixture
def higgs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    higgs = CommandLine(tmp_path, monkeypatch, capsys)
    higgs.synthesizer = TellingSynthesizer()
    monkeypatch.setattr(fakes, "_words", telling_words)
    higgs.write("ours.md", OURS)
    (tmp_path / "publishers.epub").write_bytes(publishers_epub(PUBLISHERS))
    (tmp_path / "old.epub").write_bytes(publishers_epub(OLD))
    return higgs


class Quiet(SimpleHTTPRequestHandler):
    """Says nothing of what it serves."""

    def log_message(self, *_: object) -> None:
        pass


def copy_engine(folder: Path) -> None:
    """Version 1.0.1 assigns where it means to compare, and so never highlights in page 0."""
    assert ENGINE is not None
    shutil.copytree(ENGINE, folder)
    view = folder / "view.js"
    mended = view.read_text().replace("x.index = resolved.index", "x.index === resolved.index")
    view.write_text(mended)


@dataclass
class Reader:
    """A page with the reader's engine, which opens `book.epub`."""

    page: Any
    address: str
    complaints: list[str] = field(default_factory=list)

    def open(self) -> None:
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(self.address)
        self.page.wait_for_function("window.isReady", timeout=60_000)

    def listen(self, overlay: str, seconds: float) -> tuple[int, float, list[int | None]]:
        """The sentence that sounds then, and when that was, and which are highlighted."""
        told = self.page.evaluate("([name, from]) => listen(name, from)", [overlay, seconds])
        pitch, at, shown = told
        return round((pitch - LOWEST_PITCH) / PITCH_STEP), at, [number_of(text) for text in shown]


@pytest.fixture
def reader(higgs: CommandLine) -> Iterator[Reader]:
    copy_engine(higgs.folder / "engine")
    higgs.write("reader.html", READER)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(higgs.folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield Reader(browser.new_page(), f"http://127.0.0.1:{server.server_port}/reader.html")
        browser.close()
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("source", ["ours.md", "publishers.epub", "old.epub"])
def test_the_sentence_that_is_highlighted_is_the_one_that_sounds(
    higgs: CommandLine, reader: Reader, source: str
) -> None:
    ran = higgs("render", source, "-o", "book.epub")
    assert ran.exit_code == 0, ran.stderr
    reader.open()
    found = [reader.listen(*each) for each in random_times(higgs.folder / "book.epub")]
    assert reader.complaints == [] and len(found) == TIMES
    assert [each for each in found if each[2] != [each[0]]] == []
    assert len({each[0] for each in found}) >= TIMES / 2


def random_times(book: Path) -> list[tuple[str, float]]:
    """Overlays and times in their audio, as the reader goes: from the first to the last."""
    chance = random.Random(17)
    with zipfile.ZipFile(book) as archive:
        lengths = {
            name: clips(archive, name)[-1][3]
            for name in archive.namelist()
            if name.endswith(".smil")
        }
    names = sorted(lengths)
    drawn = [(each, chance.uniform(0, lengths[each] - 2)) for each in names * (TIMES // len(names))]
    return sorted(drawn)
