"""What a name of a person is read into: a surname and a given name, and what else is told of them."""

from typing import Final

import msgspec


class Name(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A name in two parts, either of which may be empty.

    Chinese parts are simplified characters; Latin ones lower-case letters without accents, words of a part divided by a blank
    or a hyphen, as are Cyrillic and Greek ones; of other scripts the letters stay. ``is_ordered`` says that the source told which part is the surname; otherwise it is a guess.
    ``generation`` is 1 for Sr, 2 for Jr or II and so on, a or b for newborn twins without a name, "" where it is not told.
    ``is_household`` says that it names two people or a family: nobody's name.
    """

    surname: str = ""
    given: str = ""
    is_ordered: bool = True
    generation: str = ""
    is_household: bool = False


#: What one column says: the name (and a second one in the other script, if it has both), and the gender of its title.
Names = tuple[tuple[Name, ...], str]
#: What is read where nobody is named.
NOBODY: Final[Names] = ((), "")
