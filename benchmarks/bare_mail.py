"""One bare aiosmtplib connection that sends the same bytes again and again.

`python -m benchmarks.bare_mail PORT COUNT FILE`
"""

import asyncio
import sys
from pathlib import Path

import aiosmtplib


async def send(port: int, count: int, message: bytes) -> None:
    """Send `message` to `count` recipients."""
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False) as connection:
        for number in range(count):
            to = f"user{number}@example.com"
            await connection.sendmail("no-reply@example.com", [to], message)


if __name__ == "__main__":
    asyncio.run(send(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]).read_bytes()))
