"""Thousands of requests, some of whose clients die: no answer is mixed up, and nothing is lost."""

from __future__ import annotations

import asyncio
import json
import random
import time

import httpx
import pytest

from tests.server.serving import Served, server_of_mini

REQUESTS, WARM, AT_ONCE, TEXTS = 2500, 1500, 6, 12
"""Before that memory still grows, by an eighth from the 300th request; behind it nothing does."""
KILLED = 5
"""One client of so many dies before its answer is whole."""
MOST_GROWTH = 0.05


def body_of(number: int) -> dict[str, object]:
    text = f"This is answer number {number}, and it is like no other."
    return {"input": text, "voice": "marigold", "response_format": "wav", "seed": number}


async def whole(client: httpx.AsyncClient, number: int) -> bytes:
    answer = await client.post("/v1/audio/speech", json=body_of(number))
    assert answer.status_code == 200, answer.text
    return answer.content


async def killed(served: Served, number: int, chance: random.Random) -> None:
    """A client that hangs up somewhere on the way, whole or streamed."""
    host, _, port = served.address.removeprefix("http://").rpartition(":")
    form = chance.choice(["wav", "pcm", "mp3"])
    body = json.dumps({**body_of(number), "response_format": form}).encode()
    head = (
        f"POST /v1/audio/speech HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    _, writer = await asyncio.open_connection(host, int(port))
    writer.write(head.encode() + body)
    await writer.drain()
    await asyncio.sleep(chance.random() * 0.3)
    writer.transport.abort()


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_thousand_more_requests_leave_nothing_behind() -> None:
    async def work(served: Served) -> tuple[int, int]:
        chance, at_once = random.Random(4), asyncio.Semaphore(AT_ONCE)
        async with httpx.AsyncClient(base_url=served.address, timeout=300) as client:
            expected = {number: await whole(client, number) for number in range(TEXTS)}
            assert len(set(expected.values())) == TEXTS

            async def one(number: int) -> None:
                async with at_once:
                    if number % KILLED == 0:
                        await killed(served, number % TEXTS, chance)
                    else:
                        assert await whole(client, number % TEXTS) == expected[number % TEXTS]

            await asyncio.gather(*(one(number) for number in range(WARM)))
            before = served.memory_bytes
            await asyncio.gather(*(one(number) for number in range(WARM, REQUESTS)))
            deadline, told = time.monotonic() + 30, ""
            while time.monotonic() < deadline and "higgs_requests_open 0.0" not in told:
                told = (await client.get("/metrics")).text
                await asyncio.sleep(0.1)
            assert "higgs_requests_open 0.0" in told and "higgs_lanes_in_use 0.0" in told
            assert "higgs_lanes 32.0" in told  # none was lost
            return before, served.memory_bytes

    with server_of_mini() as served:
        before, after = asyncio.run(work(served))
    growth = after / before - 1
    print(f"memory: {before >> 20} MB after {WARM} requests, {after >> 20} MB after {REQUESTS}")
    assert growth < MOST_GROWTH, f"{before >> 20} MB became {after >> 20} MB"
