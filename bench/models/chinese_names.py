"""Chinese names as common as they are: surnames in percent, characters of given names, given names in fashion.

Surnames after the public counts of the Ministry of Public Security (the commonest hundred hold 85 % of the people); characters
by rank.
"""

import re
from random import Random
from typing import Final

#: Surnames and their share in percent.
SURNAMES: Final = {
    found[1]: float(found[2])
    for found in re.finditer(
        r"([^\d.\s]+)([\d.]+)",
        "王7.1 李7.0 张6.7 刘5.1 陈4.5 杨3.1 黄2.2 赵2.0 吴2.0 周1.9 徐1.5 孙1.5 马1.3 朱1.2 胡1.2 郭1.1 何1.1 林1.1 罗1.0 高1.0 郑0.9 梁0.8 "
        "谢0.8 宋0.7 唐0.7 许0.7 韩0.6 邓0.6 冯0.6 曹0.6 彭0.6 曾0.6 肖0.6 田0.5 董0.5 潘0.5 袁0.4 蔡0.4 蒋0.4 余0.4 于0.4 杜0.4 叶0.4 程0.4 "
        "魏0.4 苏0.4 吕0.4 丁0.4 任0.4 卢0.4 姚0.4 沈0.4 钟0.3 姜0.3 崔0.3 谭0.3 陆0.3 范0.3 汪0.3 廖0.3 石0.3 金0.3 韦0.3 贾0.3 夏0.3 付0.3 "
        "方0.3 邹0.3 熊0.3 白0.3 孟0.3 秦0.3 邱0.3 侯0.2 江0.2 尹0.2 薛0.2 闫0.2 段0.2 雷0.2 龙0.2 黎0.2 史0.2 陶0.2 贺0.2 毛0.2 郝0.2 顾0.2 "
        "龚0.2 邵0.2 万0.2 覃0.2 武0.2 钱0.2 戴0.2 严0.1 莫0.1 孔0.1 向0.1 常0.1 汤0.1 康0.1 易0.1 乔0.1 赖0.1 文0.1 庞0.1 樊0.1 兰0.1 殷0.1 "
        "施0.1 洪0.1 翟0.1 安0.1 颜0.1 倪0.1 牛0.1 温0.1 芦0.1 季0.1 俞0.1 章0.1 鲁0.1 葛0.1 伍0.1 申0.1 毕0.1 聂0.1 柴0.1 焦0.1 欧阳0.1 "
        "关0.1 柯0.1 岳0.1 耿0.1 詹0.1 涂0.1 舒0.1 柳0.1 凌0.1 霍0.1 翁0.1 曲0.1 骆0.1 房0.1 成0.1 车0.1 费0.1 甘0.1 游0.1 解0.1 纪0.1 裴0.1 "
        "单0.1 查0.1 祁0.1 司马0.1 诸葛0.1 上官0.1 尚0.1 包0.1 宁0.1 祝0.1 左0.1 管0.1 辛0.1 齐0.1 梅0.1 庄0.1 阮0.1 童0.1 柏0.1 连0.1",
    )
}

_MEN: Final = (
    "伟强勇军磊杰涛超刚平辉明鹏华飞鑫波斌宇浩凯健俊帆建国志文海东林峰龙兵永成新亮振光云松立友庆德祥博宏天一子家小大金"
    "春荣胜利锋洋然轩豪晨睿泽涵铭皓昊博航阳帅楠毅坤少世正学思润嘉瑞向启承彬旭恒远康安"
)
_WOMEN: Final = (
    "芳娜敏静丽艳娟霞秀燕玲桂英梅红兰洁婷雪倩慧莹琳佳颖欣雨晓小文玉春月美凤琴素云莲荣爱香萍丹蕾薇菲璐瑶怡梦思雅诗涵子"
    "梓萱一可心悦彤晴冰清华平珍淑惠珠翠瑜馨宁妍舒语嘉欢露蓉"
)
_IN_FASHION: Final = {
    "m": [
        "建国",
        "建华",
        "志强",
        "国强",
        "建军",
        "志刚",
        "海涛",
        "子轩",
        "浩宇",
        "浩然",
        "宇轩",
        "俊杰",
        "子涵",
        "一鸣",
        "文博",
        "家豪",
        "志明",
        "小军",
        "永强",
        "天佑",
    ],
    "f": [
        "秀英",
        "桂英",
        "秀兰",
        "玉兰",
        "桂兰",
        "秀珍",
        "雨涵",
        "欣怡",
        "梓涵",
        "诗涵",
        "子涵",
        "思雨",
        "晓燕",
        "丽娟",
        "海燕",
        "雅婷",
        "佳怡",
        "一诺",
        "小红",
        "玉梅",
    ],
}
ALONE: Final = 0.14
IN_FASHION: Final = 0.05


def _by_rank(characters: str) -> dict[str, float]:
    weights = {character: 1 / (rank + 8) for rank, character in enumerate(dict.fromkeys(characters))}
    total = sum(weights.values())
    return {character: weight / total for character, weight in weights.items()}


#: Share of each character among a gender's given names.
CHARACTERS: Final = {"m": _by_rank(_MEN), "f": _by_rank(_WOMEN)}


def draw_surname(chance: Random) -> str:
    """A surname, common ones as often as they are."""
    return chance.choices(list(SURNAMES), list(SURNAMES.values()))[0]


def draw_given(chance: Random, gender: str, first: str = "") -> str:
    """A given name of one or two characters; ``first`` is the character that a generation of a family shares."""
    characters = list(CHARACTERS[gender])
    weights = list(CHARACTERS[gender].values())
    if first:
        return first + chance.choices(characters, weights)[0]
    kind = chance.random()
    if kind < IN_FASHION:
        return chance.choice(_IN_FASHION[gender])
    if kind < IN_FASHION + ALONE:
        return chance.choices(characters, weights)[0]
    return "".join(chance.choices(characters, weights, k=2))


def given_shares() -> dict[str, float]:
    """Shares of the given names that tables list: those of one character and those in fashion."""
    shares: dict[str, float] = {}
    for gender in ("m", "f"):
        for character, share in CHARACTERS[gender].items():
            shares[character] = shares.get(character, 0) + share * ALONE / 2
        for name in _IN_FASHION[gender]:
            shares[name] = shares.get(name, 0) + IN_FASHION / len(_IN_FASHION[gender]) / 2
    return shares


def character_shares() -> dict[str, float]:
    """Shares of characters in either place of a given name of two."""
    men, women = CHARACTERS["m"], CHARACTERS["f"]
    return {c: (men.get(c, 0) + women.get(c, 0)) / 2 for c in {*men, *women}}
