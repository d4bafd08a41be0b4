"""Whether what is stored was made with the rules that ``onefold.toml`` has now."""

from sqlalchemy.engine import Connection

from cdc import RulesChanged, require_rules, rule_fingerprints
from cli.console import warn
from cli.parts import Parts
from cli.settings import Settings
from identity import Matcher, Model, open_model


def require_rules_in_force(parts: Parts, connection: Connection) -> None:
    """Raise :class:`cdc.RulesChanged` before something is decided under rules that the stored state was not made with."""
    require_rules(connection, rule_fingerprints(parts.sealer.matcher, parts.settings.profiles))


def warn_of_other_rules(parts: Parts, connection: Connection) -> None:
    """Warn that an answer mixes stored comparisons with other rules."""
    try:
        require_rules_in_force(parts, connection)
    except RulesChanged as changed:
        warn(f"{changed}; until then explanations may not fit what is stored")


def named_model(installed: Settings) -> Model:
    """The model that the settings name, for its weights: whoever looks its keyed hashes up needs the installation's keys."""
    return open_model(installed.identity, installed.file.parent, lambda _table, text: text)


def other_rules(installed: Settings, connection: Connection) -> list[str]:
    """Say that what is stored was made with other rules, of which no key is part."""
    matcher = Matcher(installed.identity, named_model(installed), lambda _kind, text: text.encode())
    try:
        require_rules(connection, rule_fingerprints(matcher, installed.profiles))
    except RulesChanged as changed:
        return [str(changed)]
    return []
