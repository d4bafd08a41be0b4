"""What the pipeline counts in each process, for Prometheus (docs/operations.md)."""

from typing import Final

from prometheus_client import Counter, Histogram

from cdc.writing import Report

EVENTS: Final = Counter("onefold_events", "Change events by what became of them", ["outcome"])
RELEASED: Final = Counter("onefold_events_released", "Parked events that were applied or dropped as repeated")
PROFILE_CHANGES: Final = Counter("onefold_profile_changes", "Profiles created, merged, split and ended", ["kind"])
BATCH_SECONDS: Final = Histogram(
    "onefold_batch_seconds",
    "From the start of a batch's preparation to its commit",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
PUBLISHED: Final = Counter("onefold_published_messages", "Messages that Kafka acknowledged", ["kind"])

_OUTCOMES: Final = ("applied", "seen", "ignored", "parked")
_CHANGES: Final = ("created", "merged", "split", "ended")


def count(report: Report, seconds: float) -> None:
    """Add what became of a batch, and how long it took."""
    BATCH_SECONDS.observe(seconds)
    for outcome in _OUTCOMES:
        EVENTS.labels(outcome).inc(getattr(report, outcome))
    for kind in _CHANGES:
        PROFILE_CHANGES.labels(kind).inc(getattr(report, f"profiles_{kind}"))
    RELEASED.inc(report.released)
