"""Run as a program of its own: open one pickle of tensors, write them as safetensors, nothing else.

    python -I pickle_child.py model.pth out.safetensors MEMORY_BYTES [ENTRY]

It imports nothing of ours. Before the file is opened the process gives up the network, other
processes, large memory and large files; the pickle reader is torch's, which knows tensors only.
"""

from __future__ import annotations

import ctypes
import resource
import sys
from pathlib import Path

_NEW_NETWORK, _NEW_USER = 0x40000000, 0x10000000
_FORBIDDEN = (
    "socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.spawn",
    "os.startfile", "pty.", "ftplib.", "smtplib.", "urllib.", "http.",
)  # fmt: skip


def main(source: str, target: str, memory_bytes: int, entry: str | None = None) -> None:
    """Each step narrows what the next one may do. With `entry`, the tensors lie under that name."""
    _leave_the_network()
    import torch
    from safetensors.torch import save_file

    _limit(memory_bytes, Path(source).stat().st_size)
    sys.addaudithook(_refuse)
    tensors = torch.load(source, map_location="cpu", weights_only=True)
    if entry is not None and isinstance(tensors, dict):
        tensors = tensors.get(entry)
    if not isinstance(tensors, dict) or not all(
        isinstance(name, str) and isinstance(value, torch.Tensor) for name, value in tensors.items()
    ):
        raise SystemExit("it is not a plain dictionary of tensors")
    save_file({name: value.clone().contiguous() for name, value in tensors.items()}, target)


def _leave_the_network() -> None:
    """A network of its own has no way out. Not every system allows it: the hook forbids sockets."""
    unshare = getattr(ctypes.CDLL(None), "unshare", None)
    if unshare is not None and unshare(_NEW_NETWORK) != 0:
        unshare(_NEW_USER | _NEW_NETWORK)


def _limit(memory_bytes: int, source_bytes: int) -> None:
    limits = {
        resource.RLIMIT_DATA: memory_bytes,
        resource.RLIMIT_FSIZE: 4 * source_bytes + (64 << 20),
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_CPU: 1800,
    }
    for kind, wanted in limits.items():
        _, ceiling = resource.getrlimit(kind)
        allowed = wanted if ceiling == resource.RLIM_INFINITY else min(wanted, ceiling)
        resource.setrlimit(kind, (allowed, allowed))


def _refuse(event: str, _: object) -> None:
    if event.startswith(_FORBIDDEN):
        raise PermissionError(f"the file tried to use {event}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), *sys.argv[4:5])
