"""Names: the surname found in any order, script and courtesy."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from identity.parsing import Name, parse_name, parse_parts


def surname_and_given(written: str) -> tuple[str, str]:
    (name,) = parse_name(written)[0]
    return name.surname, name.given


@pytest.mark.parametrize(
    ("written", "surname", "given"),
    [
        ("张伟", "张", "伟"),
        ("張偉", "张", "伟"),
        (" 张 伟 ", "张", "伟"),
        ("伟 张", "张", "伟"),
        ("张\u200b伟", "张", "伟"),
        ("欧阳娜娜", "欧阳", "娜娜"),
        ("歐陽娜娜", "欧阳", "娜娜"),
        ("司马光", "司马", "光"),
        ("王小明先生", "王", "小明"),
        ("李大伟总经理", "李", "大伟"),
        ("王伟(老客户)", "王", "伟"),
        ("😀张伟", "张", "伟"),
        ("阿卜杜拉·买买提", "", "阿卜杜拉买买提"),
        ("阿卜杜拉•买买提", "", "阿卜杜拉买买提"),
        ("小雪", "", "雪"),
        ("张李子涵", "张", "李子涵"),
        ("夏天的风", "", "夏天的风"),
        ("王者归来", "", "王者归来"),
        ("阿不都拉", "", "阿不都拉"),
        ("李太白", "李", "太白"),
        ("陈浩生", "陈", "浩生"),
        ("张*伟", "张", "*伟"),
        ("*伟", "", "*伟"),
        ("张＊＊", "张", ""),
        ("欧阳**", "欧阳", ""),
        ("欧阳*娜", "欧阳", "*娜"),
        ("李敏收", "李", "敏"),
        ("李敏 亲收", "李", "敏"),
        ("收件人：李敏", "李", "敏"),
        ("王丰收", "王", "丰收"),
        ("令狐冲", "令狐", "冲"),
        ("淳于意", "淳于", "意"),
    ],
)
def test_a_chinese_name_falls_into_surname_and_given_name(written: str, surname: str, given: str) -> None:
    assert surname_and_given(written) == (surname, given)


@pytest.mark.parametrize(
    ("written", "surname", "given"),
    [
        ("CHAN Tai Man, Peter", "chan", "tai man peter"),
        ("CHAN Tai-man, Peter", "chan", "tai-man peter"),
        ("Peter, Chan Tai Man", "chan", "tai man peter"),
        ("Peter CHAN Tai Man", "chan", "tai man peter"),
        ("Mary WONG Siu-ling", "wong", "siu-ling mary"),
        ("KO Chi Suk, Zenobia", "ko", "chi suk zenobia"),
        ("Zenobia KO Chi Suk", "ko", "chi suk zenobia"),
        ("Smith, Kit Ho Yan", "smith", "kit ho yan"),
        ("CHAN, Peter Tai Man", "chan", "peter tai man"),
        ("Wong Ho, Kwan", "wong ho", "kwan"),
        ("Garcia Lopez Ruiz, Maria", "garcia lopez ruiz", "maria"),
        ("Maria GARCIA Lopez", "lopez", "maria garcia"),
        ("Maria, Garcia Lopez Ruiz", "maria", "garcia lopez ruiz"),
    ],
)
def test_a_western_name_may_stand_beside_a_chinese_one(written: str, surname: str, given: str) -> None:
    assert surname_and_given(written) == (surname, given)


@pytest.mark.parametrize(
    ("written", "surname", "gender"),
    [
        ("王先生", "王", "m"),
        ("李女士", "李", "f"),
        ("陈小姐", "陈", "f"),
        ("刘太太", "刘", "f"),
        ("歐陽女士", "欧阳", "f"),
        ("赵老师", "赵", ""),
        ("孙经理", "孙", ""),
        ("周总", "周", ""),
        ("吴姐", "吴", "f"),
        ("陈生", "陈", "m"),
        ("王先生收", "王", "m"),
        ("欧阳女士(收)", "欧阳", "f"),
        ("歐陽太", "欧阳", "f"),
        ("小王", "王", ""),
        ("老李", "李", ""),
        ("小林", "林", ""),
        ("诸葛", "诸葛", ""),
        ("Mr Smith", "smith", "m"),
        ("Mrs. Smith", "smith", "f"),
        ("Dr Smith", "smith", ""),
        ("Frau Müller", "muller", "f"),
        ("Mr van Dyke", "vandyke", "m"),
        ("Dhr. van Dyke", "vandyke", "m"),
        ("Mevrouw Jansen", "jansen", "f"),
        ("Mlle Dupont", "dupont", "f"),
        ("Señora Ruiz", "ruiz", "f"),
        ("Sig. Rossi", "rossi", "m"),
        ("Sig.ra Rossi", "rossi", "f"),
        ("SIG.NA ROSSI", "rossi", "f"),
        ("Dott.ssa Verdi", "verdi", "f"),
        ("Ing. Weber", "weber", ""),
        ("Dipl.-Ing. Weber", "weber", ""),
        ("Frau Dr. med. Weber", "weber", "f"),
        ("Herrn Weber", "weber", "m"),
        ("Pan Kowalski", "kowalski", "m"),
        ("Pani Kowalska", "kowalska", "f"),
        ("Capt. Smith", "smith", ""),
        ("Mstr Smith", "smith", "m"),
        ("Eng. Haddad", "haddad", ""),
        ("Shri Kumar", "kumar", "m"),
        ("Smt. Kumar", "kumar", "f"),
        ("Sayın Yılmaz", "yilmaz", ""),
        ("Sn. Yılmaz", "yilmaz", ""),
        ("Bapak Santoso", "santoso", "m"),
        ("Ibu Wulandari", "wulandari", "f"),
    ],
)
def test_a_courtesy_title_leaves_a_surname(written: str, surname: str, gender: str) -> None:
    names, found = parse_name(written)
    assert [(name.surname, name.given) for name in names] == [(surname, "")]
    assert found == gender


@pytest.mark.parametrize(
    ("given_name", "gender", "which"),
    [
        ("BABY BOY", "m", ""),
        ("BABYGIRL", "f", ""),
        ("Newborn", "", ""),
        ("INFANT", "", ""),
        ("BABY", "", ""),
        ("BOY", "m", ""),
        ("TWIN A", "", "a"),
        ("Twin B", "", "b"),
        ("BABY GIRL 2", "f", "b"),
        ("Baby Boy of Mary", "m", ""),
    ],
)
def test_a_newborn_without_a_name_has_a_surname_alone(given_name: str, gender: str, which: str) -> None:
    assert parse_parts("Smith", given_name) == ((Name("smith", "", generation=which),), gender)
    assert parse_parts("", given_name) == ((), gender)


@pytest.mark.parametrize("written", ["BABY BOY SMITH", "Smith, Baby Boy", "Smith Baby Boy", "Baby Boy of Mary Smith"])
def test_a_newborn_in_one_column_has_a_surname_alone(written: str) -> None:
    assert parse_name(written) == ((Name("smith", ""),), "m")


@pytest.mark.parametrize(("written", "gender"), [("王芳之子", "m"), ("王芳之女", "f"), ("欧阳娜娜之女婴", "f")])
def test_a_child_called_after_its_mother_has_no_name_yet(written: str, gender: str) -> None:
    assert parse_name(written) == ((), gender)
    assert parse_parts(written[0], written[1:]) == ((), gender)


@pytest.mark.parametrize("written", ["Boy Jansen", "Baby Kumar", "Girl Smith", "Twin Peaks", "李之女", "王之子轩"])
def test_what_some_are_called_is_a_name(written: str) -> None:
    assert all(name.given for name in parse_name(written)[0])


@pytest.mark.parametrize(
    ("written", "surname", "given"),
    [
        ("Sig Hansen", "hansen", "sig"),
        ("Phil Smith", "smith", "phil"),
        ("Dr Phil Smith", "smith", "phil"),
        ("Sig.ra Anna Rossi", "rossi", "anna"),
        ("Rossi, Dott.ssa Anna", "rossi", "anna"),
        ("Pani Anna Kowalska", "kowalska", "anna"),
        ("Pan Wei Ming", "pan", "wei ming"),
        ("Pan Chih-ming", "chih-ming", "pan"),
        ("Pan Michael", "michael", "pan"),
        ("Bayan Hassan", "hassan", "bayan"),
        ("M. Martin", "martin", "m"),
        ("Lt. Col. John Smith", "smith", "john"),
        ("Col Smith", "smith", "col"),
        ("Maj Berg", "berg", "maj"),
        ("Hon Wong", "wong", "hon"),
    ],
)
def test_a_title_is_told_from_a_name(written: str, surname: str, given: str) -> None:
    assert surname_and_given(written) == (surname, given)


@pytest.mark.parametrize(
    ("written", "surname", "given"),
    [
        ("Hans & Petra Müller", "muller", "hans petra"),
        ("Hans und Petra Müller", "muller", "hans petra"),
        ("Hans u. Petra Müller", "muller", "hans petra"),
        ("HANS UND PETRA MÜLLER", "muller", "hans petra"),
        ("Hans Müller + Petra Müller", "muller", "hans petra"),
        ("Müller, Hans & Petra", "muller", "hans petra"),
        ("John and Mary Smith", "smith", "john mary"),
        ("Marco e Giulia Rossi", "rossi", "marco giulia"),
        ("Marco Rossi e Anna Bianchi", "bianchi", "marco rossi anna"),
        ("Rossi, Marco e Giulia", "rossi", "marco giulia"),
        ("Jan en Marie Jansen", "jansen", "jan marie"),
        ("Иван и Мария Петровы", "petrovy", "ivan mariia"),
        ("Mr & Mrs John Smith", "smith", "john"),
        ("Dr. and Mrs. Smith", "smith", ""),
        ("Herr und Frau Müller", "muller", ""),
        ("M. et Mme Martin", "martin", ""),
        ("Sig. e Sig.ra Rossi", "rossi", ""),
        ("Dhr. en Mevr. van Dyke", "vandyke", ""),
        ("Pan i Pani Nowak", "nowak", ""),
        ("Familie Müller", "muller", ""),
        ("Famille Martin", "martin", ""),
        ("Fam. Jansen", "jansen", ""),
        ("Eheleute Müller", "muller", ""),
        ("The Smith Family", "smith", ""),
        ("John Smith & Family", "smith", "john"),
        ("Garry or Anna Smith", "smith", "garry anna"),
        ("Garry Smith or Anna Jones", "jones", "garry smith anna"),
        ("Hans oder Petra Müller", "muller", "hans petra"),
    ],
)
def test_a_name_of_two_people_or_a_family_is_that_of_a_household(written: str, surname: str, given: str) -> None:
    (name,), gender = parse_name(written)
    assert (name.surname, name.given, name.is_household, gender) == (surname, given, True, "")


@pytest.mark.parametrize(
    "written",
    [
        "José Ortega y Gasset",
        "Ortega y Gasset, José",
        "Ortega y Gasset José",
        "Maria Costa e Silva",
        "Josep Puig i Martí",
        "Karl von und zu Guttenberg",
        "Hans U. Müller",
        "JOHN E ANN SMITH",
        "Li En Hua",
        "nguyen thi y nhi",
        "Anders And",
        "Fam Wei",
        "Herr/Frau Müller",
        "M. E. Ms",
        "Andy Smith",
        "Tal Or Cohen",
        "Tal or Cohen",
        "王和",
        "张伟 & 李娜",
    ],
)
def test_a_name_that_holds_such_a_word_rightly_is_one_persons(written: str) -> None:
    assert [name.is_household for name in parse_name(written)[0]] == [False]


@pytest.mark.parametrize(
    ("family", "given_name", "surname", "first"),
    [
        ("Müller", "Hans & Petra", "muller", "hans petra"),
        ("Rossi", "Marco e Giulia", "rossi", "marco giulia"),
        ("Smith", "Mr & Mrs", "smith", ""),
        ("Müller", "Familie", "muller", ""),
        ("Familie Müller", "", "muller", ""),
        ("Familie Müller", "Hans", "muller", "hans"),
    ],
)
def test_a_household_in_two_columns(family: str, given_name: str, surname: str, first: str) -> None:
    assert parse_parts(family, given_name) == ((Name(surname, first, is_household=True),), "")


@pytest.mark.parametrize(
    ("family", "given_name"), [("Costa e Silva", "Maria"), ("Family", "John"), ("Puig i Cadafalch", "Josep")]
)
def test_a_surname_that_holds_such_a_word_is_one_persons(family: str, given_name: str) -> None:
    assert [name.is_household for name in parse_parts(family, given_name)[0]] == [False]


@pytest.mark.parametrize(
    ("written", "generation"),
    [
        ("John Smith Jr.", "2"),
        ("John Smith II", "2"),
        ("John Smith 3rd", "3"),
        ("Smith, John, Sr", "1"),
        ("Smith Jnr, John", "2"),
        ("Sr. Juan García", ""),
        ("John Smith MD", ""),
    ],
)
def test_what_stands_behind_a_name_tells_its_generation(written: str, generation: str) -> None:
    assert [name.generation for name in parse_name(written)[0]] == [generation]


@pytest.mark.parametrize(
    ("written", "surname", "given"),
    [
        ("John Smith", "smith", "john"),
        ("Smith, John", "smith", "john"),
        ("SMITH John", "smith", "john"),
        ("Mr. John Smith Jr.", "smith", "john"),
        ("José García", "garcia", "jose"),
        ("Sean O'Brien", "obrien", "sean"),
        ("Ludwig van der Rohe", "vanderrohe", "ludwig"),
        ("Mary Smith-Jones", "smith-jones", "mary"),
        ("John M. Smith", "smith", "john m"),
        ("Smith John J", "smith", "john j"),
        ("J Smith", "smith", "j"),
        ("John S.", "s", "john"),
        ("Li Xiao E", "li", "xiao e"),
        ("Al Smith", "smith", "al"),
        ("Van Morrison", "morrison", "van"),
        ("Mac Miller Jr", "miller", "mac"),
        ("Van J Morrison", "morrison", "van j"),
        ("Van Morrison, Al", "vanmorrison", "al"),
        ("Morrison, Van J", "morrison", "van j"),
        ("Bin Wang", "wang", "bin"),
        ("Wang Bin", "wang", "bin"),
        ("Wei Du", "du", "wei"),
        ("De Souza", "", "desouza"),
        ("van der Berg", "", "vanderberg"),
        ("Maria de la Cruz", "delacruz", "maria"),
        ("ZHANG Wei", "zhang", "wei"),
        ("Wei ZHANG", "zhang", "wei"),
        ("Zhang Weiming", "zhang", "weiming"),
        ("Zhang Wei", "zhang", "wei"),
        ("Wei Zhang", "zhang", "wei"),
        ("Weiming Zhang", "zhang", "weiming"),
        ("Zhāng Xiǎomíng", "zhang", "xiaoming"),
        ("zhang1 xiao3ming2", "zhang", "xiao ming"),
        ("zhangxiaoming", "zhang", "xiaoming"),
        ("Ouyang Nana", "ouyang", "nana"),
        ("david", "", "david"),
    ],
)
def test_a_latin_name_falls_into_surname_and_given_name(written: str, surname: str, given: str) -> None:
    assert surname_and_given(written) == (surname, given)


@pytest.mark.parametrize(
    "written",
    ["", " ", "-", "匿名", "微信用户", "momo", "老顾客", "支付宝用户", "收银员", "kitty92", "x_1990", "Cash Sale", "Counter Sales", "Home", "The Boss", "online customer 12", "用户12345", "会员", "散客", "先生", "guest", "Customer 17", "Guest User", "Guest Customer", "No Last Name", "walk-in", "138", "?", "无", "unknown", "****",
     "test test", "Test Testing", "n/a n/a", "N/A, N/A", "None None", "asdf asdf", "Asdfgh", "qwerty", "Test Order"],
)  # fmt: skip
def test_what_means_nobody_is_no_name(written: str) -> None:
    assert parse_name(written) == ((), "")


@pytest.mark.parametrize(
    ("written", "surname", "given"),
    [("Mark Tester", "tester", "mark"), ("Christopher Null", "null", "christopher"), ("Na Na", "na", "na")],
)
def test_a_filler_beside_a_name_is_a_name(written: str, surname: str, given: str) -> None:
    assert surname_and_given(written) == (surname, given)


@pytest.mark.parametrize(
    ("written", "given"), [("zhang1wei3", "wei"), ("wei3", "wei"), ("Zhang Wei 3", "wei"), ("王伟2", "伟")]
)
def test_tones_and_numbers_beside_a_name_do_not_make_a_handle(written: str, given: str) -> None:
    assert [name.given for name in parse_name(written)[0]] == [given]


@pytest.mark.parametrize(
    ("written", "given"),
    [
        ("果果", "果果"),
        ("小鱼儿", "鱼儿"),
        ("Gaffer", "gaffer"),
        ("阿强", "强"),
        ("阿陈", "陈"),
        ("小强", "强"),
        ("小红", "红"),
        ("老强", "强"),
        ("包租婆", "包租婆"),
        ("平安是福", "平安是福"),
        ("宁妈妈", "宁妈妈"),
        ("兰🌸", "兰"),
    ],
)
def test_a_name_without_a_surname_is_unsure(written: str, given: str) -> None:
    assert parse_name(written)[0] == (Name("", given, is_ordered=False),)


@pytest.mark.parametrize("written", ["桂英🌸", "★桂英★", "♥桂英"])
def test_two_characters_beside_a_picture_may_be_a_given_name(written: str) -> None:
    assert parse_name(written)[0] == (Name("桂", "英", is_ordered=False),)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("刘桂英🌸", Name("刘", "桂英")),
        ("桂英", Name("桂", "英")),
        ("王先生🌸", Name("王", "")),
        ("桂英!", Name("桂", "英")),
    ],
)
def test_other_names_keep_their_surname_beside_a_picture(written: str, name: Name) -> None:
    assert parse_name(written)[0] == (name,)


def test_both_scripts_in_one_field_are_two_names() -> None:
    for written in ("张伟 David", "张伟(David)", "David（张伟）"):
        assert [(n.surname, n.given) for n in parse_name(written)[0]] == [("张", "伟"), ("", "david")]


@pytest.mark.parametrize(
    ("family", "given_name", "expected"),
    [
        ("张", "伟", Name("张", "伟")),
        ("張", "偉", Name("张", "伟")),
        ("伟", "张", Name("张", "伟")),
        ("张", "张伟", Name("张", "伟")),
        ("张", "先生", Name("张", "")),
        ("张", "", Name("张", "")),
        ("张", "无", Name("张", "")),
        ("", "伟明", Name("", "伟明")),
        ("", "文静", Name("", "文静")),
        ("", "张伟明", Name("张", "伟明")),
        ("Smith", "John Paul", Name("smith", "john paul")),
        ("van der Berg", "Mr John", Name("vanderberg", "john")),
        ("Rossi", "Sig.ra Anna", Name("rossi", "anna")),
        ("", "John Smith", Name("smith", "john", is_ordered=False)),
        ("Smith", "", Name("smith", "")),
        ("Smith Jr", "John", Name("smith", "john", generation="2")),
        ("Smith", "John William Sr", Name("smith", "john william", generation="1")),
        ("Smith-Jones, III", "Mary", Name("smith-jones", "mary", generation="3")),
        ("Smith", "NMN", Name("smith", "")),
        ("Md", "Rahim", Name("md", "rahim")),
        ("Smith Jr.", "", Name("smith", "")),
        ("No Last Name", "John", Name("", "john")),
        ("Smith", "No First Name", Name("smith", "")),
        ("Customer", "John", Name("", "john")),
        ("微信用户", "张伟明", Name("张", "伟明")),
        ("张", "老顾客", Name("张", "")),
        ("Guest", "Judith", Name("guest", "judith")),
        ("Cash", "Johnny", Name("cash", "johnny")),
        ("House", "Mary", Name("house", "mary")),
        ("顾", "客生", Name("顾", "客生")),
        ("陈", "吉吉", Name("陈", "喆")),
        ("Garcia Sr", "Juan", Name("garcia", "juan", generation="1")),
        ("Bowen", "", Name("bowen", "")),
        ("", "Linda", Name("", "linda")),
        ("Van Dyke", "", Name("vandyke", "")),
        ("", "Van Dyke", Name("dyke", "van", is_ordered=False)),
        ("Morrison", "Van J", Name("morrison", "van j")),
        ("Cruz", "Maria de la Luz", Name("cruz", "maria delaluz")),
        ("Mc Donald", "Al", Name("mcdonald", "al")),
        ("", "Lin Da", Name("lin", "da", is_ordered=False)),
    ],
)
def test_names_in_two_columns(family: str, given_name: str, expected: Name) -> None:
    assert parse_parts(family, given_name)[0] == (expected,)


@pytest.mark.parametrize(
    ("family", "given_name"),
    [
        ("Customer", "Guest"),
        ("Guest", "Customer"),
        ("Customer", "Valued"),
        ("Cash", "Sale"),
        ("Sale", "Cash"),
        ("In", "Walk"),
        ("Walk-in", ""),
        ("", "Walk-in"),
        ("Unknown", "Guest"),
        ("No Last Name", "No First Name"),
        ("User", "Guest"),
        ("顾客", "散客"),
        ("顾客", ""),
        ("微信用户", "匿名"),
        ("Test", "Tester"),
        ("asdf", "Asdf"),
    ],
)
def test_two_columns_that_mean_nobody_are_no_name(family: str, given_name: str) -> None:
    assert parse_parts(family, given_name) == ((), "")


def test_two_words_in_the_column_of_surnames_may_be_two_surnames() -> None:
    guessed = Name("ripa", "martinez", is_ordered=False)
    assert parse_parts("Martinez Ripa", "")[0] == (Name("martinez ripa", ""), guessed)
    assert parse_parts("", "Martinez Ripa")[0] == (guessed,)


@pytest.mark.parametrize("family", ["John Smith", "Smith John", "Smith, J", "Zhang Wei", "Ripa M", "张伟"])
def test_a_whole_name_in_the_column_of_surnames_is_one_name(family: str) -> None:
    assert parse_parts(family, "") == parse_name(family)


def test_two_empty_columns_are_no_name() -> None:
    assert parse_parts("", " ") == ((), "")
    assert parse_parts("无", "N/A") == ((), "")


WRITTEN = st.text(alphabet="张王欧阳伟明小老先生女士· *(),.-12Aab é", max_size=10) | st.text(max_size=12)


@given(WRITTEN, WRITTEN)
@example("*", "*")
@example("BABY BOY 123", "TWIN A")
@example("Familie & 1", "Mr & Mrs")
@example("12", "& Familie")
@example("Ⅻ", "ß")
def test_no_writing_breaks_the_reader_and_no_part_has_blanks_around(one: str, other: str) -> None:
    for name in (*parse_name(one)[0], *parse_parts(one, other)[0]):
        assert name.surname or name.given
        assert (name.surname.strip(), name.given.strip()) == (name.surname, name.given)


@given(st.sampled_from("张王李赵"), st.text("伟明芳静", min_size=1, max_size=2))
def test_what_is_normal_stays_as_it_is(surname: str, rest: str) -> None:
    assert parse_name(surname + rest)[0] == (Name(surname, rest),)


@pytest.mark.parametrize(
    ("family", "given_name", "surname", "first"),
    [
        ("Berg", "Jan van der", "vanderberg", "jan"),
        ("Berg", "Jan v.d.", "vanderberg", "jan"),
        ("V.D. Berg", "Jan", "vanderberg", "jan"),
        ("Berg", "V.D.", "berg", "v d"),
        ("Berg van der", "Jan", "vanderberg", "jan"),
        ("Berg, van der", "Jan", "vanderberg", "jan"),
        ("Cruz", "Juan de la", "delacruz", "juan"),
        ("de los Santos", "Ana", "delossantos", "ana"),
        ("Hoff", "Jan van 't", "vanthoff", "jan"),
        ("van 't Hoff", "Jan", "vanthoff", "jan"),
        ("Guttenberg", "Karl von und zu", "vonundzuguttenberg", "karl"),
        ("Berg", "Anna Vanda", "berg", "anna vanda"),
        ("Wang", "Xiao Di", "wang", "xiao di"),
        ("Nguyen", "Hong Van", "nguyen", "hong van"),
        ("Nguyen", "Van An", "nguyen", "vanan"),
        ("Lam", "Hong Van", "lam", "hong van"),
        ("Van", "Jan", "van", "jan"),
        ("Cruz", "de la", "cruz", "dela"),
    ],
)
def test_particles_stand_before_the_surname_wherever_lists_put_them(
    family: str, given_name: str, surname: str, first: str
) -> None:
    assert parse_parts(family, given_name) == ((Name(surname, first),), "")
    assert parse_name(f"{family.replace(',', '')}, {given_name}") == parse_parts(family, given_name)


@pytest.mark.parametrize(("written", "surname"), [("于是之", "于"), ("柳如是", "柳"), ("王很美", "王")])
def test_words_of_sentences_stand_in_some_given_names(written: str, surname: str) -> None:
    assert [name.surname for name in parse_name(written)[0]] == [surname]
