"""A request to an object store: asked again while that is harmless, and its trouble in one line.

The client itself asks again, with growing pauses and some chance, what never got an answer; here
what was cut off in the middle of one. Nothing of a key or a token is ever in a message.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from higgs_cli.errors import HiggsError, UsageError
from higgs_cli.stopping import checkpoint

USUAL_PATIENCE = 5.0
"""Seconds in which a request is made again, besides those that the client itself takes."""
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 3.0
FORBIDDEN, NO_BUCKET = " 403 ", "NoSuchBucket"
ROLE_OF_THE_MACHINE = ("169.254.169.254", "169.254.170.2", "[fd00:ec2::254]")
"""Where the client asks for keys when it was given none; not everywhere does somebody answer."""
FOR_GOOD = (FORBIDDEN, *ROLE_OF_THE_MACHINE)
LOOKED_FOR = (
    "they are looked for in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, then in ~/.aws (with the "
    "package boto3), then in the role of this machine"
)
AGAIN = "run the same command again; finished takes are kept"

Answer = TypeVar("Answer")


def answered(
    ask: Callable[[], Answer], verb: str, where: str, patience: float = USUAL_PATIENCE
) -> Answer:
    """What is answered; a `FileNotFoundError` where there is no such object."""
    from obstore.exceptions import BaseError, GenericError

    end, pause = time.monotonic() + patience, FIRST_PAUSE
    while True:
        try:
            return ask()
        except FileNotFoundError as problem:
            if NO_BUCKET in str(problem):
                raise _explained(verb, where, problem) from None
            raise
        except GenericError as problem:
            if time.monotonic() > end or any(each in str(problem) for each in FOR_GOOD):
                raise _explained(verb, where, problem) from None
            checkpoint()
            time.sleep(pause)
            pause = min(LONGEST_PAUSE, 2 * pause)
        except (BaseError, OSError, ValueError) as problem:
            raise _explained(verb, where, problem) from None


def _explained(verb: str, where: str, problem: Exception) -> HiggsError:
    reason, hint = _reason(problem)
    kind = UsageError if NO_BUCKET in str(problem) else HiggsError
    return kind(f"cannot {verb} {where}: {reason}", hint=hint)


def _reason(problem: Exception) -> tuple[str, str | None]:
    """What the client says, without addresses and headers."""
    from obstore.exceptions import PermissionDeniedError, UnauthenticatedError

    said = str(problem)
    if any(each in said for each in ROLE_OF_THE_MACHINE):
        return "no keys for the object store were found", LOOKED_FOR
    if isinstance(problem, (PermissionDeniedError, UnauthenticatedError)) or FORBIDDEN in said:
        keys = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of somebody who may"
        return "permission denied by the object store", keys
    if NO_BUCKET in said:
        return "there is no such bucket", "buckets are made with the store's own tools"
    _, found, status = said.partition("non-2xx status code: ")
    if found:
        return f"the object store answers {status.splitlines()[0].strip(' :')}", AGAIN
    return "the object store does not answer", AGAIN
