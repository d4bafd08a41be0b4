"""By which work a profile was last changed: its trace context, kept only while somebody traces.

A GraphQL answer's span is linked with it, so that one comes from an answer to the batch behind it, and from there to the shop's own trace.
"""

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from profiles.tables import profile, profile_trace
from storage import Database, delete_in, is_tracing, select_in, trace_context, upsert

_TRACES = sa.select(profile_trace)


def note_trace(connection: Connection, *, changed: Collection[bytes], gone: Collection[bytes]) -> None:
    """Note the work that is under way with the profiles that it changes, and forget those that are gone."""
    context = trace_context()
    if context is None:
        return
    rows = [{"profile_id": i, "traceparent": context} for i in sorted(set(changed) - set(gone))]
    upsert(connection, profile_trace, rows)
    delete_in(connection, profile_trace, profile_trace.c.profile_id, sorted(gone))


def traces_of(connection: Connection, profiles: Collection[bytes]) -> list[str]:
    """The contexts noted with these profiles."""
    return [row.traceparent for row in select_in(connection, _TRACES, profile_trace.c.profile_id, sorted(profiles))]


def sweep_traces(database: Database) -> None:
    """Forget what is noted of profiles that are gone; of all of them where nobody traces any more."""
    gone = profile_trace.c.profile_id.not_in(sa.select(profile.c.id)) if is_tracing() else sa.true()
    with database.read() as connection:
        is_clean = connection.execute(_TRACES.where(gone).limit(1)).first() is None
    if not is_clean:
        with database.write() as connection:
            connection.execute(sa.delete(profile_trace).where(gone))
