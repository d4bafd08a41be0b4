"""English names as common as they are: surnames and given names by rank, with a long tail of invented ones.

The commonest of the United States (census of 1990 and 2010) and of Britain, rank by rank in turn; shares fall with the rank.
"""

from random import Random
from typing import Final

_SURNAMES: Final = """
smith johnson jones williams taylor brown garcia wilson miller davis davies rodriguez patel martinez robinson
hernandez wright lopez thompson gonzalez evans walker anderson white thomas roberts green moore hall jackson
martin clarke lee perez wood harris edwards turner sanchez clark cooper ramirez hill lewis ward hughes young
allen king harrison scott baker torres nguyen morris flores khan adams watson nelson parker james rivera bennett
campbell mitchell phillips carter richardson gomez bailey cook singh diaz shaw bell cruz collins morgan kelly
reyes begum stewart cox morales hussain murphy marshall simpson rogers price gutierrez ortiz wilkinson ali
peterson ahmed foster reed ellis howard chapman ramos mason kim gray richards webb stevens brooks lloyd chavez
hunt griffiths mills kaur russell mendoza murray ruiz reid alvarez macdonald castillo mcdonald sanders ross
fraser myers graham long hamilton robertson ferguson jimenez mackenzie powell macleod jenkins cameron perry
grant kerr sullivan knight palmer coleman holmes butler barnes henderson fisher harvey simmons romero elliott
jordan matthews patterson pearson alexander dixon gibson fletcher reynolds fox griffin wallace saunders west
payne cole andrews hayes pearce day bryant ford lawrence dawson atkinson owens armstrong wells burton kennedy
hart woods spencer henry newman chen walsh lane tucker barker porter austin hunter watts hicks crawford hudson
stone gardner hopkins boyd bradley oliver dean bird warren francis carr burns wheeler gordon ryan arnold berry
rice nicholson chambers black byrne daniels obrien oconnor osullivan nichols doyle lynch brennan rose hewitt
bishop hawkins slater dunn parsons perkins holland mccarthy harding sutton stephens gill pierce shah sharma
wagner willis ray watkins freeman olson peters carroll duncan snyder walters cunningham page potter barrett
harper bates burke riley booth carpenter lawson weaver greene french osborne higgins goodwin sims gregory norris
kelley franklin may cross fields marsh schmidt akhtar vasquez miah tran wong montgomery chan kumar williamson
thornton johnston pritchard banks rees meyer howells bowen mccoy howell hargreaves sinclair morrison douglas
hansen paterson fernandez garza craig mclean little mckay muir stanley donaldson george baxter jacobs hancock
barlow hodgson fuller bolton kirby preston gilbert jennings garrett todd moss welch rowe larson frazier briggs
nash hanson fowler morton glover moreno bowman cartwright medina savage hooper brewer stokes hoffman bond
carlson frost silva garner haynes norton weston fleming jensen whitehead vargas horton byrd blake davidson
summers tyler terry blackburn herrera kent wade potts soto webster middleton curtis neal caldwell lowe barnett
graves shelton castro mckinney lucas miles rodriquez holt lambert hale rhodes pena beck mcdaniel mendez bush
vaughn parks santiago hardy love steele curry powers schultz guzman munoz ball keller chandler weber leonard
lyons ramsey wolfe schneider mullins benson sharp daniel barber cummings hines baldwin griffith valdez hubbard
salazar reeves warner stevenson burgess santos tate mann mack dennis mcgee farmer delgado aguilar vega manning
cohen harmon rodgers robbins newton blair ingram reese cannon strickland townsend walton hampton ortega patton
swanson joseph goodman maldonado yates becker erickson hodges rios conner adkins norman malone hammond flowers
cobb moody quinn maxwell pope floyd paul guerrero lindsey estrada sandoval gibbs gross fitzgerald sherman wise
colon alvarado greer padilla simon waters nunez ballard schwartz mcbride houston christensen klein pratt
mclaughlin zimmerman buchanan moran copeland roy pittman brady mccormick holloway brock poole frank logan owen
bass drake jefferson park abbott sparks patrick huff clayton massey figueroa carson bowers roberson barton lamb
harrington casey boone cortez mathis singleton wilkins cain bryan underwood hogan mckenzie collier luna phelps
mcguire allison bridges
""".split()  # noqa: SIM905 - hundreds of them
_MEN: Final = """
james david john robert michael paul william andrew richard charles peter joseph stephen thomas christopher
daniel mark donald alan george simon kenneth ian steven kevin edward graham brian philip ronald anthony keith
jason jonathan matthew neil gary timothy nicholas jose larry jeffrey adam frank stuart scott colin eric martin
derek roger raymond barry gregory trevor joshua malcolm jerry dennis walter patrick harold douglas henry
benjamin carl alexander arthur luke ryan jack joe oliver juan harry jacob albert charlie alfie justin oscar
terry archie gerald leo theo samuel freddie willie ralph lawrence noah ethan roy callum connor bruce liam
brandon jordan nathan aaron fred kieran wayne lewis billy steve craig louis lee jeremy darren dean gavin jamie
ross lucas duncan mason russell logan nigel elijah clive aiden geoffrey howard leslie norman terence gordon ali
ahmed omar hassan ibrahim mohammed muhammad mohammad abdul yusuf owen rhys dylan gareth huw sean declan shane
cameron finlay hamish angus euan max toby dominic marcus joel isaac elliot reece bradley gabriel sebastian jake
kyle tyler
""".split()  # noqa: SIM905 - hundreds of them
_WOMEN: Final = """
mary susan patricia margaret linda christine barbara elizabeth jean jennifer maria sarah karen dorothy
jacqueline lisa julie nancy helen betty janet carol sandra ann donna anne jane ruth sharon maureen michelle
sheila laura pauline gillian kimberly joan deborah judith jessica kathleen shirley marion cynthia valerie angela
wendy melissa brenda lesley amy lynn anna diane rebecca virginia tracey pamela martha nicola debra joanne amanda
stephanie samantha carolyn claire marie louise emma catherine frances rachel joyce victoria alice katherine
alison heather teresa caroline doris fiona gloria evelyn dawn cheryl debbie mildred kelly natalie katie ashley
hannah charlotte rose janice sophie lauren nicole chloe judy emily christina kathy lucy theresa megan beverly
bethany denise georgia tammy olivia irene amelia isla lori ava mia isabella poppy ella lily sophia grace freya
evie daisy harper florence abigail phoebe rosie ruby erin molly holly leah eleanor gemma stacey kirsty zoe
hayley kerry leanne danielle jodie naomi beth fatima aisha maryam zainab priya sunita siobhan niamh aoife ciara
roisin sian bronwen rhian morag eilidh catriona kirsten eileen edna beryl hilary rosemary bernadette bridget
josephine yvonne andrea paula lorraine tina beverley geraldine
""".split()  # noqa: SIM905 - hundreds of them
_COMMONEST_SURNAME: Final = 0.011
_FALL: Final = 0.66
_LISTED_GIVEN: Final = 0.8
_SYLLABLES: Final = (
    (
        [
            "bar",
            "ben",
            "cal",
            "dan",
            "el",
            "far",
            "gar",
            "hol",
            "ir",
            "kel",
            "lan",
            "mar",
            "nor",
            "ol",
            "pen",
            "quin",
            "ros",
            "stan",
            "tor",
            "val",
            "wes",
            "yar",
            "ash",
            "brad",
            "cor",
            "drum",
        ]
    ),
    ("", "a", "e", "i", "o", "der", "ing", "les", "ner", "ter", "ver"),
    (
        [
            "son",
            "ton",
            "ley",
            "man",
            "ford",
            "well",
            "berg",
            "stein",
            "field",
            "worth",
            "ski",
            "er",
            "s",
            "more",
            "land",
            "shaw",
            "by",
            "wood",
            "den",
            "ham",
            "rick",
        ]
    ),
)
_GIVEN_ENDS: Final = {"m": ("o", "an", "en", "us", "ic", "el"), "f": ("a", "ie", "ine", "elle", "ia", "yn")}


def _shares(names: list[str], first: float) -> dict[str, float]:
    return {name: first / (rank + 1) ** _FALL for rank, name in enumerate(dict.fromkeys(names))}


#: Share of each listed surname; the rest of the people have rare ones.
SURNAMES: Final = _shares(_SURNAMES, _COMMONEST_SURNAME)


def _given(names: list[str]) -> dict[str, float]:
    shares = {name: 1 / (rank + 6) ** 0.9 for rank, name in enumerate(dict.fromkeys(names))}
    total = sum(shares.values())
    return {name: share / total * _LISTED_GIVEN for name, share in shares.items()}


#: Share of each listed given name within its gender.
GIVEN: Final = {"m": _given(_MEN), "f": _given(_WOMEN)}


def draw_surname(chance: Random) -> str:
    """A surname: a listed one as often as it is, else one of some thousands that are rare."""
    if chance.random() < sum(SURNAMES.values()):
        return chance.choices(list(SURNAMES), list(SURNAMES.values()))[0]
    return "".join(chance.choice(part) for part in _SYLLABLES)


def draw_given(chance: Random, gender: str) -> str:
    """A given name."""
    if chance.random() < _LISTED_GIVEN:
        return chance.choices(list(GIVEN[gender]), list(GIVEN[gender].values()))[0]
    return chance.choice(_SYLLABLES[0]) + chance.choice(("", "v", "l", "nd", "r")) + chance.choice(_GIVEN_ENDS[gender])
