"""``onefold identity train``: a new model version from the installation's own records."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import sqlalchemy as sa
import typer
from rich.console import Console
from rich.progress import Progress

from cli.console import print_json, print_table, say
from cli.options import DEFAULT_CONFIG, AsJson, ConfigFile, installation
from cli.parts import Parts
from identity import Trained, as_html, as_json, next_version, open_training, source_record, write_new

_FOLDER = "models"
_BIT = 1000


def train(
    context: typer.Context,
    *,
    precision: Annotated[
        float | None,
        typer.Option(
            "--precision",
            min=0.5,
            max=0.9999,
            help="Calibrate the threshold for this precision by stewards' decisions.",
            show_default=False,
        ),
    ] = None,
    records: Annotated[
        int, typer.Option("--records", min=1, help="Records that are sampled for frequencies and random pairs.")
    ] = 200_000,
    config: ConfigFile = DEFAULT_CONFIG,
    as_json_: AsJson = False,
) -> None:
    """Estimate a new model version from the stored records, without labels.

    Weights come from expectation maximisation (Splink on DuckDB, in memory), smoothed by the model in force; frequencies of
    names, and values that identify nobody, from the records themselves. Writes models/NAME-VERSION.json and a report beside it,
    with charts; neither holds anybody's values. Nothing is in force until the settings name the file and everything was rebuilt.
    """
    with installation(context, config) as parts:
        folder = parts.settings.file.absolute().parent
        content, trained = _train(parts, folder, records=records, precision=precision)
    file = folder / _FOLDER / f"{trained.name}-{trained.version}.json"
    report = file.with_name(f"{file.stem}-report")
    write_new(file, content)
    write_new(report.with_suffix(".json"), as_json(trained))
    write_new(report.with_suffix(".html"), as_html(trained))
    if as_json_:
        print_json({"model": str(file), "report": str(report.with_suffix(".html")), **json.loads(as_json(trained))})
    else:
        _print(trained)
    _tell_next(file.relative_to(folder), report.with_suffix(".html").relative_to(folder), config)


def _train(parts: Parts, folder: Path, *, records: int, precision: float | None) -> tuple[bytes, Trained]:
    training = open_training(parts.sealer.matcher, parts.sealer.match_reader, parts.tokens, folder)
    version = next_version(training.base, folder / _FOLDER)
    console = Console(file=sys.stderr)
    with (
        parts.database.read() as connection,
        Progress(console=console, disable=not console.is_terminal) as progress,
    ):
        stored = connection.execute(sa.select(sa.func.count()).select_from(source_record)).scalar_one()
        task = progress.add_task("training", total=None)
        opening = progress.add_task("records", total=min(stored, records))
        found = training.run(
            connection,
            version=version,
            most_records=records,
            precision=precision,
            note=f"onefold identity train, {datetime.now(UTC):%Y-%m-%d}, {min(stored, records)} records",
            progress=lambda done: progress.advance(opening, done),
        )
        progress.update(task, total=1, completed=1)
        return found


def _print(trained: Trained) -> None:
    print_table(("blocked on", "pairs", "of one person"), [(p.blocking, p.pairs, p.matches) for p in trained.passes])
    print_table(
        ("comparison", "level", "m", "u", "bits before", "bits after"),
        [
            (x.comparison, x.level, f"{x.after.m:.3g}", f"{x.after.u:.3g}", x.weight_before, x.weight_after)
            for x in trained.levels
        ],
    )
    learned = [(f"identify nobody: {kind}", number) for kind, number in trained.placeholders.items()]
    print_table(
        ("", "count"),
        [
            ("records", trained.records),
            ("people", trained.people),
            ("random pairs of strangers", trained.random_pairs),
            ("pairs of households", trained.household_pairs),
            ("decisions of stewards", trained.decisions),
            *((f"frequencies: {table}", number) for table, number in trained.terms.items() if number),
            *learned,
        ],
    )
    print_table(
        ("", "bits"),
        [
            ("threshold before", trained.threshold_before / _BIT),
            ("threshold", trained.threshold / _BIT),
            ("people who say too little to be joined (%)", round(trained.unlinkables.share * 100, 1)),
        ],
    )


def _tell_next(file: Path, report: Path, config: Path) -> None:
    say(f"{report} shows the weights before and after, with charts")
    say("nothing has changed yet; to put the model in force:")
    say(
        f'  1. set model = "{file}" under [identity] in {config}; `onefold identity preview` shows what that would change'
    )
    say("  2. run `onefold identity rebuild`")
