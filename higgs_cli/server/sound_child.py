"""A client's recording as plain samples, in a process of its own: whatever it does, it ends here.

Run by path, with the recording as standard input; writes a line of JSON and then float32 samples,
mono, at the rate that the first argument names. Imports nothing of this package, so that the
process is small. Libraries are loaded before the limits, for they start threads.
"""

import io
import json
import resource
import sys

MOST_MEMORY = 2 << 30
MOST_CPU_SECONDS = 20
MOST_SECONDS = 120
RATES = range(8_000, 384_001)
MOST_CHANNELS = 8


def main() -> None:
    import numpy  # noqa: F401
    import soundfile  # noqa: F401
    import soxr  # noqa: F401

    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_CPU_SECONDS, MOST_CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    error, samples = _answer(sys.stdin.buffer.read(), int(sys.argv[1]))
    sys.stdout.buffer.write(json.dumps({"error": error}).encode() + b"\n" + samples)


def _answer(data: bytes, wanted_rate: int) -> tuple[str | None, bytes]:
    import numpy as np
    import soundfile
    import soxr

    try:
        with soundfile.SoundFile(io.BytesIO(data)) as sound:
            if sound.samplerate not in RATES or sound.channels > MOST_CHANNELS:
                return f"{sound.samplerate} Hz in {sound.channels} channels", b""
            if sound.frames > MOST_SECONDS * sound.samplerate:
                return f"longer than {MOST_SECONDS} s", b""
            samples = sound.read(MOST_SECONDS * sound.samplerate, "float32", always_2d=True)
            rate = sound.samplerate
        mono = samples.mean(axis=1)
        if not len(mono) or not np.isfinite(mono).all():
            return "without sound, or with samples that are no numbers", b""
        mono = mono if rate == wanted_rate else soxr.resample(mono, rate, wanted_rate)
        return None, mono.astype("<f4").tobytes()
    except BaseException as error:  # whatever a damaged file makes of it
        return f"{type(error).__name__}: {error}"[:200], b""


if __name__ == "__main__":
    main()
