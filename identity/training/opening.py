"""Put a training together for an installation; Splink is only looked for here."""

from importlib import import_module
from pathlib import Path

import msgspec

from identity.match_reader import MatchReader
from identity.matching import Matcher
from identity.model import ModelFile
from identity.model_files import keyed, read_model
from identity.training.errors import TrainingError
from identity.training.train import Maximise, Training
from privacy import IdentityTokens


def open_training(matcher: Matcher, reader: MatchReader, tokens: IdentityTokens, folder: Path) -> Training:
    """A training that starts from the model in force; its file is looked for from ``folder``.

    :class:`TrainingError` when Splink is not installed.
    """
    base = msgspec.json.decode(read_model(matcher.rules, folder), type=ModelFile)
    return Training(matcher, reader, base, keyed(tokens), _maximise())


def _maximise() -> Maximise:
    """Splink's EM; imported by name, so that all the rest of Onefold runs without Splink."""
    try:
        maximise: Maximise = import_module("identity.training.em").maximise
    except ModuleNotFoundError as error:
        raise TrainingError(
            f"training needs Splink and DuckDB ({error.name} is not installed): they come with the extra `train`; in a "
            "checkout `pip install '.[train]'` or `make setup` brings them"
        ) from None
    return maximise
