"""How pytest-xdist shares the tests out: one by one, but all that use the real estate to one worker, which starts it once.

Its own groups (`xdist_group`) do nothing with pytest 9.2, which no longer has the attribute that pytest-xdist 3.8 writes
them into. As the scheduler knows tests by their names alone, those of the estate are told by their file.
"""

from xdist.scheduler import LoadScopeScheduling

ESTATE_FILES = "tests/integration/test_estate"
ESTATE = "estate"


class EstateOnOneWorker(LoadScopeScheduling):  # type: ignore[misc]  # untyped: see pyproject.toml
    """Each test is a unit of work, the tests in `ESTATE_FILES` together are one."""

    def _split_scope(self, nodeid: str) -> str:
        return ESTATE if nodeid.startswith(ESTATE_FILES) else nodeid
