"""Reading what people write: names, dates, e-mails, phones, addresses, national ids.

Each module turns text into a normal form, or says that it means nobody. All are pure: shipped tables in, values out, and a
bounded cache before each, because the same spellings come again and again.
"""

from identity.parsing.addresses import Address, parse_address
from identity.parsing.birthdays import DATE_ORDERS, days_by_order, parse_birthday, parse_birthday_parts
from identity.parsing.emails import Email, parse_email
from identity.parsing.full_names import parse_name
from identity.parsing.name_parts import parse_parts
from identity.parsing.names import Name
from identity.parsing.national_ids import NationalId, parse_national_id
from identity.parsing.phones import parse_phones
from identity.parsing.text import fold, is_placeholder

__all__ = [
    "DATE_ORDERS",
    "Address",
    "Email",
    "Name",
    "NationalId",
    "days_by_order",
    "fold",
    "is_placeholder",
    "parse_address",
    "parse_birthday",
    "parse_birthday_parts",
    "parse_email",
    "parse_name",
    "parse_national_id",
    "parse_parts",
    "parse_phones",
]
