"""The GraphQL schema: names and types of what the resolvers answer, and the HTTP endpoint that serves it."""

from schema.build import SCHEMA
from schema.http import MAX_BODY_BYTES, PURPOSE_HEADER, REQUEST_ID_HEADER, graphql_route
from schema.limits import MAX_ALIASES, MAX_DEPTH, MAX_FIELDS, MAX_TOKENS

__all__ = [
    "MAX_ALIASES",
    "MAX_BODY_BYTES",
    "MAX_DEPTH",
    "MAX_FIELDS",
    "MAX_TOKENS",
    "PURPOSE_HEADER",
    "REQUEST_ID_HEADER",
    "SCHEMA",
    "graphql_route",
]
