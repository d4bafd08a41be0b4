"""Parts of names and places from which the demo makes its people. Nobody in it exists."""

from dataclasses import dataclass
from typing import Final


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    """Split ``陈chen`` into characters and their reading."""
    found = []
    for word in text.split():
        characters = "".join(letter for letter in word if not letter.isascii())
        found.append((characters, word.removeprefix(characters)))
    return tuple(found)


#: Chinese surnames with their reading; the common ones first, the compound ones last.
SURNAMES: Final = _pairs(
    "王wang 李li 张zhang 刘liu 陈chen 杨yang 黄huang 赵zhao 吴wu 周zhou 徐xu 孙sun 马ma 朱zhu 胡hu 郭guo 何he 林lin"
    " 罗luo 高gao 郑zheng 梁liang 谢xie 宋song 唐tang 许xu 韩han 冯feng 邓deng 曹cao 彭peng 曾zeng 肖xiao 田tian"
    " 董dong 袁yuan 潘pan 于yu 蒋jiang 蔡cai 余yu 杜du 叶ye 程cheng 苏su 魏wei 吕lü 丁ding 任ren 沈shen 姚yao"
    " 卢lu 姜jiang 崔cui 钟zhong 谭tan 欧阳ouyang 司马sima 诸葛zhuge 上官shangguan 慕容murong 皇甫huangfu"
)
GIVEN_FEMALE: Final = _pairs(
    "芳fang 娜na 敏min 静jing 丽li 艳yan 娟juan 霞xia 秀xiu 燕yan 玲ling 婷ting 雪xue 慧hui 莹ying 倩qian 颖ying 琳lin"
    " 蕾lei 薇wei 梅mei 兰lan 菊ju 莉li 瑶yao 怡yi 婉wan 雅ya 馨xin 萱xuan 璇xuan 琪qi 月yue 凤feng 珍zhen 蓉rong"
    " 露lu 媛yuan 彤tong 妍yan"
)
GIVEN_MALE: Final = _pairs(
    "伟wei 强qiang 磊lei 军jun 勇yong 杰jie 涛tao 超chao 刚gang 辉hui 鹏peng 斌bin 波bo 健jian 峰feng 龙long 飞fei"
    " 建jian 国guo 志zhi 浩hao 宇yu 轩xuan 博bo 凯kai 毅yi 俊jun 豪hao 昊hao 晨chen 坤kun 威wei 旭xu 帅shuai 阳yang"
    " 鑫xin 栋dong 锋feng 雷lei 亮liang"
)
GIVEN_EITHER: Final = _pairs(
    "明ming 华hua 平ping 文wen 春chun 红hong 云yun 海hai 林lin 欣xin 佳jia 嘉jia 子zi 思si 梓zi 涵han 一yi 乐le 诗shi"
    " 雨yu 晓xiao 小xiao 可ke 安an 宁ning 清qing 亦yi 若ruo 书shu 希xi 悦yue 然ran 心xin 天tian 泽ze 睿rui 元yuan"
    " 瑞rui 永yong 世shi"
)


@dataclass(frozen=True, slots=True)
class City:
    """A place: ``roads`` are street names, ``code`` the postcode or state that stands in an address there."""

    name: str
    country: str
    roads: tuple[str, ...]
    code: str = ""


MAINLAND: Final = (
    City("上海", "CN", ("徐汇区衡山路", "静安区南京西路", "浦东新区世纪大道", "黄浦区淮海中路", "长宁区愚园路")),
    City("北京", "CN", ("朝阳区建国路", "海淀区中关村大街", "东城区东直门内大街", "西城区新街口南大街")),
    City("广州", "CN", ("天河区体育西路", "越秀区北京路", "海珠区江南大道中", "荔湾区上下九路")),
    City("深圳", "CN", ("南山区深南大道", "福田区福华路", "罗湖区东门中路", "宝安区新安一路")),
    City("杭州", "CN", ("西湖区文三路", "上城区延安路", "滨江区江南大道", "拱墅区莫干山路")),
    City("南京", "CN", ("鼓楼区中山北路", "秦淮区太平南路", "玄武区珠江路")),
    City("成都", "CN", ("锦江区春熙路", "武侯区人民南路", "高新区天府大道")),
    City("苏州", "CN", ("姑苏区观前街", "工业园区现代大道", "虎丘区狮山路")),
    City("武汉", "CN", ("江汉区解放大道", "武昌区中南路", "洪山区珞喻路")),
    City("西安", "CN", ("雁塔区小寨东路", "碑林区南大街", "未央区凤城五路")),
    City("厦门", "CN", ("思明区中山路", "湖里区湖滨北路")),
    City("重庆", "CN", ("渝中区解放碑步行街", "江北区观音桥", "沙坪坝区三峡广场")),
)
HONG_KONG: Final = (City("香港", "HK", ("九龙弥敦道", "铜锣湾轩尼诗道", "中环皇后大道中", "沙田正街", "旺角亚皆老街")),)
ABROAD: Final = (
    City("Seattle", "US", ("Maple Street", "Pine Street", "Rainier Avenue"), "WA 98101"),
    City("New York", "US", ("Bleecker Street", "Amsterdam Avenue", "Canal Street"), "NY 10013"),
    City("San Francisco", "US", ("Valencia Street", "Judah Street", "Clement Street"), "CA 94118"),
    City("Berlin", "DE", ("Lindenstraße", "Torstraße", "Sonnenallee"), "10969"),
    City("München", "DE", ("Schellingstraße", "Rosenheimer Straße", "Müllerstraße"), "80799"),
    City("Lyon", "FR", ("rue des Lilas", "cours Gambetta", "quai Saint-Antoine"), "69003"),
    City("Paris", "FR", ("rue Oberkampf", "rue de Charonne", "boulevard Voltaire"), "75011"),
    City("London", "GB", ("Church Road", "Mill Lane", "Camden High Street"), "NW1 7JR"),
    City("Leeds", "GB", ("Otley Road", "Kirkgate", "Victoria Terrace"), "LS6 2AB"),
)

#: country → (female given names, male given names, surnames)
LATIN: Final = {
    "US": (
        ("Emily", "Grace", "Hannah", "Sofia", "Maya", "Chloe", "Zoe", "Naomi"),
        ("Ethan", "Liam", "Marcus", "Diego", "Caleb", "Noah", "Isaac", "Owen"),
        ("Miller", "Johnson", "Garcia", "O'Brien", "Nguyen", "Washington", "Kowalski", "Smith-Jones"),
    ),
    "DE": (
        ("Anna", "Lena", "Käthe", "Franziska", "Jörgine"),
        ("Jürgen", "Lukas", "Sören", "Matthias", "Felix"),
        ("Müller", "Schäfer", "von Bergen", "Weiß", "Krüger", "Özdemir", "Vogel"),
    ),
    "FR": (
        ("Chloé", "Amélie", "Zoë", "Manon", "Élodie"),
        ("François", "Jérôme", "Antoine", "Mathéo", "Loïc"),
        ("Lefèvre", "Dubois", "d'Aubigné", "Moreau", "Garçon", "Le Gall", "Nuñez"),
    ),
    "GB": (
        ("Charlotte", "Imogen", "Freya", "Aisha", "Poppy"),
        ("Oliver", "Harry", "Callum", "Rhys", "Mohammed"),
        ("MacDonald", "Taylor", "Evans", "O'Neill", "Patel", "Fitzgerald", "Clarke"),
    ),
}

MAIL_DOMAINS: Final = ("example.com", "example.org", "example.net", "mail.example.com", "post.example.org")
