"""What names of tables and columns usually mean: English, pinyin and Chinese.

A pattern is searched in the name in lower case, with camelCase split by underscores; the first that fits wins. What only may be
meant is marked unsure.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from cdc import vocabulary


def _patterns(text: str) -> list[tuple[re.Pattern[str], str]]:
    """Read lines of ``meaning: pattern``."""
    lines = (line.split(":", 1) for line in text.strip().splitlines())
    return [(re.compile(pattern.strip()), meaning.strip()) for meaning, pattern in lines]


# Order matters: "order_items" before "orders", "member_points" before "members".
_TABLES: Final = _patterns(r"""
    order_line: (order|receipt|sale|ticket|trade|dingdan|xiaopiao).*(item|line|detail|mingxi|goods)|(订单|小票|销售).*(明细|商品|行)
    return: return|refund|tuihuo|tuikuan|退货|退款
    consent: consent|permission|opt_?in|shouquan|授权|同意
    loyalty: point|loyalty|jifen|积分
    feedback: review|comment|feedback|rating|remark|survey|complaint|pingjia|pinglun|评价|评论|反馈|投诉|备注
    event: event|visit|page_?view|click|browse|session|cart|wishlist|liulan|浏览|访问|购物车|收藏
    order: order|receipt|sale|trade|purchase|dingdan|xiaopiao|订单|小票|销售|交易
    person: customer|member|user|client|buyer|shopper|account|huiyuan|yonghu|kehu|guke|会员|用户|客户|顾客
""")  # fmt: skip
_SURE_TABLES: Final = re.compile(
    r"^(t_|tb_|tbl_)?(customers?|members?|users?|orders?|receipts?|order_items?|order_lines?|receipt_lines?|returns?|reviews?"
    r"|会员|客户|用户|顾客|订单|小票|订单明细|退货|评价)$"
)

_PERSON: Final = _patterns(r"""
    wechat_unionid: union_?id
    wechat_openid: open_?id
    alipay_id: alipay|zhifubao|支付宝
    consent: opt_?(in|out)|subscribe(?!r|_?(token|url|link|code|key))|do_?not_|allow_.*(mail|sms)|订阅|退订
    email: e_?mail|youxiang|邮箱|邮件
    phone: phone|mobile|cell|(^|_)tel($|_)|shouji|dianhua|手机|电话
    national_id: id_card|national_id|identity_no|(^|_)ssn($|_)|soc(ial)?_sec|shenfenzheng|身份证
    loyalty_card: card_?(no|num|id|code)|loyalty_card|kahao|卡号
    device_id: device_?id|imei|idfa|oaid|设备
    customer_no: (member|customer|user|vip|huiyuan)_?(no|num|code)|会员号|会员编号|客户编号
    birth_year: (^|_)(birth(_?day)?|dob)_?(year|yyyy|y)$|year_?of_?birth|(^|_)yob$|(出生|生日)年份?$
    birth_month: (^|_)(birth(_?day)?|dob)_?(month|mm|m)$|month_?of_?birth|(出生|生日)月份?$
    birth_day: (^|_)(birth(_?day)?|dob)_(day|dd|d)$|day_?of_?birth|(出生|生日)日$
    trait.birth_place: birth_?(place|city|town|country)|(place|city|town|country)_of_birth|出生地
    birthday: birth(?!_?name)|(^|_)dob($|_)|shengri|生日|出生
    gender: gender|(^|_)sex($|_)|xingbie|性别
    given_name: (first|given|middle)_?name
    family_name: (last|family|sur)_?name|name_?suffix|^姓$
    consent: marketing|营销
    city: city|suburb|(^|_)town$|chengshi|城市
    region: province|region|(^|_)state($|_)|shengfen|省
    country: country|nation|guojia|国家
    language: language|locale|yuyan|语言
    trait.postcode: post_?(al_?)?code|(^|_)zip(_?code|$|_)|youbian|邮编|邮政编码
    address: address|addr|dizhi|地址|住址
    store: store|shop_?(id|no|code)|branch|mendian|门店|店铺
    points: points?($|_)|jifen|积分
    created_at: created|registered|joined|register_?time|create_?time|注册|创建
    updated_at: updated|modified|update_?time|更新|修改
    name: ^(full_?|real_?|user_?|nick_?|customer_?|member_?)?name$|xingming|姓名|名字|昵称
""")  # fmt: skip
_FACT: Final = _patterns(r"""
    anonymous_id: anonymous|visitor|cookie|session_?id|device_?id|访客
    recipient_phone: phone|mobile|(^|_)tel($|_)|手机|电话
    recipient_name: recipient|receiver|consignee|ship.*name|收货人|收件人
    recipient_address: address|addr($|_)|地址
    url: url|link|referr?er|链接
    body: body|content|comment|remark|text|reason|message|note|内容|备注|原因|评语
    unit_price: unit_?price|^price$|danjia|单价
    amount: total|amount|paid|money|^sum$|jine|金额|总价|实付
    quantity: qty|quantity|count|^num$|shuliang|数量
    points: points?($|_)|jifen|积分
    rating: rating|score|stars?$|pingfen|评分|星级
    currency: currency|币种
    sku: sku|product_?(id|no|code)|goods_?(id|no|code)|item_?(id|no|code)|商品编号|货号
    occurred_at: (placed|sold|paid|occurred|ordered|visited|returned|created|event|happened|order|sale|create)_?(at|time|date)|^ts$|^time|时间|日期
    status: status|zhuangtai|状态
    store: store|shop_?(id|no|code)|branch|mendian|门店|店铺
    label: title|label|product_?name|goods_?name|item_?name|pay_method|channel|名称|标题|支付方式
    name: event_?(type|name)|^type$|^action$|^name$|事件|类型
""")  # fmt: skip
_CONSENT: Final = _patterns(r"""
    purpose: purpose|scope|yongtu|用途|目的
    state: state|status|granted|agreed|opt_?in|consent$|zhuangtai|状态|是否同意
    occurred_at: (_at|_time|_date)$|时间|日期
""")  # fmt: skip
#: Columns that say something of an identifier, and are none themselves.
_VERIFIES: Final = re.compile(
    r"(verified|confirmed|validated|verification)(_?(at|on|time|date|flag|status))?$|(验证|认证)(时间|状态)?$"
)
_DENIES: Final = re.compile(r"(^|_)(un|not_)(verified|confirmed|validated)|未(验证|认证)")
_REFUSES: Final = re.compile(r"opt_?out|unsubscribe|do_?not_|退订")
_REFERENCES: Final = {
    "person": re.compile(
        r"(customer|member|user|client|buyer|huiyuan|yonghu|kehu)_?(id|no|num|code)$|(会员|客户|用户|顾客).*(号|编号|id)$"
    ),
    "order": re.compile(r"(order|receipt|sale|trade|dingdan)_?(id|no|num|sn|code)$|(订单|小票).*(号|编号|id)$"),
}
_UNSURE: Final = frozenset(
    {"customer_no", "label", "body", "name", "amount", "store", "region", "loyalty_card", "recipient_phone"}
)
_SURE_NAMES: Final = re.compile(
    r"^(name|full_name|real_name|姓名|total|amount|金额|store_id|门店|title|body|content|card_no|卡号)$"
)
_CONTACTS: Final = 2
_PARTS_OF: Final = dict.fromkeys(("birth_year", "birth_month", "birth_day"), "birthday")


def _plain(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().replace("-", "_").replace(" ", "_")


def _search(patterns: Iterable[tuple[re.Pattern[str], str]], name: str) -> str | None:
    return next((meaning for pattern, meaning in patterns if pattern.search(name)), None)


def guess_kind(table: str, columns: Sequence[str]) -> tuple[str, bool]:
    """Guess what a table is, and whether the name alone says so; ``ignore`` when nothing fits."""
    name = _plain(table)
    kind = _search(_TABLES, name)
    if kind is not None:
        return kind, bool(_SURE_TABLES.match(name))
    found = {_search(_PERSON, _plain(column)) for column in columns}
    contacts = {_PARTS_OF.get(name, name) for name in found if name} & {"email", "phone", "birthday", "wechat_unionid"}
    return (vocabulary.PERSON, False) if len(contacts) >= _CONTACTS else (vocabulary.IGNORE, True)


def guess_column(column: str, kind: str) -> tuple[str, bool] | None:
    """Guess a column's standard name in a table of ``kind``, and whether that is sure."""
    name = _plain(column)
    patterns = _PERSON if kind == vocabulary.PERSON else [*_CONSENT, *_FACT] if kind == "consent" else _FACT
    found = None if kind == vocabulary.PERSON and _VERIFIES.search(name) else _search(patterns, name)
    if found is None or vocabulary.term(found, kind) is None:
        return None
    return found, found not in _UNSURE or bool(_SURE_NAMES.match(name))


def guess_verified(column: str) -> str | None:
    """Guess which identifier of a person a column says to be verified; None where it says nothing of the kind."""
    name = _plain(column)
    found = _search(_PERSON, name) if _VERIFIES.search(name) and not _DENIES.search(name) else None
    term = vocabulary.term(found, vocabulary.PERSON) if found else None
    return found if term is not None and term.is_identifier else None


def is_refusal(column: str) -> bool:
    """Whether a yes in a column of consents means no."""
    return bool(_REFUSES.search(_plain(column)))


def guess_reference(attribute: str, column: str) -> bool:
    """Whether a column's name says that it refers to a person or an order."""
    return bool(_REFERENCES[attribute].search(_plain(column)))
