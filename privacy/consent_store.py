"""Store what source rows say about consents, and read it back for the fold."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from privacy.consent import Consent
from privacy.tables import consent
from storage import bulk


@dataclass(frozen=True, slots=True)
class Statement:
    """What the row ``incarnation`` says about a purpose of the person whose row token is ``person_token``."""

    incarnation: bytes
    person_token: bytes | None
    consent: Consent


def replace_statements(connection: Connection, statements: Collection[Statement], *, of: Iterable[bytes]) -> None:
    """Make ``statements`` all that the rows ``of`` (incarnations, ended ones too) say."""
    bulk.delete_in(connection, consent, consent.c.incarnation, of)
    bulk.insert(
        connection,
        consent,
        [
            {
                "incarnation": s.incarnation,
                "person_token": s.person_token,
                "purpose": s.consent.purpose,
                "state": s.consent.state,
                "effective_at": s.consent.effective_at,
            }
            for s in statements
        ],
    )


def statements_about(connection: Connection, person_tokens: Iterable[bytes]) -> dict[bytes, list[Consent]]:
    """All statements about each source record, by row token, in no order."""
    query = sa.select(consent.c.person_token, consent.c.purpose, consent.c.state, consent.c.effective_at)
    found: dict[bytes, list[Consent]] = {}
    for row in bulk.select_in(connection, query, consent.c.person_token, person_tokens):
        found.setdefault(row.person_token, []).append(Consent(row.purpose, row.state, row.effective_at))
    return found
