"""Two simulated businesses, an online shop and a store POS, whose people do not exist: what ``onefold demo`` runs on."""

from pathlib import Path
from typing import Final

from cli.demo_world.calendar import Calendar
from cli.demo_world.chance import dice
from cli.demo_world.databases import POS_DDL, SHOP_DDL, Database, Rows, transaction
from cli.demo_world.population import fill_pos, fill_shop
from cli.demo_world.showcase import OTHER_PHONE as SHOWCASE_OTHER_PHONE
from cli.demo_world.showcase import PHONE as SHOWCASE_PHONE
from cli.demo_world.world import World

#: The mapping of both databases to the standard vocabulary.
MAPPING_FILE: Final = Path(__file__).with_name("onefold.toml")

__all__ = [
    "MAPPING_FILE",
    "POS_DDL",
    "SHOP_DDL",
    "SHOWCASE_OTHER_PHONE",
    "SHOWCASE_PHONE",
    "Calendar",
    "Database",
    "Rows",
    "World",
    "dice",
    "fill_pos",
    "fill_shop",
    "transaction",
]
