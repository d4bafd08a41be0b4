"""What the two businesses sell, and what people say about it."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import Final


@dataclass(frozen=True, slots=True)
class Product:
    """One article; ``price`` in CNY."""

    sku: str
    title: str
    price: Decimal


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an order or receipt; ``unit_price`` in ``currency``."""

    product: Product
    qty: int
    unit_price: Decimal
    currency: str

    def columns(self) -> dict[str, str | int]:
        """Give the values of the columns that both businesses keep of a line."""
        return {
            "sku": self.product.sku,
            "title": self.product.title,
            "qty": self.qty,
            "unit_price": str(self.unit_price),
            "currency": self.currency,
        }


def _products(*articles: tuple[str, str, str]) -> tuple[Product, ...]:
    return tuple(Product(sku, title, Decimal(price)) for sku, title, price in articles)


PRODUCTS: Final = _products(
    ("TEA-001", "西湖龙井 250 g", "168.00"),
    ("TEA-002", "安溪铁观音 Tieguanyin 500 g", "238.00"),
    ("TEA-003", "云南普洱茶饼 Pu'er cake 357 g", "328.00"),
    ("TEA-004", "茉莉花茶 Jasmine tea 200 g", "59.90"),
    ("TEA-005", "武夷大红袍 100 g", "398.00"),
    ("CUP-001", "景德镇青瓷盖碗 Celadon gaiwan", "129.00"),
    ("CUP-002", "宜兴紫砂壶 Yixing teapot", "688.00"),
    ("CUP-003", "玻璃公道杯 Glass pitcher", "45.50"),
    ("CUP-004", "旅行茶具 Travel tea set", "219.00"),
    ("SLK-001", "真丝围巾 Silk scarf", "269.00"),
    ("SLK-002", "桑蚕丝睡衣 Silk pyjamas", "599.00"),
    ("SLK-003", "真丝眼罩 Silk eye mask", "79.00"),
    ("LIN-001", "亚麻衬衫 Linen shirt", "289.00"),
    ("LIN-002", "棉麻桌布 Linen tablecloth", "149.00"),
    ("BAG-001", "帆布托特包 Canvas tote", "99.00"),
    ("BAG-002", "头层牛皮手提包 Leather handbag", "899.00"),
    ("INK-001", "狼毫毛笔套装 Brush set", "86.00"),
    ("INK-002", "宣纸 100 张 Xuan paper", "64.00"),
    ("FOD-001", "坚果礼盒 Nut gift box", "118.00"),
    ("FOD-002", "桂花糕 Osmanthus cake", "29.90"),
    ("FOD-003", "蜂蜜 Honey 500 g", "76.00"),
    ("HOM-001", "檀香线香 Sandalwood incense", "58.00"),
    ("HOM-002", "羊毛毯 Wool blanket", "459.00"),
    ("HOM-003", "竹编收纳篮 Bamboo basket", "69.00"),
)

#: Units of CNY that one unit of the currency buys; good enough for price tags.
_RATES: Final = {
    "CNY": Decimal(1),
    "HKD": Decimal("0.92"),
    "USD": Decimal("7.20"),
    "EUR": Decimal("7.80"),
    "GBP": Decimal("9.10"),
}
CURRENCY_OF: Final = {"CN": "CNY", "HK": "HKD", "US": "USD", "DE": "EUR", "FR": "EUR", "GB": "GBP"}

REVIEWS: Final = (
    (5, "质量非常好，包装也很用心，会回购。"),
    (5, "Beautiful piece, arrived quickly and well packed."),
    (4, "不错，就是物流慢了一天。"),
    (4, "Very good, a little smaller than I expected."),
    (3, "一般般，颜色和图片有点差别。"),
    (2, "杯口有个小缺口，客服说可以换。"),
    (5, "送给妈妈的生日礼物，她很喜欢！"),
    (1, "Wrong size delivered twice."),
)
RETURN_REASONS: Final = ("质量问题", "尺寸不合适", "不喜欢", "重复购买", "changed mind")


def basket(rng: Random, currency: str) -> list[Line]:
    """Choose one to four different articles, priced in ``currency``."""
    chosen = rng.sample(PRODUCTS, rng.choices((1, 2, 3, 4), (5, 3, 2, 1))[0])
    return [line(product, rng.choices((1, 2, 3), (8, 2, 1))[0], currency) for product in chosen]


def line(product: Product, qty: int, currency: str) -> Line:
    """Put ``qty`` of a product on a line, at its price tag."""
    return Line(product, qty, price(product, currency), currency)


def price(product: Product, currency: str) -> Decimal:
    """Give a product's price tag in ``currency``, rounded to its minor unit."""
    return (product.price / _RATES[currency]).quantize(Decimal("0.01"), ROUND_HALF_UP)


def total(lines: list[Line]) -> Decimal:
    """Add up a basket."""
    return sum((item.qty * item.unit_price for item in lines), Decimal("0.00"))
