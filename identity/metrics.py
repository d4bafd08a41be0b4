"""How long writers wait for each other, for Prometheus (docs/operations.md)."""

from typing import Final

from prometheus_client import Histogram

LOCK_WAIT: Final = Histogram(
    "onefold_identity_lock_wait_seconds",
    "Waiting for the identity lock on PostgreSQL, alone (persons) or shared (facts)",
    ["mode"],
    buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
