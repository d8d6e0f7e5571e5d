"""Column types that behave alike on SQLite and on PostgreSQL.

SQLite ignores the length of a VARCHAR and stores NUL, PostgreSQL refuses both with an error of its
own; SQLite hands out naive instants. So length, NUL and time zone are settled here.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Dialect, String
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.types import TypeDecorator, TypeEngine

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class BoundedText(TypeDecorator[str]):
    """Text of at most `length` code points, compared code point by code point.

    The rules of the domain keep every value inside; what comes here too long is a mistake of ours
    and raises `ValueError`, on both databases.
    """

    impl = String
    cache_ok = True

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.length = length

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            # Not the locale's order: it changes with the system's C library, and breaks indexes.
            return dialect.type_descriptor(String(self.length, collation="C"))
        return dialect.type_descriptor(String(self.length))

    def process_bind_param(
        self,
        value: str | None,
        dialect: Dialect,  # noqa: ARG002 - SQLAlchemy's signature
    ) -> str | None:
        if value is not None and (len(value) > self.length or "\0" in value):
            raise ValueError(f"text with NUL or of more than {self.length} characters")
        return value


class Instant(TypeDecorator[datetime]):
    """An aware instant in whole milliseconds: `timestamptz(3)`, or milliseconds since 1970."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(TIMESTAMP(timezone=True, precision=3))
        return dialect.type_descriptor(BigInteger())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None or value.microsecond % 1000:
            raise ValueError("an instant must be aware and in whole milliseconds")
        if dialect.name == "postgresql":
            return value
        return (value - _EPOCH) // _MILLISECOND

    def process_result_value(
        self,
        value: datetime | int | None,
        dialect: Dialect,  # noqa: ARG002 - SQLAlchemy's signature
    ) -> datetime | None:
        if isinstance(value, int):
            return _EPOCH + value * _MILLISECOND
        return value if value is None else value.astimezone(UTC)
