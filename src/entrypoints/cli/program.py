"""The program as a whole: what holds for every command of it."""

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from hexkey.entrypoints.cli.refusals import CommandRefused, refusal_of


class Program(TyperGroup):
    """A group of commands whose refusals are sentences and statuses, never tracebacks."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for command in _commands_in(self):
            if command.callback is not None:
                command.callback = _given_text(command.callback)

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except (typer.Exit, typer.Abort):
            raise
        except Exception as error:
            refusal = refusal_of(error)
            if refusal is None:
                raise
            refusal.show()
            raise typer.Exit(refusal.status) from error


def _commands_in(group: TyperGroup) -> Iterator[TyperCommand]:
    """Every command below `group`, also in groups of its own."""
    for command in group.commands.values():
        if isinstance(command, TyperGroup):
            yield from _commands_in(command)
        elif isinstance(command, TyperCommand):
            yield command


def _given_text(command: Callable[..., Any]) -> Callable[..., Any]:
    """`command`, which is given no words that are none: neither database takes them.

    A path may be any bytes, as the system has it, and is no word.
    """

    @wraps(command)
    def checked(**arguments: Any) -> Any:
        for name, given in arguments.items():
            words = given if isinstance(given, (list, tuple)) else [given]
            if not all(_is_text(it) for it in words if isinstance(it, str)):
                raise CommandRefused("not_utf_8", f"What is given as {name} is not UTF-8.")
        return command(**arguments)

    return checked


def _is_text(word: str) -> bool:
    """Whether the terminal has sent UTF-8; what it has not, Python keeps as surrogates."""
    return not any("\ud800" <= it <= "\udfff" for it in word)
