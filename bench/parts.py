"""Which part of the pipeline a worker's CPU time goes to, from a recording of py-spy.

    py-spy record --rate 200 --format raw --output worker.raw --pid PID     # of a worker that is busy
    python -m bench.parts worker.raw [--rate 200 --events 50000]            # so many events while it was recorded

A part is the innermost function of ours on the stack that says what is being done; a statement belongs to the part that asks for it, and
is counted once more as such.
"""

import argparse
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

#: Innermost first: a frame of a later line is looked for only where no frame of an earlier one is found.
PARTS: Final[Sequence[tuple[str, str]]] = (
    ("fetching (kafka-python)", r"kafka_client\.py|kafka/"),
    ("decoding and mapping", r"cdc/(envelope|values|translate|table_plans|conversions|encodings|keys)\.py"),
    ("minting and loading keys", r"privacy/(keystore|destruction)\.py"),
    ("reading persons' values", r"identity/(features|blocking|normalise|look_ups|parsing)|identity/matching\.py"),
    ("sealing", r"cdc/sealing\.py"),
    ("planning", r"cdc/(plan|fold|epochs|parking)\.py|cdc/store\.py"),
    ("candidates and scores", r"identity/(candidates|compared|scoring|match_store|match_reader)\.py"),
    ("components and partition", r"identity/(resolve|clusters|components|partition|review|links)\.py"),
    ("writing records", r"identity/writing\.py"),
    ("writing facts and totals", r"profiles/(facts|totals)\.py"),
    ("golden records and counters", r"profiles/rebuild\.py"),
    ("lineage and outbox", r"profiles/history\.py|storage/outbox\.py"),
    ("committing", r"settle \(|storage/engine\.py"),
)
STATEMENTS: Final = re.compile(r"psycopg|sqlalchemy|storage/(bulk|statements|arrays)\.py")


def main() -> None:
    """Read the options and print the shares."""
    parser = argparse.ArgumentParser(prog="python -m bench.parts", description=__doc__)
    parser.add_argument("recording", type=Path)
    parser.add_argument("--events", type=int, help="that it read meanwhile: then microseconds for each, too")
    parser.add_argument("--rate", type=int, default=200, help="samples a second, as py-spy was told")
    options = parser.parse_args()
    parts, statements, total = shares(options.recording.read_text(encoding="utf-8").splitlines())
    for name, samples in [*parts.most_common(), ("(all statements)", statements)]:
        each = f" {1e6 * samples / options.rate / options.events:>6.0f} us an event" if options.events else ""
        print(f"{name:<28} {samples / total:>6.1%}{each}")


def shares(lines: Iterable[str]) -> tuple[Counter[str], int, int]:
    """Samples of each part, of statements, and of all."""
    parts: Counter[str] = Counter()
    statements = 0
    for line in lines:
        stack, _, count = line.rpartition(" ")
        parts[part_of(stack)] += int(count)
        statements += int(count) if STATEMENTS.search(stack) else 0
    return parts, statements, parts.total()


def part_of(stack: str) -> str:
    """The part that a stack (outermost frame first, ``;`` between) is in."""
    return next((name for name, pattern in PARTS if re.search(pattern, stack)), "the rest")


if __name__ == "__main__":
    main()
