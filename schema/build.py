"""The schema: types, scalars and limits put together."""

from typing import Any

import strawberry
from strawberry.extensions import AddValidationRules, MaxTokensLimiter
from strawberry.schema.config import StrawberryConfig

from schema.facts import LoyaltyEntry, Order, Return, Review, Visit
from schema.info import Info
from schema.limits import MAX_TOKENS, SelectionLimits
from schema.query import Query
from schema.scalars import SCALARS


class QuietSchema(strawberry.Schema):
    """A schema that leaves logging to :mod:`schema.errors`: the library's own log entries quote documents and values."""

    def process_errors(self, *_: Any, **__: Any) -> None:
        """Log nothing."""


SCHEMA = QuietSchema(
    Query,
    types=[Order, Return, Visit, Review, LoyaltyEntry],
    extensions=[
        lambda: MaxTokensLimiter(max_token_count=MAX_TOKENS),
        lambda: AddValidationRules([SelectionLimits]),
    ],
    config=StrawberryConfig(scalar_map=SCALARS, info_class=Info, disable_field_suggestions=True, batching_config=None),
)
