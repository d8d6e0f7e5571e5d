"""Mail for developers, on the terminal."""

from typing import TextIO

from hexkey.application.ports.mail import Mail, MailSender

_WIDTH = 72


class ConsoleSender(MailSender):
    """Writes the text of every mail to `stream`, links and codes and all: never in production."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    async def send(self, mail: Mail) -> None:
        self._stream.write(_framed(mail))
        self._stream.flush()

    async def close(self) -> None:
        """The stream is not ours."""


def _framed(mail: Mail) -> str:
    head = f"To: {_visible(mail.to)}\nSubject: {_visible(mail.subject)}"
    body = "\n".join(map(_visible, mail.text.strip().splitlines()))
    lines = [f"{' mail ':─^{_WIDTH}}", *f"{head}\n\n{body}".split("\n"), "─" * _WIDTH]
    return "\n".join(["", *lines, ""])


def _visible(line: str) -> str:
    """`line` without what would steer the terminal (a name may hold anything)."""
    return "".join(it if it.isprintable() else "\N{REPLACEMENT CHARACTER}" for it in line)
