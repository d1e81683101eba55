"""The first minutes on a card that nobody has tried: what is right comes before what is fast.

    python -m bench.contact                                          under ten minutes, unattended
    python -m bench.contact --parts "buckets,G1 one lane"            what failed, once more
    python -m bench.contact --shape tiny --device cpu --no-record    a rehearsal, without a card

Each part is a process of its own with a limit. Figures are printed as they are known and kept in
`bench/contact.json`; each names the step that was chosen and what it warned of. At the end they go,
as a table, to the end of `bench/RESULTS.md`. Needs torch, transformers, pytest and triton; what the
command line needs besides may be missing. Ends with 1 if a part failed, or numbers are not as they
should be. A rehearsal finds faults of the program alone: its figures say nothing of a card.
Then `python -m bench.gpu` measures speed at length, with G2 and G5.
"""

from __future__ import annotations

from bench.contact_parts import PARTS
from bench.measurement import Measurement
from bench.part_runs import failed

SECONDS = 585.0
CONTACT = Measurement(
    "contact",
    __doc__ or "",
    {name: seconds for name, (_, seconds) in PARTS.items()},
    SECONDS,
    shares_process=False,
)


def main() -> None:
    outcomes = CONTACT.run(CONTACT.options())
    if wrong := failed(outcomes):
        raise SystemExit(f"look at: {', '.join(wrong)}")


if __name__ == "__main__":
    main()
