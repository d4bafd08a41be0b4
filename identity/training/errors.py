"""What can stop training: wrong or too little input, nothing personal in the message."""

from storage import OnefoldError


class TrainingError(OnefoldError):
    """Training cannot go on; the message says what is missing and how to get it."""
