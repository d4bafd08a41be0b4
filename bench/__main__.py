"""`make bench`: measure ingest and GraphQL in one run and print medians."""

import argparse
import tempfile
from pathlib import Path

from bench import graphql, ingest
from bench.events import write_events


def main() -> None:
    """Read the options, make the input, measure."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--events", type=int, default=200_000, help="events in the generated file")
    parser.add_argument("--runs", type=int, default=3, help="runs whose median is printed")
    parser.add_argument("--requests", type=int, default=1_000, help="GraphQL requests for each query")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="onefold-bench-") as folder:
        events = Path(folder) / "events.jsonl"
        write_events(events, options.events)
        print(f"{options.events:,} events, {events.stat().st_size / options.events:,.0f} bytes each, full sync")
        installation = ingest.measure(Path(folder), events, runs=options.runs)
        graphql.measure(installation, events, requests=options.requests)


if __name__ == "__main__":
    main()
