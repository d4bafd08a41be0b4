"""What a person consents to: a pure fold over what source rows state, deny by default.

Inside one record the statement with the latest time decides; a withdrawal wins a tie, and a withdrawal without a time wins over
everything, since it may be the latest. Across the records of a profile the most restrictive decides: a purpose is
granted only if every record that says anything about it says "granted".
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

GRANTED = "granted"
WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Consent:
    """One statement, or the outcome of a fold; ``effective_at`` in microseconds since 1970 UTC, None when not known.

    Only the state ``granted`` grants; every other word (withdrawn, expired, objected, opted_out, …) refuses.
    """

    purpose: str
    state: str
    effective_at: int | None = None

    @property
    def is_granted(self) -> bool:
        """Whether this allows the purpose."""
        return self.state == GRANTED


def record_consents(statements: Iterable[Consent]) -> dict[str, Consent]:
    """Find the deciding statement of one source record for each purpose, whatever their order."""
    decided: dict[str, Consent] = {}
    for statement in statements:
        other = decided.get(statement.purpose)
        if other is None or _rank(statement) > _rank(other):
            decided[statement.purpose] = statement
    return decided


def profile_consents(records: Iterable[Mapping[str, Consent]]) -> dict[str, Consent]:
    """Fold the consents of a profile from those of its member records: a refusal by any of them stands."""
    decided: dict[str, Consent] = {}
    for record in records:
        for purpose, consent in record.items():
            other = decided.get(purpose)
            if other is None or _restriction(consent) > _restriction(other):
                decided[purpose] = consent
    return decided


def is_granted(consents: Mapping[str, Consent], purpose: str) -> bool:
    """Whether a purpose is granted; nothing stated means no."""
    consent = consents.get(purpose)
    return consent is not None and consent.is_granted


def _rank(statement: Consent) -> tuple[float, bool, str]:
    """Later wins; a grant without a time is the oldest, a refusal without one the newest. The word itself breaks ties."""
    unknown = float("-inf") if statement.is_granted else float("inf")
    at = unknown if statement.effective_at is None else statement.effective_at
    return at, not statement.is_granted, statement.state


def _restriction(consent: Consent) -> tuple[bool, tuple[float, bool, str]]:
    return not consent.is_granted, _rank(consent)
