"""Everything that is to be known about the engine's speed on one GPU, in under ten minutes.

    python -m bench.gpu                                  the 3B shape in bfloat16 on cuda
    python -m bench.gpu --parts "G1 one lane,lanes"      some parts
    python -m bench.gpu --shape tiny --device cpu --no-record      a dry run

Random weights are made on the device; nothing is read from a network. Every part has a budget of
seconds: what does not fit is cut short and says so. A part that fails is reported, one that hangs
or takes the device down is ended, and the others go on in a new process. The figures go to
`bench/gpu.json` as they are known and, as a table, to the end of `bench/RESULTS.md`.

On a card that nobody has tried, `python -m bench.contact` comes first.
"""

from __future__ import annotations

from bench.gpu_parts import PARTS
from bench.measurement import Measurement

SECONDS = 570.0
ENGINE = Measurement(
    "gpu",
    __doc__ or "",
    {name: seconds for name, (_, seconds) in PARTS.items()},
    SECONDS,
    shares_process=True,
)


def main() -> None:
    ENGINE.run(ENGINE.options())


if __name__ == "__main__":
    main()
