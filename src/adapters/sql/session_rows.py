"""Between sessions and their rows."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row

from hexkey.adapters.sql.failures import ImpossibleRow
from hexkey.adapters.sql.tables import sessions
from hexkey.domain.identifiers import SessionId, UserId
from hexkey.domain.sessions.refresh_token import RefreshChain
from hexkey.domain.sessions.session import Client, Session

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)

# Labeled, because they are also read beside the columns of the user.
SESSION_COLUMNS = tuple(column.label(f"session_{column.name}") for column in sessions.c)


def row_from(session: Session) -> dict[str, Any]:
    """What stands in `sessions` for `session`."""
    return {
        "id": session.id,
        "user_id": session.user,
        "client_address": session.client.address,
        "user_agent": session.client.user_agent,
        "scopes": " ".join(sorted(session.scopes)),
        "created_at": session.created_at,
        "expires_at": session.expires_at,
        "ended_at": session.ended_at,
        **mutable_row_from(session),
    }


def mutable_row_from(session: Session) -> dict[str, Any]:
    """The part of the row that using a session changes."""
    return {
        "authenticated_at": session.authenticated_at,
        "last_seen_at": session.last_seen_at,
        "idle_until": session.idle_until,
        "refresh_live": session.refresh.live,
        "refresh_spent": ",".join(map(_milliseconds, session.refresh.spent)),
    }


def session_from(row: Row[Any]) -> Session:
    """The session in `SESSION_COLUMNS` of `row`.

    Raises:
        ImpossibleRow: if it is over before it began, or its refresh tokens cannot be followed.
    """
    if row.session_expires_at <= row.session_created_at:
        raise ImpossibleRow(f"session {row.session_id} expires before it begins")
    return Session(
        id=SessionId(row.session_id),
        user=UserId(row.session_user_id),
        client=Client(address=row.session_client_address, user_agent=row.session_user_agent),
        scopes=frozenset(row.session_scopes.split()),
        created_at=row.session_created_at,
        # Versions before 0002 leave NULL, and know no other proof, use or end than these.
        authenticated_at=row.session_authenticated_at or row.session_created_at,
        last_seen_at=row.session_last_seen_at or row.session_created_at,
        idle_until=row.session_idle_until or row.session_expires_at,
        expires_at=row.session_expires_at,
        ended_at=row.session_ended_at,
        refresh=_chain_from(row),
    )


def changed_columns(old: Session, new: Session) -> Mapping[str, Any]:
    """What to write so that `old` becomes `new`; the rest may have been changed by others."""
    before = mutable_row_from(old)
    return {name: value for name, value in mutable_row_from(new).items() if value != before[name]}


def _chain_from(row: Row[Any]) -> RefreshChain:
    live, spent = row.session_refresh_live, row.session_refresh_spent
    try:
        instants = tuple(_EPOCH + int(text) * _MILLISECOND for text in spent.split(",") if text)
    except (ValueError, OverflowError) as error:
        raise ImpossibleRow(f"session {row.session_id} has unreadable refreshes") from error
    if live <= len(instants):
        raise ImpossibleRow(f"session {row.session_id} was refreshed more often than it counts")
    return RefreshChain(live=live, spent=instants)


def _milliseconds(at: datetime) -> str:
    return str((at - _EPOCH) // _MILLISECOND)
