"""Measures and moneys of English: how they are written, and what is said for one and for many."""

from __future__ import annotations

from typing import NamedTuple

from higgs_cli.wording.tokens import Tokens


class UnitWords(NamedTuple):
    """The words for one and for many, and the index behind what was written."""

    one: str
    many: str
    end: int


def _regular(*names: str) -> dict[str, tuple[str, str]]:
    """`km kilometre`: the plural has an s."""
    pairs = (name.split(" ", 1) for name in names)
    return {written: (said, said + "s") for written, said in pairs}


UNITS = {
    **_regular(
        "km kilometre", "kms kilometre", "cm centimetre", "cms centimetre", "mm millimetre",
        "m metre", "kg kilogram", "kgs kilogram", "kilo kilo", "mg milligram", "g gram",
        "gr grain", "grs grain", "lb pound", "lbs pound", "oz ounce", "ozs ounce", "ml millilitre",
        "yd yard", "yds yard", "mi mile", "hr hour", "hrs hour", "h hour", "min minute",
        "mins minute", "sec second", "secs second", "wk week", "wks week", "yr year", "yrs year",
        "mo month", "mos month", "qt quart", "qts quart", "pt pint", "pts pint", "gal gallon",
        "gals gallon", "tsp teaspoon", "tbsp tablespoon", "vol volume", "vols volume",
        "bu bushel", "ac acre", "kW kilowatt",
        "KW kilowatt", "MW megawatt", "W watt", "V volt", "kV kilovolt", "GB gigabyte",
        "MB megabyte", "KB kilobyte", "TB terabyte", "fath fathom", "fms fathom", "dwt pennyweight",
        "tn ton", "bbl barrel", "bbls barrel", "deg degree", "l litre", "ha hectare", 
        "mL millilitre",
    ),
    "ft": ("foot", "feet"), "in": ("inch", "inches"), "ins": ("inch", "inches"),
    "st": ("stone", "stone"), "doz": ("dozen", "dozen"), "cwt": ("hundredweight", "hundredweight"),
    "cwts": ("hundredweight", "hundredweight"), "Hz": ("hertz", "hertz"), "cc": ("C C", "C C"),
    "kHz": ("kilohertz", "kilohertz"), "MHz": ("megahertz", "megahertz"),
    "mph": ("mile per hour", "miles per hour"), "m p h": ("mile per hour", "miles per hour"),
    "kph": ("kilometre per hour", "kilometres per hour"),
    "km / h": ("kilometre per hour", "kilometres per hour"),
    "m / s": ("metre per second", "metres per second"), "hp": ("horsepower", "horsepower"),
    "h p": ("horsepower", "horsepower"), "H P": ("horsepower", "horsepower"),
    "rpm": ("revolution per minute", "revolutions per minute"),
    "r p m": ("revolution per minute", "revolutions per minute"),
    "sq ft": ("square foot", "square feet"), "sq in": ("square inch", "square inches"),
    "sq mi": ("square mile", "square miles"), "sq yds": ("square yard", "square yards"),
    "sq yd": ("square yard", "square yards"), "sq m": ("square metre", "square metres"),
    "sq km": ("square kilometre", "square kilometres"),
    "sq miles": ("square mile", "square miles"), "sq feet": ("square foot", "square feet"),
    "cu ft": ("cubic foot", "cubic feet"), "cu in": ("cubic inch", "cubic inches"),
    "cu yds": ("cubic yard", "cubic yards"), "cu m": ("cubic metre", "cubic metres"),
    "fl oz": ("fluid ounce", "fluid ounces"),
    "m ²": ("square metre", "square metres"), "km ²": ("square kilometre", "square kilometres"),
    "cm ²": ("square centimetre", "square centimetres"), "m ³": ("cubic metre", "cubic metres"),
    "cm ³": ("cubic centimetre", "cubic centimetres"), "ft ²": ("square foot", "square feet"),
    "%": ("percent", "percent"), "‰": ("per thousand", "per thousand"),
    "p c": ("per cent", "per cent"),
}  # fmt: skip
ONLY_TIGHT_OR_POINTED = frozenset(
    ("in", "ins", "h", "sec", "min", "mo", "l", "ac", "deg", "mi", "pt")
)
"""Words of their own as well: behind a space only with a point."""
ONLY_TIGHT = frozenset(("W", "V", "h"))
ONLY_SPACED = frozenset(("st",))
"""`21st` is no weight, `15st` is one."""

CURRENCIES = {
    "$": ("dollar", "dollars", "cent", "cents"),
    "£": ("pound", "pounds", "penny", "pence"),
    "₤": ("pound", "pounds", "penny", "pence"),
    "€": ("euro", "euros", "cent", "cents"),
    "¥": ("yen", "yen", "sen", "sen"),
    "₹": ("rupee", "rupees", "paisa", "paise"),
    "₽": ("rouble", "roubles", "kopeck", "kopecks"),
}
DOLLARS = {
    "US": "U S", "A": "Australian", "AU": "Australian", "C": "Canadian", "CA": "Canadian",
    "Can": "Canadian", "HK": "Hong Kong", "NZ": "New Zealand", "S": "Singapore",
}  # fmt: skip
SCALES = {
    "k": "thousand", "K": "thousand", "m": "million", "M": "million", "mn": "million",
    "bn": "billion", "b": "billion", "B": "billion", "tn": "trillion", "thousand": "thousand",
    "million": "million", "billion": "billion", "trillion": "trillion", "hundred": "hundred",
    "millions": "million", "crore": "crore", "lakh": "lakh",
}  # fmt: skip
COUNTED = frozenset((
    "people", "men", "women", "children", "souls", "lives", "voters", "votes", "users", "readers",
    "viewers", "listeners", "visitors", "tourists", "passengers", "customers", "subscribers",
    "members", "workers", "employees", "jobs", "students", "pupils", "patients", "refugees",
    "inhabitants", "residents", "citizens", "immigrants", "soldiers", "troops", "homes", "houses",
    "households", "families", "cars", "copies", "books", "words", "years", "times", "dollars",
    "pounds", "euros", "francs", "shares", "tons", "tonnes", "acres", "barrels", "Americans",
    "Europeans", "Britons", "adults", "animals", "trees", "cases", "deaths", "followers",
))  # fmt: skip
"""What is counted in thousands and millions: `5m people`, `20k words`."""
COINS = {
    "gs": ("guinea", "guineas"), "gns": ("guinea", "guineas"), "fr": ("franc", "francs"),
    "frs": ("franc", "francs"), "fcs": ("franc", "francs"), "fs": ("franc", "francs"),
    "cts": ("cent", "cents"), "ct": ("cent", "cents"), "sh": ("shilling", "shillings"),
    "shs": ("shilling", "shillings"), "rs": ("rupee", "rupees"), "¢": ("cent", "cents"),
    "p": ("penny", "pence"), "dols": ("dollar", "dollars"), "dol": ("dollar", "dollars"),
    "kr": ("crown", "crowns"), "EUR": ("euro", "euros"), "USD": ("U S dollar", "U S dollars"),
    "GBP": ("pound", "pounds"), "c": ("cent", "cents"),
}  # fmt: skip
"""Moneys behind the number."""


def takes_st(figures: str) -> bool:
    """Is it `21st`? `15st` and `11st` are no ordinals."""
    return figures.endswith("1") and not figures.endswith("11")


def unit_at(tokens: Tokens, index: int) -> UnitWords | None:
    """The unit that begins here, the longest that fits; points between its parts are passed."""
    if tokens.words[index] not in FIRST_PARTS:
        return None
    parts: list[str] = []
    ends: list[int] = []
    at = index
    while len(parts) < 3 and tokens.words[at]:
        parts.append(tokens.words[at])
        at += 1
        ends.append(at)
        if tokens.is_stop(at):
            at += 1
    for count in range(len(parts), 0, -1):
        said = UNITS.get(" ".join(parts[:count]))
        if said is not None:
            return UnitWords(*said, ends[count - 1])
    return None


FIRST_PARTS = frozenset(name.partition(" ")[0] for name in UNITS)
