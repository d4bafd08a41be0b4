"""What the demo hands out on its own machine: a short-lived token for each role, and queries to begin with."""

import json
import time
from dataclasses import dataclass
from typing import Final

from cli.demo_world import SHOWCASE_OTHER_PHONE, SHOWCASE_PHONE
from cli.parts import Parts
from privacy import ALL_STORES, PRIVACY_REQUEST, Role, issue

TOKEN_SECONDS: Final = 12 * 60 * 60
STORE: Final = "S001"
_SERVICE: Final = "customer_service"
#: The manager comes first: GraphiQL opens with that token.
_GRANTS: Final = {
    Role.MANAGER: (ALL_STORES, _SERVICE),
    Role.SALES: (STORE, _SERVICE),
    Role.STEWARD: (ALL_STORES, _SERVICE),
    Role.PRIVACY: (ALL_STORES, PRIVACY_REQUEST),
    Role.ANALYST: (ALL_STORES, _SERVICE),
    Role.ADMIN: (ALL_STORES, _SERVICE),
}


@dataclass(frozen=True, slots=True)
class Example:
    """A query with a name that says what it shows, and the role that asks it."""

    name: str
    query: str
    variables: dict[str, object]
    role: Role = Role.MANAGER


@dataclass(frozen=True, slots=True)
class DemoToken:
    """A token of one role, with the purpose to send beside it."""

    role: str
    store: str
    purpose: str
    token: str


_PHONE: Final[dict[str, object]] = {"phone": SHOWCASE_PHONE}
_ONE_PERSON: Final = """\
query OnePerson($phone: String!) {
  profileByIdentifier(type: PHONE, value: $phone) {
    id
    channels
    name { value masked access }
    email { value masked access }
    spent { amount currency }
    orders(first: 10) {
      edges { node { channel store number occurredAt status total { amount currency } lines { label quantity } } }
    }
    records { source table store }
  }
}
"""
_BY_SPEND: Final = """\
query BestCustomers {
  profiles(first: 10, orderBy: { field: SPENT_MINOR, direction: DESC }) {
    totalCount
    edges { node { id name { value masked } spent { amount currency } counts { orders receipts visits } } }
    pageInfo { hasNextPage endCursor }
  }
}
"""
_TIMELINE: Final = """\
query Timeline($phone: String!) {
  profileByIdentifier(type: PHONE, value: $phone) {
    name { value masked }
    timeline(first: 20) {
      edges {
        node {
          __typename
          channel
          occurredAt
          ... on Order { number total { amount currency } }
          ... on Visit { name url { value masked } }
          ... on Review { rating body { value masked } }
          ... on LoyaltyEntry { points }
        }
      }
    }
  }
}
"""
_PROVENANCE: Final = """\
query WhereFrom($phone: String!) {
  profileByIdentifier(type: PHONE, value: $phone) {
    attributes { name value { value masked access provenance { source table rule updatedAt verified } } }
    identifiers { type verified sources value { value masked } }
  }
}
"""
_LINEAGE: Final = """\
query Lineage($phone: String!) {
  profileByIdentifier(type: PHONE, value: $phone) {
    id
    lineage(first: 20) { at kind profileId otherId causes { source table op } }
  }
}
"""
_CONSENTS: Final = """\
query Consents($phone: String!) {
  profileByIdentifier(type: PHONE, value: $phone) {
    name { value masked }
    consents { purpose state effectiveAt sources }
  }
}
"""
_MASKED: Final = """\
query MaskedOrClear($phone: String!) {
  me { role stores purpose }
  profileByIdentifier(type: PHONE, value: $phone) {
    name { value masked access }
    phone { value masked access }
    address { value masked access }
    birthday { value masked access }
  }
}
"""
_WHO: Final = """\
query WhoIsWho($phone: String!, $other: String!) {
  chenXiaomei: profileByIdentifier(type: PHONE, value: $phone) { ...Who }
  namesake: profileByIdentifier(type: PHONE, value: $other) { ...Who }
}

fragment Who on Profile { id name { value masked } counts { orders receipts } records { source table key { value } } }
"""
_WHY: Final = """\
query WhyOnePerson($phone: String!) {
  profileByIdentifier(type: PHONE, value: $phone) {
    records { id source table key { masked } }
    weakestPlace {
      evidence { left { id } right { id } weight link }
      parts { records { id source } }
      provenMinimal
    }
    household { profiles { id name { masked } } }
    decisions { id kind author at }
  }
}
"""
_REVIEW: Final = """\
# Take the ids of a pair and ask why:      { explain(left: "…", right: "…") { together comparison { levels { comparison level weight } } } }
# Decide, and undo it by the decision's id: mutation { separateRecords(clientId: "1", left: "…", right: "…", reason: "twins") { decision { id } } }
query ToDecide {
  reviewQueue(first: 5) {
    edges {
      node {
        reason
        weight
        probability
        left { id source table key { masked } profileId }
        right { id source table key { masked } profileId }
      }
    }
  }
}
"""

EXAMPLES: Final = (
    Example("One person, orders of the shop and receipts of the stores", _ONE_PERSON, _PHONE),
    Example("Profiles by what they spent", _BY_SPEND, {}),
    Example("Everything that happened, newest first", _TIMELINE, _PHONE),
    Example("Where each value comes from", _PROVENANCE, _PHONE),
    Example("How the profile came to be", _LINEAGE, _PHONE),
    Example("Consents", _CONSENTS, _PHONE),
    Example("Masked or clear: choose another role above", _MASKED, _PHONE),
    Example("Two who share a name: correct a phone and ask again", _WHO, {**_PHONE, "other": SHOWCASE_OTHER_PHONE}),
    Example("Why records are one person, and by how little", _WHY, _PHONE),
    Example("For stewards: pairs that nothing could decide", _REVIEW, {}, Role.STEWARD),
)


def demo_tokens(parts: Parts) -> list[DemoToken]:
    """Make a token for each role."""
    key, now = parts.keystore.long_lived("TSIG"), int(time.time())
    return [
        DemoToken(
            role.value,
            store,
            purpose,
            issue(
                key,
                subject=f"demo-{role.value}",
                role=role.value,
                stores=[store],
                purposes=[purpose],
                ttl_seconds=TOKEN_SECONDS,
                now=now,
            ),
        )
        for role, (store, purpose) in _GRANTS.items()
    ]


def session(tokens: list[DemoToken]) -> dict[str, object]:
    """Give what GraphiQL opens with (see :func:`web.graphiql_routes`)."""
    return {
        "tokens": [{"role": each.role, "token": each.token, "purpose": each.purpose} for each in tokens],
        "examples": [
            {
                "name": example.name,
                "query": example.query,
                "variables": _json(example.variables),
                "role": example.role.value,
            }
            for example in EXAMPLES
        ],
    }


def curl(address: str, token: DemoToken) -> str:
    """Write a command line that shows the first example."""
    query = " ".join(EXAMPLES[0].query.split())
    body = json.dumps({"query": query, "variables": EXAMPLES[0].variables}, ensure_ascii=False)
    headers = (
        "Content-Type: application/json",
        f"Authorization: Bearer {token.token}",
        f"Onefold-Purpose: {token.purpose}",
    )
    return " \\\n  ".join((f"curl -s {address}/graphql", *(f"-H '{header}'" for header in headers), f"--data '{body}'"))


def _json(variables: dict[str, object]) -> str:
    return json.dumps(variables, ensure_ascii=False, indent=2)
