"""Amounts in minor units: which currencies there are, and how many decimals each has.

Source: ISO 4217:2015 list one (current currencies and funds), SIX Group, amendment 179; codes without a minor unit (metals, SDR, test
codes) left out. The usual libraries give CLDR's display digits, which differ (UGX, IQD, …), so the standard's few exceptions
stand here.
"""

import difflib
from decimal import MAX_PREC, Context, Decimal
from typing import Final

_CODES: Final = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CLF
    CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR
    ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU
    MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK
    SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV
    WST XAD XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
"""
_NOT_TWO: Final = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
#: Decimals of each currency by its ISO 4217 code.
CURRENCY_DECIMALS: Final[dict[str, int]] = dict.fromkeys(_CODES.split(), 2) | {
    code: decimals for decimals, codes in _NOT_TWO.items() for code in codes.split()
}

# What people write for currencies that have another code.
_COLLOQUIAL: Final = {"RMB": "CNY", "CNH": "CNY"}

# Rounds nothing: an amount keeps all of its digits.
_EXACT: Final = Context(prec=MAX_PREC)


def similar_currencies(code: str) -> tuple[str, ...]:
    """Codes that may be meant by one that there is not; some frequent ones where none is similar."""
    upper = code.upper()
    if upper in _COLLOQUIAL:
        return (_COLLOQUIAL[upper],)
    return tuple(difflib.get_close_matches(upper, CURRENCY_DECIMALS, 3, 0.3)) or ("CNY", "USD", "EUR")


def to_minor(amount: Decimal, currency: str) -> int:
    """Give ``amount`` in the smallest unit of ``currency``, exactly; ValueError when it has more decimals than the currency."""
    scaled = _EXACT.scaleb(amount, CURRENCY_DECIMALS[currency])
    minor = int(scaled)
    if minor != scaled:
        raise ValueError(f"{currency} has {CURRENCY_DECIMALS[currency]} decimals")
    return minor
