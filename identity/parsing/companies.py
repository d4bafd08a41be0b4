"""Companies, which tills and shops take for names: Bright Dental LLC, Weber GmbH & Co. KG. They are nobody's name.

Only by a legal form that is no name and no initials: SA, SL, BV, AG and Co alone may be.
"""

import re
from typing import Final

_COMPANY: Final = re.compile(
    r"(?<=[\w)])[\s,.&]+(?:inc|incorporated|llc|l\.l\.c|llp|ltd|limited|plc|corp|corporation|pty|gmbh|mbh|ohg|e\.v|s\.?a\.?r\.?l|s\.p\.a|"
    r"s\.?r\.?l\.s|sp\. ?z ?o\. ?o|s\.r\.o|d\.o\.o|ltda|kft|aps|sdn\.? bhd|(?<=&\s)(?:co|sons|partners|associates)|(?<=&)co)"
    r"\b\.?(?:\s*(?:&\s*co\b\.?)?\s*kg\b)?\s*$|(?<=\w)(?:有限(?:责任|責任)?公司|股份公司|株式会社|有限会社)$|^(?:株式会社|有限会社)(?=\w)",
    re.IGNORECASE,
)


def is_company(written: str) -> bool:
    """Whether a name ends in the legal form of a company."""
    return _COMPANY.search(written) is not None
