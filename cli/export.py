"""``onefold export``: the state of an installation, for comparing and for joining with other systems."""

import csv
import json
import sys
from collections.abc import Iterator
from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
import typer

from cli.audited import act_of, audit_log, principal
from cli.options import DEFAULT_CONFIG, AccessToken, ConfigFile, examples, installation
from cli.parts import Parts
from identity import source_record, source_table
from privacy import PRIVACY_REQUEST, Role
from profiles import CanonicalExport, as_digests
from storage import chunks

_PAGE = 1_000
_IDENTITY_COLUMNS = ("source", "table", "record_id", "profile_id")


def add_to(app: typer.Typer) -> None:
    """Add the command group."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="The state, as text.")
    group.command(
        "profiles",
        epilog=examples(
            "onefold export profiles --canonical | sha256sum",
            "ONEFOLD_TOKEN=$(onefold token create --role privacy --purpose privacy_request --store '*') \\",
            "  onefold export profiles --canonical --clear > state.jsonl",
        ),
    )(profiles)
    group.command(
        "identities",
        epilog=examples(
            "ONEFOLD_TOKEN=$(onefold token create --role steward --store '*') onefold export identities > ids.csv"
        ),
    )(identities)
    app.add_typer(group, name="export")


def profiles(
    context: typer.Context,
    *,
    canonical: Annotated[
        bool, typer.Option("--canonical", help="What the state means, without ids and times.")
    ] = False,
    clear: Annotated[bool, typer.Option("--clear", help="Values instead of digests; needs a privacy token.")] = False,
    token: AccessToken = "",
    config: ConfigFile = DEFAULT_CONFIG,
) -> None:
    """Print the canonical state, sorted: two installations that saw the same rows print the same.

    By default each profile, pair and review item is one digest, which tells nothing but whether states are equal. With --clear each is a line
    of JSON with all its values, which needs an access token of the role privacy with the purpose privacy_request and is
    recorded in the audit log.
    """
    if not canonical:
        raise typer.BadParameter("say which form: --canonical is the one there is", param_hint="'--canonical'")
    with installation(context, config) as parts:
        lines = _in_clear(parts, token) if clear else as_digests(_state(parts))
    sys.stdout.writelines(f"{line}\n" for line in lines)


def identities(context: typer.Context, token: AccessToken = "", config: ConfigFile = DEFAULT_CONFIG) -> None:
    """Print which profile each source record belongs to, as CSV: source,table,record_id,profile_id.

    The record id is the row's primary key, a JSON list where it has several columns. Keys can be personal: it needs an
    access token of the role steward or privacy and is recorded in the audit log.
    """
    with installation(context, config) as parts:
        who = principal(parts, token, roles=(Role.STEWARD, Role.PRIVACY))
        rows = sorted(_identities(parts))
        with audit_log(parts) as audit:
            audit.record(act_of(who, "export_identities", rows=len(rows)))
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(_IDENTITY_COLUMNS)
    writer.writerows(rows)


def _state(parts: Parts) -> list[str]:
    with parts.database.read() as connection:
        return list(CanonicalExport(connection, parts.keys, parts.cipher).lines())


def _in_clear(parts: Parts, token: str) -> list[str]:
    """Give the state in clear, once the audit log has it that somebody sees it."""
    who = principal(parts, token, roles=(Role.PRIVACY,), purpose=PRIVACY_REQUEST)
    lines = sorted(_state(parts))
    with audit_log(parts) as audit:
        audit.record(act_of(who, "export_profiles", purpose=PRIVACY_REQUEST, rows=len(lines)))
    return lines


def _identities(parts: Parts) -> Iterator[tuple[str, str, str, str]]:
    with parts.database.read() as connection:
        tables = {row.id: (row.source, row.name) for row in connection.execute(sa.select(source_table))}
        query = sa.select(source_record.c.incarnation, source_record.c.table_id, source_record.c.profile_id)
        for page in chunks(connection.execute(query).all(), _PAGE):
            keys = parts.reader.natural_keys(connection, [row.incarnation for row in page])
            for row in page:
                if row.incarnation in keys:
                    yield (*tables[row.table_id], _record_id(keys[row.incarnation]), str(UUID(bytes=row.profile_id)))


def _record_id(natural_key: str) -> str:
    """Give the key's only part, or all of them as JSON."""
    _source, _table, *parts = json.loads(natural_key)
    return str(parts[0]) if len(parts) == 1 else json.dumps(parts, ensure_ascii=False)
