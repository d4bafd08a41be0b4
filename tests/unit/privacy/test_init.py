"""The package's public names."""

import privacy
from privacy import errors
from storage import OnefoldError


def test_every_public_name_exists() -> None:
    assert all(hasattr(privacy, name) for name in privacy.__all__)
    assert len(set(privacy.__all__)) == len(privacy.__all__)


def test_every_error_is_public_and_one_of_ours() -> None:
    defined = {
        name for name, value in vars(errors).items() if isinstance(value, type) and value.__module__ == errors.__name__
    }
    assert defined <= set(privacy.__all__)
    assert all(issubclass(getattr(errors, name), OnefoldError) for name in defined)
