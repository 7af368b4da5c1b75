"""Visitors without a browser, for load: ``python -m tests.benchmarks.visitors ADDRESS LIVE COUNT``.

Each speaks Streamlit's own protocol over a websocket, as a browser does: it opens the page, and
keeps the session. Then it asks the live route at the chart's interval, with the cursor it was
given. Says ``ready`` when all have opened the page and had an answer; ends when its standard input
does, and says what the answers took from then on.
"""

from __future__ import annotations

import asyncio
import json
import random
import secrets
import sys
import threading
import time

import httpx
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.benchmarks.common import quantile

INTERVAL = 0.5


async def visit(
    address: str,
    live: str,
    page: str,
    opened: asyncio.Barrier,
    ending: asyncio.Event,
    took: list[float],
) -> None:
    """Open a page, and look at its chart until the end."""
    cookie = f"resnet_lab_visitor={secrets.token_urlsafe(16)}"
    stream = f"{address.replace('http', 'ws')}/_stcore/stream"
    async with (
        websockets.connect(
            stream,
            subprotocols=["streamlit"],
            additional_headers={"Cookie": cookie},
            max_size=None,
        ) as socket,
        httpx.AsyncClient(base_url=address, headers={"Cookie": cookie}) as client,
    ):
        hello = BackMsg()
        hello.rerun_script.page_name = page
        await socket.send(hello.SerializeToString())
        async for text in socket:
            message = ForwardMsg()
            message.ParseFromString(text)
            if message.WhichOneof("type") == "script_finished":
                break
        drain = asyncio.create_task(_drain(socket))
        cursor = -1
        is_first = True
        while not ending.is_set():
            began = time.perf_counter()
            answer = await client.get(live, params={"since": cursor})
            took.append(time.perf_counter() - began)
            if answer.status_code == 200:
                cursor = answer.json()["cursor"]
            if is_first and await opened.wait() == 0:
                print("ready", flush=True)
            is_first = False
            await asyncio.sleep(INTERVAL * (0.9 + 0.2 * random.random()))
        drain.cancel()


async def _drain(socket: websockets.ClientConnection) -> None:
    async for _ in socket:
        pass


async def main(address: str, live: str, page: str, count: int) -> None:
    opened, ending = asyncio.Barrier(count), asyncio.Event()
    took: list[float] = []
    visitors = [
        asyncio.create_task(visit(address, live, page, opened, ending, took)) for _ in range(count)
    ]
    loop = asyncio.get_running_loop()

    def until_told() -> None:
        sys.stdin.read()
        loop.call_soon_threadsafe(ending.set)

    threading.Thread(target=until_told, daemon=True).start()
    await asyncio.gather(*visitors)
    milliseconds = [1000 * seconds for seconds in took]
    print(
        json.dumps(
            {
                "answers": len(took),
                "p50": quantile(milliseconds, 0.5),
                "p95": quantile(milliseconds, 0.95),
            }
        )
    )


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])))
