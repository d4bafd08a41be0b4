"""Features of a record told in a few words, and generated ones."""

from hypothesis import strategies as st

from identity import FieldValue, IdentityRules
from identity.features import Features, build_features

CHINA = IdentityRules()
AMERICA = IdentityRules(default_region="US")

_VALUES: dict[str, list[str]] = {
    "name": ["王伟", "王小明", "王晓明", "王先生", "Wang Wei", "李小红", "果果", "John Smith", "Jon Smith", "Smith, John", "Mary Jones"],
    "birthday": ["1990-02-28", "1990-02-27", "1985-01-01", "2015-07-20", "02/03/1990", "1990-03-02"],
    "gender": ["男", "女"],
    "phone": ["13800138001", "13800138010", "139 1234 5678", "138****8001"],
    "email": ["wangwei@qq.com", "13800138001@163.com", "john.smith@gmail.com", "info@company.cn", "wangwei@163.com"],
    "national_id": ["110101199002280017", "11010119900228001", "110101199003070011"],
    "address": ["北京市朝阳区光明路1号2栋301室", "光明路1号2-301", "12 Oak Street, Springfield"],
    "loyalty_card": ["88001234", "88005678"],
    "wechat_unionid": ["oUnion0000000001", "oUnion0000000002"],
}  # fmt: skip


def values(**told: str) -> tuple[FieldValue, ...]:
    return tuple(FieldValue(attribute, 0, text) for attribute, text in told.items())


def record(rules: IdentityRules = CHINA, /, **told: str) -> Features:
    return build_features(values(**told), rules)


#: What a row may tell, as keyword arguments of ``values``.
TOLD = st.fixed_dictionaries({}, optional={kind: st.sampled_from(texts) for kind, texts in _VALUES.items()})
FEATURES = TOLD.map(lambda told: record(CHINA, **told))
