"""Chinese names: how frequent surnames and given names are, how characters sound and how they are written traditionally.

Surname weights follow the published statistics of the household registration (王 about 7.1 % of all people,
with a long tail); given names are those that lead the yearly name reports. Tables and not a library,
so that the truth does not depend on the code that it measures.
"""

#: Simplified, traditional, pinyin, weight; entries are parted by ` | ` or a new line.
SURNAMES = """
王 王 wang 710 | 李 李 li 700 | 张 張 zhang 680 | 刘 劉 liu 540 | 陈 陳 chen 450 | 杨 楊 yang 310 | 黄 黃 huang 222 | 赵 趙 zhao 220
吴 吳 wu 205 | 周 周 zhou 200 | 徐 徐 xu 145 | 孙 孫 sun 140 | 马 馬 ma 126 | 朱 朱 zhu 122 | 胡 胡 hu 120 | 郭 郭 guo 112
何 何 he 105 | 林 林 lin 104 | 高 高 gao 100 | 罗 羅 luo 90 | 郑 鄭 zheng 88 | 梁 梁 liang 82 | 谢 謝 xie 76 | 宋 宋 song 70
唐 唐 tang 68 | 许 許 xu 66 | 邓 鄧 deng 62 | 韩 韓 han 62 | 冯 馮 feng 60 | 曹 曹 cao 58 | 彭 彭 peng 57 | 曾 曾 zeng 56
萧 蕭 xiao 15 | 肖 肖 xiao 52 | 田 田 tian 50 | 董 董 dong 48 | 袁 袁 yuan 48 | 潘 潘 pan 46 | 于 于 yu 46 | 蒋 蔣 jiang 45
蔡 蔡 cai 45 | 余 余 yu 42 | 杜 杜 du 42 | 叶 葉 ye 41 | 程 程 cheng 40 | 苏 蘇 su 40 | 魏 魏 wei 40 | 吕 呂 lv 38
丁 丁 ding 37 | 任 任 ren 36 | 沈 沈 shen 36 | 姚 姚 yao 34 | 卢 盧 lu 34 | 姜 姜 jiang 33 | 崔 崔 cui 33 | 钟 鍾 zhong 32
谭 譚 tan 32 | 陆 陸 lu 31 | 汪 汪 wang 31 | 范 范 fan 30 | 金 金 jin 30 | 石 石 shi 29 | 廖 廖 liao 29 | 贾 賈 jia 28
夏 夏 xia 27 | 韦 韋 wei 27 | 付 付 fu 26 | 方 方 fang 26 | 白 白 bai 25 | 邹 鄒 zou 25 | 孟 孟 meng 24 | 熊 熊 xiong 24
秦 秦 qin 23 | 邱 邱 qiu 22 | 江 江 jiang 22 | 尹 尹 yin 21 | 薛 薛 xue 21 | 闫 閆 yan 20 | 段 段 duan 20 | 雷 雷 lei 19
侯 侯 hou 18 | 龙 龍 long 18 | 史 史 shi 17 | 陶 陶 tao 17 | 黎 黎 li 16 | 贺 賀 he 16 | 顾 顧 gu 16 | 毛 毛 mao 15
郝 郝 hao 15 | 龚 龔 gong 15 | 邵 邵 shao 14 | 万 萬 wan 14 | 钱 錢 qian 14 | 严 嚴 yan 13 | 覃 覃 qin 12 | 武 武 wu 12
戴 戴 dai 12 | 莫 莫 mo 11 | 孔 孔 kong 11 | 向 向 xiang 10 | 汤 湯 tang 10 | 单 單 shan 4 | 仇 仇 qiu 3 | 解 解 xie 4
欧阳 歐陽 ouyang 6 | 上官 上官 shangguan 2 | 司马 司馬 sima 2 | 诸葛 諸葛 zhuge 2
"""

#: Characters of given names: simplified, traditional, pinyin without tone.
CHARACTERS = """
爱 愛 ai | 安 安 an | 宾 賓 bin | 彬 彬 bin | 斌 斌 bin | 滨 濱 bin | 勃 勃 bo | 博 博 bo | 波 波 bo | 才 才 cai
材 材 cai | 朝 朝 chao | 潮 潮 chao | 超 超 chao | 晨 晨 chen | 辰 辰 chen | 城 城 cheng | 成 成 cheng | 承 承 cheng | 程 程 cheng
诚 誠 cheng | 春 春 chun | 纯 純 chun | 翠 翠 cui | 丹 丹 dan | 德 德 de | 东 東 dong | 娥 娥 e | 发 發 fa | 坊 坊 fang
放 放 fang | 方 方 fang | 芳 芳 fang | 菲 菲 fei | 霏 霏 fei | 非 非 fei | 飞 飛 fei | 纷 紛 fen | 芬 芬 fen | 丰 豐 feng
凤 鳳 feng | 奉 奉 feng | 封 封 feng | 峰 峰 feng | 枫 楓 feng | 锋 鋒 feng | 富 富 fu | 福 福 fu | 刚 剛 gang | 根 根 gen
桂 桂 gui | 贵 貴 gui | 国 國 guo | 果 果 guo | 过 過 guo | 海 海 hai | 函 函 han | 含 含 han | 寒 寒 han | 晗 晗 han
涵 涵 han | 韩 韓 han | 杭 杭 hang | 航 航 hang | 昊 昊 hao | 毫 毫 hao | 浩 浩 hao | 灏 灝 hao | 皓 皓 hao | 豪 豪 hao
恒 恆 heng | 衡 衡 heng | 红 紅 hong | 华 華 hua | 桦 樺 hua | 画 畫 hua | 花 花 hua | 欢 歡 huan | 会 會 hui | 卉 卉 hui
惠 惠 hui | 慧 慧 hui | 晖 暉 hui | 汇 匯 hui | 辉 輝 hui | 佳 佳 jia | 嘉 嘉 jia | 家 家 jia | 健 健 jian | 剑 劍 jian
建 建 jian | 姜 姜 jiang | 江 江 jiang | 婕 婕 jie | 捷 捷 jie | 杰 傑 jie | 洁 潔 jie | 节 節 jie | 金 金 jin | 净 淨 jing
婧 婧 jing | 敬 敬 jing | 晶 晶 jing | 竞 競 jing | 菁 菁 jing | 靓 靚 jing | 静 靜 jing | 菊 菊 ju | 娟 娟 juan | 涓 涓 juan
绢 絹 juan | 鹃 鵑 juan | 俊 俊 jun | 军 軍 jun | 君 君 jun | 均 均 jun | 钧 鈞 jun | 骏 駿 jun | 凯 凱 kai | 楷 楷 kai
铠 鎧 kai | 克 克 ke | 可 可 ke | 兰 蘭 lan | 岚 嵐 lan | 澜 瀾 lan | 蓝 藍 lan | 垒 壘 lei | 磊 磊 lei | 蕾 蕾 lei
丽 麗 li | 俪 儷 li | 利 利 li | 力 力 li | 励 勵 li | 立 立 li | 莅 蒞 li | 莉 莉 li | 廉 廉 lian | 莲 蓮 lian
连 連 lian | 亮 亮 liang | 良 良 liang | 量 量 liang | 临 臨 lin | 林 林 lin | 琳 琳 lin | 霖 霖 lin | 凌 凌 ling | 岭 嶺 ling
灵 靈 ling | 玲 玲 ling | 铃 鈴 ling | 隆 隆 long | 龙 龍 long | 璐 璐 lu | 路 路 lu | 露 露 lu | 鹿 鹿 lu | 妹 妹 mei
媚 媚 mei | 梅 梅 mei | 美 美 mei | 孟 孟 meng | 梦 夢 meng | 萌 萌 meng | 敏 敏 min | 旻 旻 min | 民 民 min | 闽 閩 min
名 名 ming | 明 明 ming | 茗 茗 ming | 铭 銘 ming | 鸣 鳴 ming | 墨 墨 mo | 沫 沫 mo | 默 默 mo | 娜 娜 na | 纳 納 na
凝 凝 ning | 宁 寧 ning | 诺 諾 nuo | 朋 朋 peng | 棚 棚 peng | 鹏 鵬 peng | 屏 屏 ping | 平 平 ping | 苹 蘋 ping | 萍 萍 ping
其 其 qi | 奇 奇 qi | 棋 棋 qi | 淇 淇 qi | 琪 琪 qi | 倩 倩 qian | 茜 茜 qian | 强 強 qiang | 蔷 薔 qiang | 勤 勤 qin
琴 琴 qin | 卿 卿 qing | 庆 慶 qing | 清 清 qing | 青 青 qing | 秋 秋 qiu | 冉 冉 ran | 然 然 ran | 容 容 rong | 荣 榮 rong
蓉 蓉 rong | 瑞 瑞 rui | 睿 睿 rui | 芮 芮 rui | 锐 銳 rui | 若 若 ruo | 少 少 shao | 生 生 sheng | 世 世 shi | 士 士 shi
施 施 shi | 诗 詩 shi | 书 書 shu | 淑 淑 shu | 舒 舒 shu | 帅 帥 shuai | 丝 絲 si | 思 思 si | 斯 斯 si | 素 素 su
桃 桃 tao | 涛 濤 tao | 滔 滔 tao | 韬 韜 tao | 天 天 tian | 田 田 tian | 亭 亭 ting | 婷 婷 ting | 庭 庭 ting | 廷 廷 ting
同 同 tong | 彤 彤 tong | 桐 桐 tong | 童 童 tong | 为 爲 wei | 伟 偉 wei | 卫 衛 wei | 威 威 wei | 炜 煒 wei | 玮 瑋 wei
纬 緯 wei | 维 維 wei | 苇 葦 wei | 蔚 蔚 wei | 薇 薇 wei | 文 文 wen | 闻 聞 wen | 雯 雯 wen | 夕 夕 xi | 希 希 xi
曦 曦 xi | 汐 汐 xi | 熙 熙 xi | 西 西 xi | 侠 俠 xia | 遐 遐 xia | 霞 霞 xia | 湘 湘 xiang | 祥 祥 xiang | 翔 翔 xiang
详 詳 xiang | 香 香 xiang | 小 小 xiao | 晓 曉 xiao | 筱 筱 xiao | 心 心 xin | 新 新 xin | 昕 昕 xin | 欣 欣 xin | 鑫 鑫 xin
馨 馨 xin | 兴 興 xing | 星 星 xing | 秀 秀 xiu | 旭 旭 xu | 许 許 xu | 宣 宣 xuan | 暄 暄 xuan | 璇 璇 xuan | 萱 萱 xuan
轩 軒 xuan | 雪 雪 xue | 亚 亞 ya | 雅 雅 ya | 严 嚴 yan | 妍 妍 yan | 嫣 嫣 yan | 彦 彥 yan | 烟 煙 yan | 燕 燕 yan
研 研 yan | 砚 硯 yan | 艳 艷 yan | 言 言 yan | 雁 雁 yan | 扬 揚 yang | 杨 楊 yang | 洋 洋 yang | 阳 陽 yang | 姚 姚 yao
瑶 瑤 yao | 耀 耀 yao | 遥 遙 yao | 一 一 yi | 义 義 yi | 亦 亦 yi | 仪 儀 yi | 伊 伊 yi | 依 依 yi | 壹 壹 yi
奕 奕 yi | 宜 宜 yi | 怡 怡 yi | 毅 毅 yi | 艺 藝 yi | 影 影 ying | 瑛 瑛 ying | 盈 盈 ying | 英 英 ying | 莹 瑩 ying
迎 迎 ying | 颖 穎 ying | 勇 勇 yong | 咏 詠 yong | 永 永 yong | 泳 泳 yong | 余 餘 yu | 宇 宇 yu | 愉 愉 yu | 昱 昱 yu
煜 煜 yu | 玉 玉 yu | 瑜 瑜 yu | 禹 禹 yu | 羽 羽 yu | 语 語 yu | 钰 鈺 yu | 雨 雨 yu | 园 園 yuan | 媛 媛 yuan
援 援 yuan | 源 源 yuan | 缘 緣 yuan | 远 遠 yuan | 悦 悅 yue | 月 月 yue | 越 越 yue | 云 雲 yun | 匀 勻 yun | 芸 芸 yun
则 則 ze | 择 擇 ze | 泽 澤 ze | 长 長 zhang | 哲 哲 zhe | 振 振 zhen | 珍 珍 zhen | 真 真 zhen | 贞 貞 zhen | 镇 鎮 zhen
震 震 zhen | 之 之 zhi | 志 志 zhi | 智 智 zhi | 治 治 zhi | 致 致 zhi | 芝 芝 zhi | 芷 芷 zhi | 中 中 zhong | 忠 忠 zhong
姿 姿 zi | 子 子 zi | 梓 梓 zi | 紫 紫 zi
"""

#: The most frequent whole given names by gender and generation, most frequent first, parted by blanks.
POPULAR = {
    (
        "M",
        "old",
    ): "建国 建华 国强 志强 建军 国华 德明 永强 志明 文华 建平 玉明 桂林 金生 福生 海涛 卫东 爱国 红军 援朝 伟 军 勇 明 平 刚 强",
    (
        "M",
        "middle",
    ): "伟 强 磊 军 勇 杰 涛 明 超 刚 鹏 辉 斌 波 鑫 飞 凯 浩 亮 峰 志强 建华 文杰 俊杰 晓东 海波 志伟 宇 帅 旭 洋 健 宁 东 龙 建",
    (
        "M",
        "new",
    ): "浩然 子轩 宇轩 浩宇 子豪 梓豪 俊熙 一鸣 博文 天宇 宇航 子涵 梓睿 俊豪 思远 嘉豪 泽宇 铭轩 皓轩 佳豪 雨泽 子墨 睿 涵 博 轩 晨",
    (
        "F",
        "old",
    ): "秀英 桂英 秀兰 玉兰 桂兰 秀珍 凤英 玉珍 玉英 淑珍 淑兰 秀芳 桂芳 素珍 淑华 惠芳 美兰 翠兰 建华 芳 敏 兰 霞 萍",
    (
        "F",
        "middle",
    ): "芳 娜 敏 静 丽 艳 娟 霞 燕 玲 婷 雪 慧 莉 洁 莹 丹 红 颖 琳 倩 萍 丽娟 晓燕 海燕 丽华 春梅 晓丽 雪梅 秀丽 婷婷 佳 璐 蕾 晶 欢 瑶",
    (
        "F",
        "new",
    ): "子涵 梓萱 欣怡 梓涵 诗涵 可馨 雨桐 一诺 佳怡 思涵 雨欣 梦琪 紫萱 语嫣 若曦 欣妍 子萱 思琪 雅婷 静怡 晓雯 雪怡 涵 萱 悦 彤 瑶",
}

#: First and second characters that other given names are made of, by gender and generation, most frequent first.
COMPOSED = {
    ("M", "old"): ("建国志德永文玉金福海卫爱红振长成世兴", "国华强军明平生林东民良才贵祥发荣安富根忠"),
    ("M", "middle"): ("志建文俊晓海宇伟少永立云春成小振家立庆卫", "强华杰东波伟峰辉涛平军明斌刚飞林江龙祥超勇宁"),
    ("M", "new"): ("子宇浩俊梓博天嘉泽铭皓佳雨思睿一奕承煜明", "轩然豪涵熙文宇航睿远墨辰阳霖泽哲恒翔毅晨鑫"),
    ("F", "old"): ("秀桂玉凤淑素惠美翠春月金爱建菊", "英兰珍芳华梅莲琴香凤云娥荣花芝"),
    ("F", "middle"): ("丽晓海春雪秀美小玉文红佳慧艳婷亚志", "娟燕华梅丽玲芳霞婷萍敏红静英云莉洁琴蓉琳"),
    ("F", "new"): ("子梓欣诗可雨一佳思梦紫语若雅静晓芷雪心馨", "涵萱怡馨桐诺彤琪嫣曦妍婷雯瑶悦汐宁萌菲琳"),
}
