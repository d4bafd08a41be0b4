"""Pages of a list by keyset: positions, sealed cursors, connections.

A position is the sort key of an item and its id. Outside it travels as a cursor, sealed by AES-256-GCM under a key of its
own for each principal and question: a cursor tells nothing, and is refused anywhere else.
"""

import base64
import binascii
import hashlib
import hmac
import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from privacy import LP, Principal
from resolvers.errors import BadInput, InvalidCursor

T = TypeVar("T")

DEFAULT_PAGE = 20
MAX_PAGE = 100

_LABEL = "cdp/cursor/v1"
_NONCE_BYTES = 12
_KEY_FORM = struct.Struct(">?q")


class Position(NamedTuple):
    """A place in a sorted list: the sort key (None: items without one, which come last) and the item's id.

    The ids of one list are of one length.
    """

    key: int | None
    id: bytes


class Cursors:
    """Seals and opens the cursors of one principal and question."""

    def __init__(self, key: bytes, principal: Principal, question: str) -> None:
        parts = LP(_LABEL, principal.subject, principal.role.value, question)
        # A key for each question: random nonces under one key for ever would come too close to their limit.
        self._aead = AESGCM(hmac.digest(key, parts, hashlib.sha256))

    def seal(self, position: Position) -> str:
        """The cursor of a position; for one list always of the same length."""
        nonce = os.urandom(_NONCE_BYTES)
        plain = _KEY_FORM.pack(position.key is not None, position.key or 0) + position.id
        return base64.urlsafe_b64encode(nonce + self._aead.encrypt(nonce, plain, None)).decode().rstrip("=")

    def open(self, cursor: str) -> Position:
        """The position of a cursor; :class:`InvalidCursor` when it is not one of ours, for this principal and question."""
        try:
            sealed = base64.b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
            plain = self._aead.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], None)
            has_key, key = _KEY_FORM.unpack_from(plain)
            item = plain[_KEY_FORM.size :]
        except (InvalidTag, ValueError, binascii.Error, struct.error):
            has_key, key, item = False, 0, b""
        if not item:
            raise InvalidCursor
        return Position(key if has_key else None, item)


@dataclass(frozen=True, slots=True)
class PageWish:
    """Which page is asked for: ``size`` items after (or, backward, before) ``start``, nearest first."""

    size: int
    start: Position | None = None
    is_backward: bool = False


def page_wish(
    cursors: Cursors, *, first: int | None, after: str | None, last: int | None = None, before: str | None = None
) -> PageWish:
    """Check the paging arguments; :class:`BadInput` names the wrong one."""
    if (first is not None or after is not None) and (last is not None or before is not None):
        raise BadInput("use first and after, or last and before, not both")
    if before is not None and last is None:
        raise BadInput("before needs last")
    name, size, cursor = ("last", last, before) if last is not None else ("first", first, after)
    size = DEFAULT_PAGE if size is None else size
    if not 1 <= size <= MAX_PAGE:
        raise BadInput(f"{name} must be from 1 to {MAX_PAGE}")
    return PageWish(size, None if cursor is None else cursors.open(cursor), is_backward=last is not None)


@dataclass(frozen=True, slots=True)
class Edge(Generic[T]):
    """One item of a page and its cursor."""

    node: T
    position: Position
    cursors: Cursors

    @property
    def cursor(self) -> str:
        """Sealed when asked for."""
        return self.cursors.seal(self.position)


@dataclass(frozen=True, slots=True)
class PageInfo:
    """Where a page lies in its list."""

    has_next_page: bool
    has_previous_page: bool
    first: Edge[Any] | None
    last: Edge[Any] | None

    @property
    def start_cursor(self) -> str | None:
        """The cursor of the first item."""
        return None if self.first is None else self.first.cursor

    @property
    def end_cursor(self) -> str | None:
        """The cursor of the last item."""
        return None if self.last is None else self.last.cursor


@dataclass(frozen=True, slots=True)
class Connection(Generic[T]):
    """A page of a list, as Relay's connection specification has it."""

    edges: tuple[Edge[T], ...]
    page_info: PageInfo

    @property
    def nodes(self) -> tuple[T, ...]:
        """The items."""
        return tuple(edge.node for edge in self.edges)


def connection(found: Sequence[tuple[T, Position]], wish: PageWish, cursors: Cursors) -> Connection[T]:
    """A page from what was found: up to ``wish.size + 1`` items, nearest to ``wish.start`` first."""
    edges = [Edge(node, position, cursors) for node, position in found[: wish.size]]
    has_more, has_start = len(found) > wish.size, wish.start is not None
    if wish.is_backward:
        edges.reverse()
    info = PageInfo(
        has_next_page=has_start if wish.is_backward else has_more,
        has_previous_page=has_more if wish.is_backward else has_start,
        first=edges[0] if edges else None,
        last=edges[-1] if edges else None,
    )
    return Connection(tuple(edges), info)
