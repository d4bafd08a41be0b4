"""Training: a new model version from an installation's own records (docs/identity.md, "Training").

Records are opened in memory only; what is written holds probabilities, counts and keyed hashes.

Errors::

    OnefoldError
    └── TrainingError
"""

from identity.training.errors import TrainingError
from identity.training.opening import open_training
from identity.training.report import as_html, as_json
from identity.training.train import Training
from identity.training.trained import Trained
from identity.training.writing import next_version, write_new

__all__ = [
    "Trained",
    "Training",
    "TrainingError",
    "as_html",
    "as_json",
    "next_version",
    "open_training",
    "write_new",
]
