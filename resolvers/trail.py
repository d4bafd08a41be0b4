"""What a request has seen of people: the audit entry that is made durable before its answer is sent."""

import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from privacy import Access, AuditEntry, Principal

_EVIDENCE = "evidence"
_NOT_IN_NAMES = re.compile(r"[^\w.:#-]")


@dataclass(slots=True)
class Trail:
    """Collects what is opened and compared; ``questions`` are the root fields asked, ``lookups`` the identifier types searched by."""

    questions: set[str] = field(default_factory=set)
    lookups: set[str] = field(default_factory=set)
    _opened: int = 0
    _subjects: set[bytes] = field(default_factory=set)
    _fields: set[str] = field(default_factory=set)
    _decisions: set[Access] = field(default_factory=set)

    def opened(self, subject: bytes, attribute: str, access: Access) -> None:
        """Note that a value of the profile ``subject`` was decrypted."""
        self._opened += 1
        self._subjects.add(subject)
        self._fields.add(attribute)
        self._decisions.add(access)

    def compared(self, subject: bytes) -> None:
        """Note that it was told how values of the profile ``subject`` agree with others, though not the values."""
        self._subjects.add(subject)
        self._fields.add(_EVIDENCE)

    @property
    def subjects(self) -> frozenset[bytes]:
        """The profiles of which something was shown."""
        return frozenset(self._subjects)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was opened or compared and nobody was searched for."""
        return not self._subjects and not self.lookups

    def entry(
        self, principal: Principal, *, purpose: str | None, request_id: str, pseudonym_key: bytes, at: int
    ) -> AuditEntry:
        """The entry: names of fields, never values; the pseudonyms of all who were seen, sorted."""
        return AuditEntry(
            at=at,
            actor=principal.subject,
            role=principal.role.value,
            action=f"query:{'.'.join(sorted(self.questions))}",
            purpose=audit_name(purpose or ""),
            subject=pseudonyms(pseudonym_key, self._subjects),
            fields=tuple(
                sorted({audit_name(name) for name in self._fields} | {f"lookup:{kind}" for kind in self.lookups})
            ),
            rows=self._opened,
            decision="-".join(sorted(access.value for access in self._decisions))
            or ("lookup" if self.lookups else _EVIDENCE),
            request_id=request_id,
        )


def pseudonym(key: bytes, profile_id: bytes) -> str:
    """What the audit log calls a profile: HMAC-SHA256 under TAUD, hex."""
    return hmac.digest(key, profile_id, hashlib.sha256).hex()


def pseudonyms(key: bytes, profile_ids: Iterable[bytes]) -> str:
    """The pseudonyms of profiles, sorted, with commas between them."""
    return ",".join(sorted(pseudonym(key, profile_id) for profile_id in profile_ids))


def audit_name(text: str) -> str:
    """A configured name as the audit log takes it; the mapping may hold a trait with a space in it."""
    return _NOT_IN_NAMES.sub("_", text)
