"""The schema: types, scalars and limits put together."""

from collections.abc import Iterator
from typing import Any

import strawberry
from graphql import GraphQLError, OperationDefinitionNode
from strawberry.extensions import AddValidationRules, MaxTokensLimiter, SchemaExtension
from strawberry.schema.config import StrawberryConfig

from schema.cache import CachedParser, CachedValidation
from schema.facts import LoyaltyEntry, Order, Return, Review, Visit
from schema.info import Info
from schema.limits import MAX_TOKENS, SelectionLimits
from schema.metrics import Measured
from schema.mutation import Mutation
from schema.query import Query
from schema.scalars import SCALARS


class NameOneOperation(SchemaExtension):
    """Refuse a document of several operations when the request names none: the library would run the first one."""

    def on_validate(self) -> Iterator[None]:
        """Say so instead of validating."""
        context = self.execution_context
        definitions = context.graphql_document.definitions if context.graphql_document else ()
        operations = [d for d in definitions if isinstance(d, OperationDefinitionNode)]
        is_named = context._provided_operation_name is not None  # noqa: SLF001  the public one falls back to the first
        if len(operations) > 1 and not is_named:
            error = GraphQLError("the document has several operations; name one in operationName", operations)
            context.pre_execution_errors = [error]
        yield


class QuietSchema(strawberry.Schema):
    """A schema that leaves logging to :mod:`schema.errors`: the library's own log entries quote documents and values."""

    def process_errors(self, *_: Any, **__: Any) -> None:
        """Log nothing."""


SCHEMA = QuietSchema(
    Query,
    Mutation,
    types=[Order, Return, Visit, Review, LoyaltyEntry],
    extensions=[
        Measured,
        lambda: MaxTokensLimiter(max_token_count=MAX_TOKENS),
        lambda: AddValidationRules([SelectionLimits]),
        CachedParser,
        CachedValidation,
        NameOneOperation,
    ],
    config=StrawberryConfig(scalar_map=SCALARS, info_class=Info, disable_field_suggestions=True, batching_config=None),
)
