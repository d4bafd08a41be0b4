"""What a field is told while it resolves: the request, and what was selected below it."""

from collections.abc import Iterable, Iterator

import strawberry
from graphql import FieldNode, FragmentSpreadNode, InlineFragmentNode, SelectionNode

from resolvers import Request


class Info(strawberry.Info[Request, None]):
    """Strawberry's info with our request as its context."""

    @property
    def request(self) -> Request:
        """The request being answered."""
        return self.context

    def selects(self, name: str) -> bool:
        """Whether the field ``name`` is selected right below this field, fragments included."""
        nodes = self._raw_info.field_nodes
        below = (node.selection_set.selections for node in nodes if node.selection_set)
        return any(name in self._below(selections) for selections in below)

    def _below(self, selections: Iterable[SelectionNode]) -> Iterator[str]:
        for selection in selections:
            if isinstance(selection, FieldNode):
                yield selection.name.value
            elif isinstance(selection, InlineFragmentNode):
                yield from self._below(selection.selection_set.selections)
            elif isinstance(selection, FragmentSpreadNode):
                yield from self._below(self._raw_info.fragments[selection.name.value].selection_set.selections)
