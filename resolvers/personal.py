"""A personal value on its way into an answer: access is decided first, the cell is opened only if it may be seen.

A denied value costs no decryption. What was opened stands in the request's trail.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from identity import IDENTIFIER_KINDS, cell_column, normalise
from privacy import Access, CellError, DataKey, decide, failure_access, mask
from resolvers.context import Request


class Keys:
    """The data keys of a selection: all that were announced are loaded at the first need of one."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._wanted: set[bytes] = set()
        self._asked: set[bytes] = set()
        self._keys: dict[bytes, DataKey] = {}
        self._explained: set[bytes] = set()
        self._destroyed: set[bytes] = set()

    def announce(self, incarnations: Iterable[bytes]) -> None:
        """Say whose keys may be needed."""
        self._wanted.update(incarnations)

    def get(self, incarnation: bytes) -> DataKey | None:
        """The key of an announced incarnation; None when it was destroyed or is missing: see :meth:`absence`."""
        if incarnation not in self._asked:
            missing = self._wanted - self._asked
            self._keys |= self._request.parts.keys.load(self._request.connection, missing)
            self._asked |= missing
        return self._keys.get(incarnation)

    def absence(self, incarnation: bytes) -> Access:
        """Why there is no key: ERASED if it was destroyed, KEY_UNAVAILABLE if the key store does not know it.

        Asked for all absent keys at once, at the first that is needed.
        """
        if incarnation not in self._explained:
            absent = self._asked - self._keys.keys() - self._explained
            self._destroyed |= self._request.parts.keys.destroyed(self._request.connection, absent)
            self._explained |= absent
        return Access.ERASED if incarnation in self._destroyed else Access.KEY_UNAVAILABLE


class OneKey(Keys):
    """One key for all: of what is sealed for no incarnation."""

    def __init__(self, request: Request, key: DataKey) -> None:
        super().__init__(request)
        self._key = key

    def get(self, incarnation: bytes) -> DataKey | None:
        """The key."""
        del incarnation
        return self._key


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed value lies: what it is bound to."""

    incarnation: bytes
    table: str
    column: str
    cell: bytes


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom values are opened: the profile ``subject``, and whether that person consents to the request's purpose.

    ``consented`` is asked only where the purpose rests on consent.
    """

    request: Request
    keys: Keys
    subject: bytes
    consented: Callable[[], bool]

    def decide(self, attribute: str) -> Access:
        """CLEAR, MASKED or DENIED."""
        request = self.request
        purpose, purposes = request.caller.purpose, request.parts.purposes
        needs_consent = purpose is not None and purposes.needs_consent(purpose)
        return decide(
            request.principal,
            purpose,
            attribute=attribute,
            purposes=purposes,
            consented=self.consented() if needs_consent else None,
        )


class Personal:
    """One personal value. ``show`` turns the stored text into what people read."""

    __slots__ = ("_attribute", "_opened", "_place", "_reader", "_show")

    def __init__(self, reader: Reader, attribute: str, place: Place, show: Callable[[str], str] = str) -> None:
        self._reader = reader
        self._attribute = attribute
        self._place = place
        self._show = show
        self._opened: tuple[Access, str | None] | None = None

    def decided(self) -> Access:
        """What the caller may see, without opening the cell: ERASED or KEY_UNAVAILABLE when its key is not there."""
        access = self._reader.decide(self._attribute)
        if access is not Access.DENIED and self._reader.keys.get(self._place.incarnation) is None:
            return self._reader.keys.absence(self._place.incarnation)
        return access

    def opened(self) -> Access:
        """As :meth:`decided`, having opened the cell: a cell that does not open shows here."""
        return self._outcome()[0]

    @property
    def value(self) -> str | None:
        """The value, when access is CLEAR; otherwise nothing is opened."""
        if self._reader.decide(self._attribute) is not Access.CLEAR:
            return None
        return self._outcome()[1]

    @property
    def masked(self) -> str | None:
        """The masked value, when access is CLEAR or MASKED."""
        text = self._outcome()[1]
        return None if text is None else mask(self._attribute, text)

    def _outcome(self) -> tuple[Access, str | None]:
        if self._opened is None:
            self._opened = self._open(self._reader.decide(self._attribute))
        return self._opened

    def _open(self, access: Access) -> tuple[Access, str | None]:
        if access is Access.DENIED:
            return access, None
        reader, place = self._reader, self._place
        key = reader.keys.get(place.incarnation)
        if key is None:
            return reader.keys.absence(place.incarnation), None
        try:
            text = reader.request.parts.cipher.open(key, place.cell, table=place.table, column=place.column)
        except CellError as error:
            return failure_access(error), None
        reader.request.trail.opened(reader.subject, self._attribute, access)
        return access, self._show(text)


class Plain:
    """A value beside personal ones that is not personal itself: a key that the mapping does not call personal."""

    __slots__ = ("value",)

    def __init__(self, value: str) -> None:
        self.value = value

    @property
    def masked(self) -> str:
        """The value: there is nothing to hide."""
        return self.value

    def decided(self) -> Access:
        """CLEAR for everybody."""
        return Access.CLEAR

    opened = decided


def cell_text(  # noqa: PLR0913  each part of the place named
    reader: Reader, attribute: str, *, slot: int, incarnation: bytes, cell: bytes, table: str
) -> Personal:
    """The value of a cell of ``record_cell`` or ``fact_cell``; identifiers are shown as they are compared."""
    place = Place(incarnation, table, cell_column(attribute, slot), cell)
    if attribute not in IDENTIFIER_KINDS:
        return Personal(reader, attribute, place)
    rules = reader.request.parts.identity_rules
    return Personal(reader, attribute, place, lambda text: normalise(attribute, text, rules) or text)
