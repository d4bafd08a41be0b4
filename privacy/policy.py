"""Who may see a personal field: decided before anything is decrypted, deny by default.

The matrix below is reviewed as data; ``tests/unit/privacy/test_policy.py`` holds the table that it is compared with. Everything
that the matrix does not name is denied or masked.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import partial

from privacy.access_tokens import ALL_STORES, Principal, Role
from privacy.errors import CellError, KeyUnavailable, PurposeNotAllowed
from storage import ConfigError, ConfigMistakes

PRIVACY_REQUEST = "privacy_request"


class Access(Enum):
    """How a personal field is answered; the last three are results of opening a cell that was to be seen."""

    CLEAR = "clear"
    MASKED = "masked"
    DENIED = "denied"
    ERASED = "erased"
    KEY_UNAVAILABLE = "key_unavailable"
    INTEGRITY = "integrity"


class LegalBasis(Enum):
    """GDPR article 6, PIPL article 13: why a purpose is lawful."""

    CONSENT = "consent"
    CONTRACT = "contract"
    LEGAL_OBLIGATION = "legal_obligation"
    LEGITIMATE_INTEREST = "legitimate_interest"
    PUBLIC_TASK = "public_task"
    VITAL_INTEREST = "vital_interest"


class AttributeClass(Enum):
    """``SENSITIVE``: what PIPL article 28 calls sensitive personal information among the standard names.

    ``NOTE``: what stewards wrote for each other about people.
    """

    PERSONAL = "personal"
    SENSITIVE = "sensitive"
    NOTE = "note"


class _Rule(Enum):
    DENIED = "no individual profile at all"
    MASKED = "masked whatever the purpose"
    PURPOSE = "clear for any purpose that the token allows and the configuration knows, else masked"
    PRIVACY_REQUEST = "clear for that purpose only, else masked"


_PERSONAL, _SENSITIVE, _NOTE = AttributeClass.PERSONAL, AttributeClass.SENSITIVE, AttributeClass.NOTE
_MATRIX: Mapping[Role, Mapping[AttributeClass, _Rule]] = {
    Role.SALES: {_PERSONAL: _Rule.MASKED, _SENSITIVE: _Rule.MASKED, _NOTE: _Rule.MASKED},
    Role.MANAGER: {_PERSONAL: _Rule.PURPOSE, _SENSITIVE: _Rule.MASKED, _NOTE: _Rule.PURPOSE},
    Role.STEWARD: {_PERSONAL: _Rule.MASKED, _SENSITIVE: _Rule.MASKED, _NOTE: _Rule.PURPOSE},
    Role.PRIVACY: {_PERSONAL: _Rule.PRIVACY_REQUEST, _SENSITIVE: _Rule.PRIVACY_REQUEST, _NOTE: _Rule.PRIVACY_REQUEST},
    Role.ANALYST: {_PERSONAL: _Rule.DENIED, _SENSITIVE: _Rule.DENIED, _NOTE: _Rule.DENIED},
    Role.ADMIN: {_PERSONAL: _Rule.DENIED, _SENSITIVE: _Rule.DENIED, _NOTE: _Rule.DENIED},
}
_SENSITIVE_ATTRIBUTES = frozenset({"national_id"})
#: The attribute by which the reason of a steward's decision is decided upon; no mapping can name it.
DECISION_REASON = "decision_reason"
_LISTING_ROLES = frozenset({Role.SALES, Role.MANAGER, Role.STEWARD, Role.PRIVACY})
_EVIDENCE_ROLES = frozenset({Role.MANAGER, Role.STEWARD, Role.PRIVACY})
_DECIDING_ROLES = frozenset({Role.STEWARD})
_OPERATING_ROLES = frozenset({Role.STEWARD, Role.PRIVACY, Role.ADMIN})

_SHIPPED = {"customer_service": LegalBasis.CONTRACT, PRIVACY_REQUEST: LegalBasis.LEGAL_OBLIGATION}


@dataclass(frozen=True, slots=True)
class PurposeRules:
    """Purpose to legal basis. ``customer_service`` (contract) and ``privacy_request`` (legal obligation) are always there."""

    bases: Mapping[str, LegalBasis]

    @classmethod
    def of(cls, configured: Mapping[str, str]) -> "PurposeRules":
        """From the ``[purposes]`` table of `onefold.toml`; raise :class:`ConfigErrors` for bases that are unknown."""
        mistakes, bases = ConfigMistakes(), dict(_SHIPPED)
        for purpose in configured:
            bases[purpose] = mistakes.value(configured, purpose, partial(_basis, purpose), LegalBasis.CONSENT)
        mistakes.refuse()
        return cls(bases)

    def needs_consent(self, purpose: str) -> bool:
        """Whether the purpose rests on consent."""
        return self.bases.get(purpose) is LegalBasis.CONSENT


@dataclass(frozen=True, slots=True)
class Scope:
    """The stores whose members a principal may see: ``everything``, or ``stores`` (none is none)."""

    everything: bool
    stores: frozenset[str]


def decide(
    principal: Principal, purpose: str | None, *, attribute: str, purposes: PurposeRules, consented: bool | None = None
) -> Access:
    """CLEAR, MASKED or DENIED for one attribute of one profile.

    ``consented`` says whether the person consents to ``purpose``; None, "not known", counts as no. It is asked for only where
    the purpose rests on consent. Raise :class:`PurposeNotAllowed` when the token does not list the purpose: the whole
    request is refused.
    """
    if purpose is not None and purpose not in principal.purposes:
        raise PurposeNotAllowed
    rule = _MATRIX[principal.role][attribute_class(attribute)]
    if rule is _Rule.DENIED:
        return Access.DENIED
    if purpose is None or purpose not in purposes.bases or not _fits(rule, purpose):
        return Access.MASKED
    if purposes.needs_consent(purpose) and consented is not True:
        return Access.MASKED
    return Access.CLEAR


def attribute_class(attribute: str) -> AttributeClass:
    """Classify a standard name, a trait, or :data:`DECISION_REASON`."""
    if attribute == DECISION_REASON:
        return AttributeClass.NOTE
    return AttributeClass.SENSITIVE if attribute in _SENSITIVE_ATTRIBUTES else AttributeClass.PERSONAL


def failure_access(error: CellError) -> Access:
    """How a field is answered whose cell did not open; an absent key is ``ERASED`` if it was destroyed."""
    return Access.KEY_UNAVAILABLE if isinstance(error, KeyUnavailable) else Access.INTEGRITY


def may_list_profiles(role: Role) -> bool:
    """Whether the role may see individual profiles at all."""
    return role in _LISTING_ROLES


def may_see_evidence(role: Role) -> bool:
    """Whether the role may see why records are one person: how far their values agree, though not the values."""
    return role in _EVIDENCE_ROLES


def may_decide(role: Role) -> bool:
    """Whether the role may say which records are one person."""
    return role in _DECIDING_ROLES


def may_see_operations(role: Role) -> bool:
    """Whether the role may see how well Onefold follows its sources: by itself numbers and names of tables, nothing of people."""
    return role in _OPERATING_ROLES


def scope(principal: Principal) -> Scope:
    """Name the stores that a principal's queries are limited to."""
    if not may_list_profiles(principal.role):
        return Scope(everything=False, stores=frozenset())
    everything = ALL_STORES in principal.stores
    return Scope(everything=everything, stores=frozenset() if everything else frozenset(principal.stores))


def _fits(rule: _Rule, purpose: str) -> bool:
    return rule is _Rule.PURPOSE or (rule is _Rule.PRIVACY_REQUEST and purpose == PRIVACY_REQUEST)


def _basis(purpose: str, text: object) -> LegalBasis:
    valid = tuple(basis.value for basis in LegalBasis)
    if text not in valid:
        raise ConfigError("the legal basis is unknown", where=f"purposes.{purpose}", valid=valid)
    return LegalBasis(text)
