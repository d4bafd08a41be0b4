"""Commands that show or change personal data: who may, and the audit entry that stands before it."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from cdc import wall_time
from cli.parts import Parts
from privacy import ALL_STORES, EVERYBODY, AuditEntry, AuditLog, Principal, Role, verify
from storage import OnefoldError

#: Who acts where a command asks for no token: whoever can run commands here and read the keys.
OPERATOR: Final = "operator"


class NotAllowedError(OnefoldError):
    """The access token does not allow what the command would do."""


def principal(parts: Parts, token: str, *, roles: tuple[Role, ...], purpose: str = "") -> Principal:
    """Read the token of a command that concerns all stores; :class:`NotAllowedError` says which token it needs."""
    needed = f"onefold token create --role {roles[0].value} --store '*'" + (f" --purpose {purpose}" if purpose else "")
    if not token:
        raise NotAllowedError(f"this needs an access token: ONEFOLD_TOKEN=$({needed})")
    found = verify(parts.keystore.long_lived("TSIG"), token, now=int(time.time()))
    if found.role not in roles or ALL_STORES not in found.stores or (purpose and purpose not in found.purposes):
        raise NotAllowedError(f"the access token does not allow this; make one with: {needed}")
    return found


@contextmanager
def audit_log(parts: Parts) -> Iterator[AuditLog]:
    """Give an audit log with a chain of this process alone."""
    log = AuditLog(parts.database, chain_name("cli"))
    try:
        yield log
    finally:
        log.close()


def chain_name(what: str) -> str:
    """Name the audit chain of this process; no other process, also none later with the same number, has it."""
    return f"{what}-{os.getpid()}-{time.time_ns()}"


def act_of(who: Principal, action: str, *, purpose: str = "", rows: int) -> AuditEntry:
    """Describe what the holder of a token is about to be shown, in clear and of everybody."""
    return AuditEntry(
        at=wall_time(),
        actor=who.subject,
        role=who.role.value,
        action=action,
        purpose=purpose,
        subject=EVERYBODY,
        rows=rows,
        decision="clear",
    )


def act_of_operator(action: str, *, role: str = "", fields: tuple[str, ...] = (), rows: int = 0) -> AuditEntry:
    """Describe what a command without a token is about to do."""
    return AuditEntry(at=wall_time(), actor=OPERATOR, role=role, action=action, fields=fields, rows=rows)
