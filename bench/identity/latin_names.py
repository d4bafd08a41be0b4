"""Names in Latin letters: frequent given and family names of England, Germany, France and Spain, and their short forms."""

#: Family names, most frequent first.
FAMILY_NAMES = (
    "Smith Jones Williams Taylor Brown Davies Evans Wilson Thomas Johnson Roberts Robinson Thompson Wright Walker White "
    "Edwards Hughes Green Hall Lewis Harris Clarke Patel Jackson Wood Turner Martin Cooper Hill Ward Morris Moore Clark "
    "Lee King Baker Harrison Morgan Allen James Scott Phillips Watson Davis Parker Price Bennett Young Griffiths Mitchell "
    "Kelly Cook Carter Richardson Bailey Collins Bell Shaw Murphy Miller Cox Richards Khan Marshall Anderson Simpson Ellis "
    "Adams Singh Begum Wilkinson Foster Chapman Powell Webb Rogers Gray Mason Ali Hunt Hussain Campbell Matthews Owen "
    "Palmer Holmes Mills Barnes Knight Lloyd Butler Russell Barker Fisher Stevens Jenkins Murray Dixon Harvey Müller "
    "Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Schäfer Koch Bauer Richter Klein Wolf Schröder "
    "Neumann Schwarz Zimmermann Braun Krüger Hofmann Hartmann Lange Bernard Dubois Durand Moreau Laurent Simon Michel "
    "Lefèvre Leroy Roux David Bertrand Morel Fournier Girard García Martínez López Sánchez Pérez Gómez Fernández Ruiz "
    "Moreno Muñoz Álvarez Romero Navarro Torres Ramos O'Brien O'Connor McDonald MacLeod Fraser Stewart Reid Robertson "
    "Sutherland Whitehead Pemberton Ashworth Hargreaves Oakley Thornton Bradshaw Cartwright Lockwood Winterbottom"
)

#: Given names by gender and generation, most frequent first.
GIVEN_NAMES = {
    (
        "M",
        "old",
    ): "John David Michael Peter Robert Alan Brian William James Richard Kenneth Roger Keith Colin Terence Hans Klaus Jean Antonio Ronald George Anthony Derek Raymond",
    (
        "M",
        "middle",
    ): "Paul Mark David Andrew Richard Christopher James Simon Michael Matthew Stephen Lee John Robert Darren Daniel Steven Jason Nicholas Jonathan Thomas Stefan Nicolas José Philip Stuart Kevin",
    (
        "M",
        "new",
    ): "Jack Joshua Thomas James Daniel Samuel Oliver William Benjamin Joseph Harry Matthew Lewis Luke George Alexander Ethan Leon Lukas Hugo Pablo Mohammed Callum Ryan Adam",
    (
        "F",
        "old",
    ): "Margaret Mary Susan Patricia Christine Jean Ann Barbara Maureen Sheila Carol Pauline Elizabeth Janet Dorothy Ursula Monique Carmen Brenda Sandra Linda Valerie Judith",
    (
        "F",
        "middle",
    ): "Susan Julie Karen Jacqueline Deborah Tracey Jane Helen Sarah Claire Nicola Emma Lisa Joanne Michelle Samantha Rebecca Katherine Victoria Rachel Anja Isabelle María Alison Amanda Louise",
    (
        "F",
        "new",
    ): "Chloe Emily Jessica Megan Sophie Charlotte Lauren Hannah Olivia Lucy Amy Grace Ella Katie Molly Emma Mia Lea Camille Lucía Abigail Bethany Georgia Leah",
}

#: Short forms in everyday use.
SHORT_FORMS = {
    "Robert": "Bob Rob",
    "William": "Bill Will",
    "Richard": "Dick Rich",
    "James": "Jim Jamie",
    "Michael": "Mike Mick",
    "Margaret": "Maggie Peggy",
    "Elizabeth": "Liz Beth",
    "Patricia": "Pat Trish",
    "Susan": "Sue",
    "Katherine": "Kate Kathy",
    "Thomas": "Tom",
    "Christopher": "Chris",
    "Andrew": "Andy",
    "Anthony": "Tony",
    "Daniel": "Dan",
    "Samuel": "Sam",
    "Benjamin": "Ben",
    "Joseph": "Joe",
    "Matthew": "Matt",
    "Jonathan": "Jon",
    "Nicholas": "Nick",
    "Stephen": "Steve",
    "Steven": "Steve",
    "David": "Dave",
    "Alexander": "Alex",
    "Rebecca": "Becky",
    "Deborah": "Debbie",
    "Samantha": "Sam",
    "Victoria": "Vicky",
    "Jacqueline": "Jackie",
    "Christine": "Chris Tina",
    "Jessica": "Jess",
    "Charlotte": "Lottie Charlie",
    "Abigail": "Abby",
    "Joshua": "Josh",
    "Kenneth": "Ken",
    "Ronald": "Ron",
    "Philip": "Phil",
    "Peter": "Pete",
    "Joanne": "Jo",
    "Amanda": "Mandy",
}

#: County, town, districts.
TOWNS = (
    ("Lancashire", "Manchester", "Didsbury Chorlton Salford Levenshulme"),
    ("West Yorkshire", "Leeds", "Headingley Horsforth Roundhay Armley"),
    ("Bristol", "Bristol", "Clifton Bedminster Redland Horfield"),
    ("West Midlands", "Birmingham", "Edgbaston Moseley Harborne Erdington"),
    ("Merseyside", "Liverpool", "Aigburth Wavertree Crosby Anfield"),
    ("Lothian", "Edinburgh", "Leith Morningside Gorgie Portobello"),
)

#: Streets, most frequent first; every town has them.
STREETS = (
    "High Street|Station Road|Church Lane|London Road|Park Road|Victoria Road|Green Lane|Manor Road|Church Street|Park Avenue|"
    "The Crescent|Queens Road|New Street|Kings Road|Grange Road|Mill Lane|Windsor Road|Alexandra Road|York Road|Main Street|"
    "Springfield Road|Chapel Lane|The Avenue|Highfield Road|Albert Road|School Lane|West Street|Richmond Road|Oak Drive|Elm Close"
)

#: Houses with a name, for buildings with several homes.
HOUSES = "Albion House|Victoria Court|Riverside House|Grove Court|St James Court|Marlborough House|Cedar Court|Kingsway House"
