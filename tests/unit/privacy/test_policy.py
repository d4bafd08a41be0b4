"""Who may see what: the reviewed table."""

import itertools

import pytest

from privacy import (
    DECISION_REASON,
    Access,
    AttributeClass,
    IntegrityError,
    KeyMismatch,
    KeyUnavailable,
    LegalBasis,
    Principal,
    PurposeNotAllowed,
    PurposeRules,
    Role,
    UnknownFormat,
    attribute_class,
    decide,
    failure_access,
    may_decide,
    may_list_profiles,
    may_see_evidence,
    scope,
)
from storage import ConfigError

C, M, D = Access.CLEAR, Access.MASKED, Access.DENIED
PURPOSES = (None, "customer_service", "marketing", "privacy_request", "unconfigured")
ATTRIBUTES = {
    "phone": AttributeClass.PERSONAL,
    "trait.size": AttributeClass.PERSONAL,
    "national_id": AttributeClass.SENSITIVE,
    DECISION_REASON: AttributeClass.NOTE,
}

# Reviewed by hand. Columns as PURPOSES above; the token allows all of them; nobody has consented (marketing rests on consent).
TABLE = {
    (Role.SALES, "phone"): (M, M, M, M, M),
    (Role.SALES, "trait.size"): (M, M, M, M, M),
    (Role.SALES, "national_id"): (M, M, M, M, M),
    (Role.SALES, DECISION_REASON): (M, M, M, M, M),
    (Role.MANAGER, "phone"): (M, C, M, C, M),
    (Role.MANAGER, "trait.size"): (M, C, M, C, M),
    (Role.MANAGER, "national_id"): (M, M, M, M, M),
    (Role.MANAGER, DECISION_REASON): (M, C, M, C, M),
    (Role.STEWARD, "phone"): (M, M, M, M, M),
    (Role.STEWARD, "trait.size"): (M, M, M, M, M),
    (Role.STEWARD, "national_id"): (M, M, M, M, M),
    (Role.STEWARD, DECISION_REASON): (M, C, M, C, M),
    (Role.PRIVACY, "phone"): (M, M, M, C, M),
    (Role.PRIVACY, "trait.size"): (M, M, M, C, M),
    (Role.PRIVACY, "national_id"): (M, M, M, C, M),
    (Role.PRIVACY, DECISION_REASON): (M, M, M, C, M),
    (Role.ANALYST, "phone"): (D, D, D, D, D),
    (Role.ANALYST, "trait.size"): (D, D, D, D, D),
    (Role.ANALYST, "national_id"): (D, D, D, D, D),
    (Role.ANALYST, DECISION_REASON): (D, D, D, D, D),
    (Role.ADMIN, "phone"): (D, D, D, D, D),
    (Role.ADMIN, "trait.size"): (D, D, D, D, D),
    (Role.ADMIN, "national_id"): (D, D, D, D, D),
    (Role.ADMIN, DECISION_REASON): (D, D, D, D, D),
}

RULES = PurposeRules.of({"marketing": "consent"})


def principal(role: Role, stores: tuple[str, ...] = ("S001",), purposes: tuple[str, ...] | None = None) -> Principal:
    allowed = tuple(purpose for purpose in PURPOSES if purpose) if purposes is None else purposes
    return Principal(subject="x", role=role, stores=stores, purposes=allowed, expires_at=0, token_id="1")


@pytest.mark.parametrize(("role", "attribute"), list(itertools.product(Role, ATTRIBUTES)))
def test_decisions_are_those_of_the_reviewed_table(role: Role, attribute: str) -> None:
    decided = tuple(decide(principal(role), purpose, attribute=attribute, purposes=RULES) for purpose in PURPOSES)
    assert decided == TABLE[role, attribute]


@pytest.mark.parametrize(("attribute", "expected"), list(ATTRIBUTES.items()))
def test_attributes_have_the_class_that_the_table_assumes(attribute: str, expected: AttributeClass) -> None:
    assert attribute_class(attribute) is expected


@pytest.mark.parametrize("role", Role)
def test_a_purpose_that_the_token_does_not_list_refuses_the_request(role: Role) -> None:
    with pytest.raises(PurposeNotAllowed):
        decide(principal(role, purposes=("marketing",)), "customer_service", attribute="phone", purposes=RULES)


@pytest.mark.parametrize(("consented", "expected"), [(True, C), (False, M), (None, M)])
def test_consent_counts_where_the_purpose_rests_on_it(consented: bool | None, expected: Access) -> None:
    manager = principal(Role.MANAGER)
    assert decide(manager, "marketing", attribute="phone", purposes=RULES, consented=consented) is expected


@pytest.mark.parametrize("consented", [True, False, None])
def test_consent_changes_nothing_where_the_basis_is_another(consented: bool | None) -> None:
    manager = principal(Role.MANAGER)
    assert decide(manager, "customer_service", attribute="phone", purposes=RULES, consented=consented) is C


def test_evidence_is_for_those_who_answer_for_it_and_decisions_are_for_stewards() -> None:
    assert {role for role in Role if may_see_evidence(role)} == {Role.MANAGER, Role.STEWARD, Role.PRIVACY}
    assert {role for role in Role if may_decide(role)} == {Role.STEWARD}


@pytest.mark.parametrize("role", [Role.SALES, Role.STEWARD, Role.ANALYST, Role.ADMIN])
def test_consent_opens_nothing_to_a_role_without_the_right(role: Role) -> None:
    assert decide(principal(role), "marketing", attribute="phone", purposes=RULES, consented=True) is not C


def test_customer_service_ships_with_contract_and_the_configuration_can_change_it() -> None:
    assert PurposeRules.of({}).bases["customer_service"] is LegalBasis.CONTRACT
    assert not PurposeRules.of({}).needs_consent("customer_service")
    assert PurposeRules.of({"customer_service": "consent"}).needs_consent("customer_service")


def test_an_unknown_legal_basis_is_an_error_with_the_choices() -> None:
    with pytest.raises(ConfigError, match=r"purposes\.marketing: the legal basis is unknown; valid: consent, contract"):
        PurposeRules.of({"marketing": "because"})


def test_analysts_and_admins_see_no_individual_profile() -> None:
    listing = {role for role in Role if may_list_profiles(role)}
    assert listing == {Role.SALES, Role.MANAGER, Role.STEWARD, Role.PRIVACY}
    for role in Role:
        assert may_list_profiles(role) != (TABLE[role, "phone"][0] is D)


@pytest.mark.parametrize(
    ("role", "stores", "everything", "expected"),
    [
        (Role.SALES, ("S001",), False, {"S001"}),
        (Role.MANAGER, ("S001", "S002"), False, {"S001", "S002"}),
        (Role.MANAGER, ("*",), True, set()),
        (Role.MANAGER, (), False, set()),
        (Role.PRIVACY, ("*",), True, set()),
        (Role.ANALYST, ("*",), False, set()),
        (Role.ADMIN, ("S001",), False, set()),
    ],
)
def test_the_scope_is_what_the_token_and_the_role_allow(
    role: Role,
    stores: tuple[str, ...],
    everything: bool,
    expected: set[str],
) -> None:
    allowed = scope(principal(role, stores))
    assert (allowed.everything, set(allowed.stores)) == (everything, expected)


def test_what_does_not_open_is_named() -> None:
    assert failure_access(KeyUnavailable()) is Access.KEY_UNAVAILABLE
    for error in (IntegrityError(), KeyMismatch(), UnknownFormat("x")):
        assert failure_access(error) is Access.INTEGRITY
