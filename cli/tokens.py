"""``onefold token``: access tokens for the API and for exports."""

import re
import time
from typing import Annotated, Final

import typer

from cli.audited import act_of_operator, audit_log
from cli.console import warn
from cli.options import DEFAULT_CONFIG, ConfigFile, examples, installation
from privacy import GrantRefused, PurposeRules, Role, issue, may_list_profiles

_TTL: Final = re.compile(r"(\d{1,9})([smhd])")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def add_to(app: typer.Typer) -> None:
    """Add the command group."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Access tokens.")
    group.command(
        "create",
        epilog=examples(
            "onefold token create --role manager --purpose customer_service --store '*' --ttl 8h",
            "onefold token create --role sales --store S001 --store S002 --subject till-3",
            "TOKEN=$(onefold token create --role privacy --purpose privacy_request --store '*')",
        ),
    )(create)
    app.add_typer(group, name="token")


def create(  # noqa: PLR0913 - each is an option
    context: typer.Context,
    *,
    role: Annotated[Role, typer.Option(help="What the holder is; it decides what may be seen.", show_default=False)],
    purpose: Annotated[list[str] | None, typer.Option(help="A purpose that requests may name; repeatable.")] = None,
    store: Annotated[
        list[str] | None, typer.Option(help="A store whose members may be seen, or '*'; repeatable.")
    ] = None,
    ttl: Annotated[str, typer.Option(help="How long it is valid: 90s, 30m, 8h or 7d.")] = "1h",
    subject: Annotated[str, typer.Option(help="Who holds it, for the audit log; the role by default.")] = "",
    config: ConfigFile = DEFAULT_CONFIG,
) -> None:
    """Print a signed access token, and nothing else.

    Send it as `Authorization: Bearer TOKEN`, with one of its purposes in the header `Onefold-Purpose`. Personal values
    are masked without a purpose. Making a token leaves an entry in the audit log.
    """
    lifetime, purposes = _seconds(ttl), purpose or []
    with installation(context, config) as parts:
        _refuse_unknown(purposes, parts.settings.purposes)
        token = issue(
            parts.keystore.long_lived("TSIG"),
            subject=subject or role.value,
            role=role.value,
            stores=store or [],
            purposes=purposes,
            ttl_seconds=lifetime,
            now=int(time.time()),
        )
        with audit_log(parts) as audit:
            audit.record(act_of_operator("token_create", role=role.value, fields=tuple(purposes)))
    if not store and may_list_profiles(role):
        warn("without --store this token sees nobody: its lists are empty; name stores, or all with --store '*'")
    print(token)


def _seconds(ttl: str) -> int:
    found = _TTL.fullmatch(ttl)
    if not found:
        raise typer.BadParameter("write a number and s, m, h or d, for example 8h", param_hint="'--ttl'")
    return int(found[1]) * _SECONDS[found[2]]


def _refuse_unknown(purposes: list[str], rules: PurposeRules) -> None:
    if not rules.bases.keys() >= set(purposes):
        raise GrantRefused(
            f"a purpose is not known here; valid: {', '.join(sorted(rules.bases))}; add others, with their legal basis, "
            "under [purposes] in onefold.toml"
        )
