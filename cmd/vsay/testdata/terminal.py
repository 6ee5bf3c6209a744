"""A terminal by a WebSocket client of another maker.

    terminal.py URL KEYS    types KEYS, shows the output, says how it was closed
"""

import asyncio
import sys

import websockets


async def terminal(url: str, keys: str) -> None:
    async with websockets.connect(url) as socket:
        await socket.send(keys)
        try:
            while True:
                output = await socket.recv()
                if not isinstance(output, bytes):
                    sys.exit("output came as text")
                sys.stdout.buffer.write(output)
        except websockets.ConnectionClosed as closed:
            print(f"closed: {closed.rcvd.code} {closed.rcvd.reason}", file=sys.stderr)


asyncio.run(terminal(sys.argv[1], sys.argv[2]))
