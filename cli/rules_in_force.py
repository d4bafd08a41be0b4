"""Whether the rules of ``onefold.toml`` do what they say, and whether what is stored was made with them."""

from sqlalchemy.engine import Connection

from cdc import RulesChanged, require_rules, rule_fingerprints
from cli.console import warn
from cli.parts import Parts
from cli.settings import Settings
from identity import IdentityRules, Matcher, Model, is_blocking, is_read, open_model
from storage import ConfigDocument, ConfigError


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


def idle_blocked_values(installed: Settings) -> list[str]:
    """Say which values of ``[identity.blocked]`` block nothing, by their place alone: they may be somebody's."""
    document = ConfigDocument.load(installed.file)
    found = []
    for kind in installed.identity.blocked:
        for index, value in enumerate(document.data["identity"]["blocked"][kind]):
            if message := _idle(kind, value, installed.identity):
                line = document.line_near("identity", "blocked", kind, index)
                where = f"identity.blocked.{kind}"
                found.append(str(ConfigError(message, file=document.file, line=line, where=where)))
    return found


def _idle(kind: str, value: str, rules: IdentityRules) -> str:
    if is_blocking(kind, value, rules):
        return ""
    if is_read(kind, value, rules):
        return f"this value blocks nothing as it is written: give one {kind} alone and in full"
    return (
        f"this value blocks nothing: no {kind} is read in it, so it counts as missing anyway; mend it or leave it out"
    )
