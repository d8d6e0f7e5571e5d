"""An SMTP server that takes mail and forgets it: `python -m benchmarks.smtp_sink …`.

It ends by itself after `--most` mails and prints how long they took, the first one's end to the
last one's. With `--hang` it lets everybody in and never answers.
"""

import argparse
import asyncio
import json
import time
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP


class Sink:
    """Counts."""

    def __init__(self, most: int, keep: Path | None) -> None:
        self.most = most
        self.keep = keep
        self.count = 0
        self.first = self.last = 0.0
        self.full = asyncio.Event()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.last = time.perf_counter()
        self.first = self.first or self.last
        self.count += 1
        if self.keep is not None and self.count == 1:
            self.keep.write_bytes(envelope.content)
        if self.count == self.most:
            self.full.set()
        return "250 OK"


async def serve(options: argparse.Namespace) -> None:
    """Take mail until there is enough of it."""
    loop = asyncio.get_running_loop()
    sink = Sink(options.most, options.keep)
    protocol = asyncio.Protocol if options.hang else lambda: SMTP(sink, hostname="sink", loop=loop)
    server = await loop.create_server(protocol, "127.0.0.1", options.port)
    async with server:
        await sink.full.wait()
        # Whoever sent the last mail shall hear that it was taken.
        await asyncio.sleep(0.2)
    print(json.dumps({"mails": sink.count, "seconds": sink.last - sink.first}), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("--most", type=int, default=0)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--hang", action="store_true")
    asyncio.run(serve(parser.parse_args()))
