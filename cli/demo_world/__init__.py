"""Two simulated businesses, an online shop and a store POS, whose people do not exist: what ``onefold demo`` runs on."""

from pathlib import Path
from typing import Final

from cli.demo_world.showcase import OTHER_PHONE as SHOWCASE_OTHER_PHONE
from cli.demo_world.showcase import PHONE as SHOWCASE_PHONE
from cli.demo_world.world import World

#: The mapping of both databases to the standard vocabulary.
MAPPING_FILE: Final = Path(__file__).with_name("onefold.toml")

__all__ = ["MAPPING_FILE", "SHOWCASE_OTHER_PHONE", "SHOWCASE_PHONE", "World"]
