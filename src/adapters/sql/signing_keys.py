"""Signing keys in the database."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncEngine

from hexkey.adapters.sql.engine import autocommitting
from hexkey.adapters.sql.failures import ImpossibleRow
from hexkey.adapters.sql.tables import signing_keys
from hexkey.adapters.sql.unit_of_work import Work, unit_of_work
from hexkey.application.ports.keys import SigningKeyStore
from hexkey.domain.identifiers import KeyId
from hexkey.domain.keys import KeyState, SealedKey, SigningAlgorithm, SigningKey

_ALL = select(signing_keys).order_by(signing_keys.c.created_at, signing_keys.c.id)
_RETIRE = (
    update(signing_keys)
    .where(
        signing_keys.c.id == bindparam("of_id"),
        signing_keys.c.algorithm == bindparam("of_algorithm"),
        signing_keys.c.state == KeyState.SIGNING.value,
    )
    .values(state=KeyState.VERIFYING.value)
)
# Whoever comes second collides with the index that allows one signing key for each algorithm.
_ADD = {
    "sqlite": sqlite.insert(signing_keys).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(signing_keys).on_conflict_do_nothing(),
}


class SqlSigningKeyStore(SigningKeyStore):
    """Holds every key that any instance has made."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._reading = autocommitting(engine)

    async def all(self) -> Sequence[SigningKey]:
        async with unit_of_work(self._reading) as work:
            rows = (await work.execute(_ALL)).all()
        return [_key_from(row) for row in rows]

    async def install(self, key: SigningKey, *, replacing: SigningKey | None) -> bool:
        async with unit_of_work(self._engine) as work:
            if replacing is not None and not await _retire(work, replacing, key.algorithm):
                return False
            result = await work.execute(_ADD[work.dialect], _row_from(key))
            if result.rowcount != 1:
                return False
            await work.commit()
        return True


async def _retire(work: Work, key: SigningKey, algorithm: SigningAlgorithm) -> bool:
    parameters = {"of_id": key.id, "of_algorithm": algorithm.value}
    return (await work.execute(_RETIRE, parameters)).rowcount == 1


def _row_from(key: SigningKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "algorithm": key.algorithm.value,
        "state": KeyState.SIGNING.value,
        "public_jwk": json.dumps(dict(key.public_jwk), separators=(",", ":"), sort_keys=True),
        "sealed_private_key": key.sealed_private_key,
        "created_at": key.created_at,
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
    )
