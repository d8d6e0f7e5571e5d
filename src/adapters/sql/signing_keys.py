"""Signing keys in the database."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Executable, Row, bindparam, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from hexkey.adapters.sql.audit_trail import record
from hexkey.adapters.sql.engine import autocommitting
from hexkey.adapters.sql.failures import ImpossibleRow, violated
from hexkey.adapters.sql.tables import signing_keys
from hexkey.adapters.sql.unit_of_work import Parameters, Work, unit_of_work
from hexkey.application.ports.keys import SigningKeyStore
from hexkey.domain.audit.event import AuditEvent
from hexkey.domain.identifiers import KeyId
from hexkey.domain.keys import KeyState, SealedKey, SigningAlgorithm, SigningKey

_COLUMNS = signing_keys.c
# Versions that did not know the column leave it empty.
_SINCE = func.coalesce(_COLUMNS.state_since, _COLUMNS.created_at, type_=_COLUMNS.created_at.type)
_TAKEN = (
    *("pk_signing_keys", "uq_signing_keys_announced", "uq_signing_keys_signing"),
    *("signing_keys.id", "signing_keys.algorithm"),  # as SQLite says it
)

_ALL = select(
    *(column for column in _COLUMNS if column is not _COLUMNS.state_since),
    _SINCE.label("state_since"),
).order_by(_COLUMNS.created_at, _COLUMNS.id)
_ADD = insert(signing_keys)
_MOVE = (
    update(signing_keys)
    .where(
        _COLUMNS.id == bindparam("of_id"),
        _COLUMNS.algorithm == bindparam("of_algorithm"),
        _COLUMNS.state == bindparam("of_state"),
    )
    .values(state=bindparam("to_state"), state_since=bindparam("since"))
)
_REPLACE = (
    update(signing_keys)
    .where(
        *(
            _COLUMNS[name] == bindparam(f"old_{name}")
            for name in ("id", "algorithm", "state", "public_jwk", "sealed_private_key")
        ),
        _COLUMNS.created_at == bindparam("old_created_at"),
        bindparam("old_state_since", type_=_COLUMNS.created_at.type) == _SINCE,
    )
    .values({column: bindparam(f"new_{column.name}") for column in _COLUMNS})
)


class SqlSigningKeyStore(SigningKeyStore):
    """Holds every key that any instance has made.

    Whoever comes second collides with an index: it allows one announced and one signing key for
    each algorithm.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._reading = autocommitting(engine)

    async def all(self) -> Sequence[SigningKey]:
        async with unit_of_work(self._reading) as work:
            rows = (await work.execute(_ALL)).all()
        return [_key_from(row) for row in rows]

    async def add(self, key: SigningKey, *, audited: AuditEvent | None = None) -> bool:
        return await self._changed_each((_ADD, _row_from(key)), audited=audited)

    async def promote(
        self,
        announced: SigningKey,
        signing: SigningKey | None,
        *,
        now: datetime,
        audited: AuditEvent | None = None,
    ) -> bool:
        moves = [_move(announced, KeyState.ANNOUNCED, KeyState.SIGNING, now)]
        if signing is not None:
            if signing.algorithm is not announced.algorithm:
                return False
            moves.insert(0, _move(signing, KeyState.SIGNING, KeyState.VERIFYING, now))
        return await self._changed_each(*moves, audited=audited)

    async def replace(
        self, old: SigningKey, new: SigningKey, *, audited: AuditEvent | None = None
    ) -> bool:
        if new.id != old.id:
            return False
        before = {f"old_{name}": value for name, value in _row_from(old).items()}
        after = {f"new_{name}": value for name, value in _row_from(new).items()}
        return await self._changed_each((_REPLACE, {**before, **after}), audited=audited)

    async def _changed_each(
        self, *statements: tuple[Executable, Parameters], audited: AuditEvent | None
    ) -> bool:
        """Whether each of `statements` changed one row; otherwise none of them does."""
        try:
            async with unit_of_work(self._engine) as work:
                if not await _ran_each(work, statements):
                    return False
                await record(work, audited)
                await work.commit()
        except IntegrityError as error:
            if violated(error) not in _TAKEN:
                raise
            return False
        return True


async def _ran_each(work: Work, statements: Sequence[tuple[Executable, Parameters]]) -> bool:
    for statement, parameters in statements:
        if (await work.execute(statement, parameters)).rowcount != 1:
            return False
    return True


def _move(
    key: SigningKey, before: KeyState, after: KeyState, now: datetime
) -> tuple[Executable, Parameters]:
    return _MOVE, {
        "of_id": key.id,
        "of_algorithm": key.algorithm.value,
        "of_state": before.value,
        "to_state": after.value,
        "since": now,
    }


def _row_from(key: SigningKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "algorithm": key.algorithm.value,
        "state": key.state.value,
        "public_jwk": json.dumps(dict(key.public_jwk), separators=(",", ":"), sort_keys=True),
        "sealed_private_key": key.sealed_private_key,
        "created_at": key.created_at,
        "state_since": key.state_since,
    }


def _key_from(row: Row[Any]) -> SigningKey:
    try:
        algorithm, state = SigningAlgorithm(row.algorithm), KeyState(row.state)
        public_jwk = json.loads(row.public_jwk)
    except ValueError as error:
        raise ImpossibleRow(f"signing key {row.id} cannot be read") from error
    return SigningKey(
        id=KeyId(row.id),
        algorithm=algorithm,
        state=state,
        public_jwk=public_jwk,
        sealed_private_key=SealedKey(row.sealed_private_key),
        created_at=row.created_at,
        state_since=row.state_since,
    )
