"""The standard names that a mapping may give to columns, and what each expects.

A *term* belongs to the kinds of table that it is listed for. ``type`` is how its column is read when neither a schema nor the
mapping says; ``sealed`` terms are personal and only ever stored encrypted.
"""

from dataclasses import dataclass
from typing import Final

#: What a table can be; ``ignore`` reads nothing from it.
PERSON: Final = "person"
IGNORE: Final = "ignore"
FACT_KINDS: Final = ("order", "order_line", "return", "event", "consent", "feedback", "loyalty")
KINDS: Final = (PERSON, *FACT_KINDS, IGNORE)

#: ``trait.<name>`` keeps anything else worth keeping about a person, sealed.
TRAIT: Final = "trait."

#: Traits of persons that identity resolution compares.
COMPARED_TRAITS: Final = (f"{TRAIT}postcode",)

#: The states of a consent.
GRANTED: Final = "granted"
WITHDRAWN: Final = "withdrawn"


@dataclass(frozen=True, slots=True)
class Term:
    """A standard name; ``is_identifier`` marks what can tell who somebody is."""

    name: str
    type: str
    kinds: tuple[str, ...]
    is_sealed: bool = False
    is_identifier: bool = False


def _terms(
    names: str, value_type: str, kinds: tuple[str, ...], *, sealed: bool = False, identifier: bool = False
) -> list[Term]:
    return [Term(name, value_type, kinds, sealed, identifier) for name in names.split()]


_PERSONS: Final = (PERSON,)
_IDENTIFIERS: Final = (
    "email phone wechat_unionid wechat_openid alipay_id loyalty_card national_id device_id customer_no"
)
_ATTRIBUTES: Final = (
    "name given_name family_name birth_year birth_month birth_day gender address city region country language"
)

#: Every term; a name can stand twice, once for persons and once for facts.
TERMS: Final = (
    *_terms(_IDENTIFIERS, "text", _PERSONS, sealed=True, identifier=True),
    *_terms(_ATTRIBUTES, "text", _PERSONS, sealed=True),
    *_terms("birthday", "date", _PERSONS, sealed=True),
    *_terms("store", "text", _PERSONS),
    *_terms("points", "integer", _PERSONS),
    *_terms("created_at updated_at", "timestamp", _PERSONS),
    *_terms("consent", "", _PERSONS),
    *_terms("person", "", FACT_KINDS),
    *_terms("order", "", ("order_line", "return", "event", "feedback", "loyalty")),
    *_terms("occurred_at", "timestamp", FACT_KINDS),
    *_terms("amount unit_price quantity", "decimal", FACT_KINDS),
    *_terms("points rating", "integer", FACT_KINDS),
    *_terms("currency sku label status store name", "text", FACT_KINDS),
    *_terms("purpose state", "", ("consent",)),
    *_terms("body url recipient_name recipient_address", "text", FACT_KINDS, sealed=True),
    *_terms("anonymous_id recipient_phone", "text", FACT_KINDS, sealed=True, identifier=True),
)


def term(name: str, kind: str) -> Term | None:
    """Look a standard name up for a kind of table; None when the kind does not have it."""
    if name.startswith(TRAIT):
        return Term(name, "text", (kind,), is_sealed=True) if len(name) > len(TRAIT) else None
    return next((found for found in TERMS if found.name == name and kind in found.kinds), None)


def names_for(kind: str) -> tuple[str, ...]:
    """List the standard names for a kind of table, as messages show them."""
    compared = COMPARED_TRAITS if kind == PERSON else ()
    return (*(found.name for found in TERMS if kind in found.kinds), *compared, f"{TRAIT}<name>")
