"""Chinese addresses: cities with their districts, and the names that roads and estates have everywhere."""

#: Province, city (as people write it; the four municipalities have no province), districts.
CITIES = (
    ("", "上海", "浦东新区 徐汇区 静安区 闵行区 杨浦区"),
    ("", "北京", "朝阳区 海淀区 丰台区 西城区 通州区"),
    ("浙江", "杭州", "西湖区 上城区 拱墅区 滨江区 余杭区"),
    ("江苏", "南京", "玄武区 鼓楼区 建邺区 江宁区"),
    ("江苏", "苏州", "姑苏区 吴中区 虎丘区 相城区"),
    ("广东", "广州", "天河区 越秀区 海珠区 番禺区 白云区"),
    ("广东", "深圳", "南山区 福田区 罗湖区 宝安区 龙岗区"),
    ("四川", "成都", "锦江区 青羊区 武侯区 成华区 高新区"),
    ("湖北", "武汉", "江汉区 武昌区 洪山区 汉阳区"),
    ("陕西", "西安", "雁塔区 碑林区 莲湖区 未央区"),
)

#: Road names, most frequent first; every city has them.
ROADS = (
    "人民路 中山路 解放路 建设路 和平路 文化路 新华路 胜利路 长江路 黄河路 青年路 育才路 振兴路 花园路 学院路 科技路 兴业街 "
    "北京路 南京路 滨河路 朝阳街 东风路 光明路 迎宾大道 环城路 公园路 工业路 商业街 前进路 幸福路 友谊路 体育路 翠竹路 梅园路"
)

#: Estates (小区), most frequent first.
ESTATES = (
    "阳光花园 幸福家园 锦绣花园 金色家园 世纪花园 翡翠城 万科城 绿地新城 保利花园 碧桂园 恒大名都 水岸花园 丽景苑 和谐家园 "
    "东方名城 龙湖花园 中海国际 荣盛华府 紫荆苑 香榭丽舍 学府花园 锦江苑 梧桐苑 天鹅湖 春江花月 云栖里 静安里 江南春晓"
)
