"""How large a document may be: depth, aliases and fields with all fragments spread out; and one change for each request.

Counted in one pass in which each fragment is looked at once. The usual limiters follow every spread, and so take time that
doubles with each fragment of a chain like ``fragment f1 on T { ...f2 ...f2 }``: a thousand tokens would keep them busy for ever.
"""

from collections.abc import Iterable
from typing import NamedTuple

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    ValidationContext,
    ValidationRule,
)

from resolvers import ErrorCode

MAX_TOKENS = 1_000
MAX_DEPTH = 12
MAX_ALIASES = 15
MAX_FIELDS = 500


class Size(NamedTuple):
    """How much a selection holds once its fragments are spread out.

    ``depth`` counts levels of fields with subfields, ``roots`` the fields on the selection's own level.
    """

    depth: int = 0
    aliases: int = 0
    fields: int = 0
    roots: int = 0


class SelectionLimits(ValidationRule):
    """Refuse operations that are too deep, have too many aliases or too many fields."""

    def __init__(self, context: ValidationContext) -> None:
        """Do the work at once: nothing here depends on types."""
        super().__init__(context)
        definitions = context.document.definitions
        self._fragments = {d.name.value: d for d in definitions if isinstance(d, FragmentDefinitionNode)}
        self._sizes: dict[str, Size] = {}
        for definition in definitions:
            if isinstance(definition, OperationDefinitionNode):
                self._check(definition)

    def _check(self, operation: OperationDefinitionNode) -> None:
        size = self._measure(operation.selection_set.selections)
        checks = (
            ("depth", size.depth, MAX_DEPTH),
            ("aliases", size.aliases, MAX_ALIASES),
            ("fields", size.fields, MAX_FIELDS),
        )
        for what, found, most in checks:
            if found > most:
                extensions = {"code": ErrorCode.TOO_COMPLEX.value}
                error = GraphQLError(f"the operation has more {what} than {most}", [operation], extensions=extensions)
                self.context.report_error(error)
        # A change begins where the one before has ended, and its audit entry speaks of it alone.
        if operation.operation is OperationType.MUTATION and size.roots > 1:
            self.context.report_error(
                GraphQLError("a request makes one change; send the others by themselves", [operation])
            )

    def _measure(self, selections: Iterable[SelectionNode]) -> Size:
        parts = [self._one(selection) for selection in selections]
        return Size(
            max((part.depth for part in parts), default=0),
            sum(part.aliases for part in parts),
            sum(part.fields for part in parts),
            sum(part.roots for part in parts),
        )

    def _one(self, selection: SelectionNode) -> Size:
        if isinstance(selection, FragmentSpreadNode):
            return self._fragment(selection.name.value)
        if isinstance(selection, InlineFragmentNode):
            return self._measure(selection.selection_set.selections)
        assert isinstance(selection, FieldNode)  # noqa: S101  the grammar knows three kinds of selection
        below = self._measure(selection.selection_set.selections) if selection.selection_set else Size()
        # Introspection nests deeper than any question; graphql-core has a rule of its own against its abuse.
        is_ours = not selection.name.value.startswith("__")
        depth = below.depth + bool(selection.selection_set) if is_ours else 0
        return Size(depth, below.aliases + (selection.alias is not None), below.fields + 1, int(is_ours))

    def _fragment(self, name: str) -> Size:
        if name not in self._sizes:
            self._sizes[name] = Size()  # what a cycle counts for; another rule refuses cycles
            fragment = self._fragments.get(name)
            if fragment is not None:
                self._sizes[name] = self._measure(fragment.selection_set.selections)
        return self._sizes[name]
