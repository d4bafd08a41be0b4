"""Privacy: keys, sealed cells, identity tokens, access decisions, audit, consent, destruction of keys."""

from privacy.access_tokens import ALL_STORES, Principal, Role, issue, verify
from privacy.audit import EVERYBODY, AuditEntry, AuditFault, AuditHead, AuditLog, AuditReport, FaultKind
from privacy.audit import verify as verify_audit
from privacy.cells import CellCipher
from privacy.consent import GRANTED, WITHDRAWN, Consent, is_granted, profile_consents, record_consents
from privacy.consent_store import Statement, replace_statements, statements_about
from privacy.data_key import DataKey
from privacy.destruction import KeyRing, without_pending
from privacy.destruction import finish as finish_destruction
from privacy.destruction import pending as pending_destruction
from privacy.destruction import request as request_destruction
from privacy.encoding import LP
from privacy.errors import (
    AuditError,
    CellError,
    GrantRefused,
    IntegrityError,
    KeyDestroyed,
    KeyFileMissing,
    KeyMismatch,
    KeyMissing,
    KeyNotStored,
    KeyProviderError,
    KeyUnavailable,
    PrivacyError,
    PurposeNotAllowed,
    TokenError,
    TokenExpired,
    TokenInvalid,
    UnknownFormat,
)
from privacy.key_cache import KeyCache
from privacy.keystore import KeyStatus, KeyStore
from privacy.long_lived import PURPOSES, holds_long_lived_keys
from privacy.masking import mask
from privacy.padding import step as padding_step
from privacy.policy import (
    DECISION_REASON,
    PRIVACY_REQUEST,
    Access,
    AttributeClass,
    LegalBasis,
    PurposeRules,
    Scope,
    attribute_class,
    decide,
    failure_access,
    may_decide,
    may_list_profiles,
    may_see_evidence,
    may_see_operations,
    scope,
)
from privacy.providers import EnvironmentProvider, KeyProvider, LocalFileProvider
from privacy.tables import audit_entry, consent, destroy_pending, incarnation_key, long_lived_key
from privacy.tokens import IdentityTokens

__all__ = [
    "ALL_STORES",
    "DECISION_REASON",
    "EVERYBODY",
    "GRANTED",
    "LP",
    "PRIVACY_REQUEST",
    "PURPOSES",
    "WITHDRAWN",
    "Access",
    "AttributeClass",
    "AuditEntry",
    "AuditError",
    "AuditFault",
    "AuditHead",
    "AuditLog",
    "AuditReport",
    "CellCipher",
    "CellError",
    "Consent",
    "DataKey",
    "EnvironmentProvider",
    "FaultKind",
    "GrantRefused",
    "IdentityTokens",
    "IntegrityError",
    "KeyCache",
    "KeyDestroyed",
    "KeyFileMissing",
    "KeyMismatch",
    "KeyMissing",
    "KeyNotStored",
    "KeyProvider",
    "KeyProviderError",
    "KeyRing",
    "KeyStatus",
    "KeyStore",
    "KeyUnavailable",
    "LegalBasis",
    "LocalFileProvider",
    "Principal",
    "PrivacyError",
    "PurposeNotAllowed",
    "PurposeRules",
    "Role",
    "Scope",
    "Statement",
    "TokenError",
    "TokenExpired",
    "TokenInvalid",
    "UnknownFormat",
    "attribute_class",
    "audit_entry",
    "consent",
    "decide",
    "destroy_pending",
    "failure_access",
    "finish_destruction",
    "holds_long_lived_keys",
    "incarnation_key",
    "is_granted",
    "issue",
    "long_lived_key",
    "mask",
    "may_decide",
    "may_list_profiles",
    "may_see_evidence",
    "may_see_operations",
    "padding_step",
    "pending_destruction",
    "profile_consents",
    "record_consents",
    "replace_statements",
    "request_destruction",
    "scope",
    "statements_about",
    "verify",
    "verify_audit",
    "without_pending",
]
