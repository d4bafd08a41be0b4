"""The columns that the peers are given: every value cleaned as far as its own row and public tables allow.

Frequent values (a store's phone, a company's mailbox) stay, as the peers weigh frequencies themselves; but a phone or an e-mail
that more than :data:`CROWD` rows carry is emptied, as people who use these tools do.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date, datetime

import phonenumbers

from bench.identity import cleaning_chinese, cleaning_latin
from bench.identity.stream import Key, Row

#: A row's columns by name; all rows have the same names.
Clean = dict[str, str | None]

CROWD = 20

_EARLIEST = date(1915, 1, 1)
_PLACEHOLDER_DATES = {date(1970, 1, 1), date(1980, 1, 1), date(1990, 1, 1), date(2000, 1, 1)}
_PLACEHOLDER_PHONES = re.compile(
    r"^(\d)\1+$|^1380{8}$|^13800138000$|^138{9}8?$|^1391234\d{4}$|^0?7(\d)\2{8}$|^0?7123456789$"
)
_PLACEHOLDER_LOCALS = {"no", "none", "noemail", "test", "a", "abc", "123", "123456", "null"}
_DOMAINS = {
    "qq.con": "qq.com",
    "qq.cm": "qq.com",
    "q.com": "qq.com",
    "gmial.com": "gmail.com",
    "gmail.con": "gmail.com",
    "gamil.com": "gmail.com",
    "163.con": "163.com",
    "16.com": "163.com",
    "hotmial.com": "hotmail.com",
    "hotmail.con": "hotmail.com",
}
_GENDERS = {"男": "M", "m": "M", "male": "M", "女": "F", "f": "F", "female": "F"}
_DATE_FORMATS = ("%Y-%m-%d", "%Y%m%d", "%Y/%m/%d", "%d/%m/%Y", "%d.%m.%Y")

_NAMES: Mapping[str, Callable[[str], Clean]] = {"chinese": cleaning_chinese.name, "latin": cleaning_latin.name}
_ADDRESSES: Mapping[str, Callable[[str], Clean]] = {
    "chinese": cleaning_chinese.address,
    "latin": cleaning_latin.address,
}
_REGIONS = {"chinese": "CN", "latin": "GB"}


def clean(rows: Mapping[Key, Row], language: str) -> list[Clean]:
    """One cleaned row for each row, in their order; ``unique_id`` is :func:`unique_id` of its key. Febrl's rows are clean."""
    if language == "febrl":
        return [{"unique_id": unique_id(key), **row} for key, row in rows.items()]
    cleaned = [_row(key, row, language) for key, row in rows.items()]
    _map_openids(cleaned)
    for column in ("phone", "email"):
        crowd = {value for value, count in Counter(row[column] for row in cleaned).items() if count > CROWD}
        for row in cleaned:
            row[column] = None if row[column] in crowd else row[column]
    for row in cleaned:
        row["mailbox"] = row["email"].split("@")[0] if row["email"] else None
        row["shown"] = _shown(row["phone"], _REGIONS[language])
    return cleaned


def unique_id(key: Key) -> str:
    """The key as one text."""
    return f"{key.source}:{key.key}"


def _row(key: Key, row: Row, language: str) -> Clean:
    text = {column: _text(value) for column, value in row.items()}
    name = text.get("full_name") or text.get("name")
    address = _ADDRESSES[language](text["address"] or "")
    city = text["city"].casefold().removesuffix("市") if text["city"] else address["city"]
    return {
        "unique_id": unique_id(key),
        **_NAMES[language](name or ""),
        **address,
        "city": city,
        "phone": _phone(text.get("phone") or text.get("mobile"), _REGIONS[language]),
        "email": _email(text["email"]),
        "birthday": _birthday(text.get("birthday") or text.get("birth_date")),
        "gender": _GENDERS.get((text["gender"] or "").casefold()),
        "unionid": text["wechat_unionid"],
        "openid": text["wechat_openid"],
        "card": text.get("loyalty_card") or text.get("card_no"),
    }


def _text(value: str | None) -> str | None:
    return unicodedata.normalize("NFKC", value).strip() or None if value else None


def _phone(text: str | None, region: str) -> str | None:
    """E.164; a masked number as its first three, ``*`` and its last four; None for what reaches nobody."""
    if text is None:
        return None
    if "*" in text:
        return f"{text[:3]}*{text[-4:]}"
    digits = text.replace("O", "0").replace("o", "0")
    try:
        number = phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException:
        return None
    national = str(number.national_number)
    if _PLACEHOLDER_PHONES.match(national) or national in "012345678901":
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _shown(phone: str | None, region: str) -> str | None:
    """What a mask would leave of a number: the first three digits as written at home, and the last four."""
    if phone is None or "*" in phone:
        return phone
    number = phonenumbers.parse(phone)
    digits = ("0" if region == "GB" else "") + str(number.national_number)
    return f"{digits[:3]}*{digits[-4:]}"


def _email(text: str | None) -> str | None:
    if text is None or text.count("@") != 1:
        return None
    local, domain = text.casefold().split("@")
    domain = _DOMAINS.get(domain, domain)
    local = local.split("+")[0]
    if domain == "gmail.com":
        local = local.replace(".", "")
    return None if local in _PLACEHOLDER_LOCALS else f"{local}@{domain}"


def _birthday(text: str | None) -> str | None:
    for form in _DATE_FORMATS if text else ():
        try:
            born = datetime.strptime(text or "", form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
        return None if born < _EARLIEST or born in _PLACEHOLDER_DATES else born.isoformat()
    return None


def _map_openids(rows: list[Clean]) -> None:
    """A row that holds both accounts says which union id an open id belongs to."""
    union_of = {openid: unionid for row in rows if (openid := row["openid"]) and (unionid := row["unionid"])}
    for row in rows:
        row["account"] = row["unionid"] or union_of.get(row["openid"] or "") or row["openid"]
        del row["openid"], row["unionid"]
