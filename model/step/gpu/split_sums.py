"""Sums of a product whose inputs were split among programs, put together by the last to arrive.

A product of a few tiles of outputs would leave most of a GPU idle; splits keep it busy without a
kernel more. They are added in their order, whoever comes last, so the sums have the same bits every
time.
"""

# Triton reads the annotations of a kernel, and knows only its own.
# mypy: disable-error-code="no-untyped-def"

import triton
import triton.language as tl


@triton.jit
def joined_splits(total, where, is_in, sums, size, split, split_count, arrival):
    """The `total` of all splits, and whether this program is the one that has it. `where` in the
    `size` sums of each split this part belongs; `arrival`, of this tile, is 0 before and after."""
    is_last = split_count == 1
    if split_count > 1:
        tl.store(sums + split * size + where, total, mask=is_in)
        tl.debug_barrier()  # all threads have stored before one of them says so
        is_last = tl.atomic_add(arrival, 1, sem="acq_rel") == split_count - 1
        if is_last:
            tl.debug_barrier()  # none reads what others stored before one knows of it
            total = tl.zeros_like(total)
            for other in range(split_count):
                total += tl.load(sums + other * size + where, mask=is_in, cache_modifier=".cg")
            tl.store(arrival, 0)
    return total, is_last
