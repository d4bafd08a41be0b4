"""What the last audits found: whether Onefold holds what its sources hold, table by table."""

from datetime import datetime

from cdc import StoredParity, stored_results
from privacy import may_see_operations
from resolvers.context import Request
from resolvers.errors import Forbidden
from resolvers.plain import moment

#: What the last audit of a table found.
SourceParity = StoredParity


def source_parity(request: Request) -> list[SourceParity]:
    """The last result of each table; a source itself is read by ``onefold parity`` alone."""
    if not may_see_operations(request.principal.role):
        raise Forbidden("this role does not see how Onefold follows its sources")
    found = stored_results(request.connection)
    request.spend(len(found))
    return found


def audited_at(root: SourceParity) -> datetime | None:
    """When the audit of a table ended."""
    return moment(root.finished_at)
