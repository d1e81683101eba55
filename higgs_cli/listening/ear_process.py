"""The process in which a listener hears: sounds come in on standard input, what was heard goes out.

    in   {"module": …, "settings": {…}}\\n       once; then, for each piece of work,
         {"rate": 24000, "counts": [n, …]}\\n    and the samples of all, float32
    out  {"heard": [{…}, …]}\\n                  or {"error": "…"}, to each line that came in

It ends when nothing more comes in, so that it never outlives who has started it. Signals are for
that one to hear: it ends this process by closing its input.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
from typing import IO, Any

import numpy as np

from higgs_cli.audio.clip import AudioClip
from higgs_cli.errors import HiggsError
from higgs_cli.listening.heard_form import plain
from higgs_cli.listening.listener import Listener

SAMPLE_BYTES = 4


def main() -> None:
    """Until standard input ends."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print is no answer
    asked = sys.stdin.buffer
    try:
        listener = _opened(json.loads(asked.readline()))
        _say(answers, {"heard": []})
        while line := asked.readline():
            _say(answers, _answer(listener, json.loads(line), asked))
    except HiggsError as error:
        _say(answers, {"error": error.message, "hint": error.hint})
    except (BrokenPipeError, EOFError):
        return


def _opened(asked: dict[str, Any]) -> Listener:
    module = importlib.import_module(asked["module"])
    listener: Listener = module.open_listener(asked["settings"])
    return listener


def _answer(listener: Listener, work: dict[str, Any], asked: IO[bytes]) -> dict[str, Any]:
    sounds = [
        AudioClip(np.frombuffer(_exactly(asked, SAMPLE_BYTES * count), "<f4"), work["rate"])
        for count in work["counts"]
    ]
    return {"heard": [plain(heard) for heard in listener.hear(sounds)]}


def _exactly(asked: IO[bytes], byte_count: int) -> bytes:
    data = asked.read(byte_count)
    if len(data) < byte_count:
        raise EOFError
    return data


def _say(answers: IO[bytes], answer: dict[str, Any]) -> None:
    answers.write(json.dumps(answer, ensure_ascii=True).encode() + b"\n")
    answers.flush()
