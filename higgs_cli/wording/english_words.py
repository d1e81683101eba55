"""Abbreviations, units and signs of English, and the words that are said for them."""

from __future__ import annotations

import re

TITLES = {
    "Mr": "Mister",
    "Mrs": "Missus",
    "Ms": "Miz",
    "Dr": "Doctor",
    "Prof": "Professor",
    "Rev": "Reverend",
    "Capt": "Captain",
    "Col": "Colonel",
    "Gen": "General",
    "Lt": "Lieutenant",
    "Sgt": "Sergeant",
    "Cpl": "Corporal",
    "Hon": "Honourable",
    "Gov": "Governor",
    "Sen": "Senator",
    "Mme": "Madame",
    "Mlle": "Mademoiselle",
    "Messrs": "Messieurs",
    "Mt": "Mount",
    "St": "Saint",
}
ABBREVIATIONS = {
    "etc": "et cetera",
    "e.g": "for example",
    "i.e": "that is",
    "vs": "versus",
    "approx": "approximately",
    "dept": "department",
    "Jr": "Junior",
    "Sr": "Senior",
    "Ltd": "Limited",
    "Inc": "Incorporated",
    "Esq": "Esquire",
    "Ave": "Avenue",
    "Blvd": "Boulevard",
    "Rd": "Road",
}
BEFORE_NUMBERS = {
    "No": "number",
    "Nos": "numbers",
    "Vol": "volume",
    "Ch": "chapter",
    "Fig": "figure",
    "pp": "pages",
    "p": "page",
    "ca": "circa",
}
MONTHS = {
    "Jan": "January",
    "Feb": "February",
    "Mar": "March",
    "Apr": "April",
    "Jun": "June",
    "Jul": "July",
    "Aug": "August",
    "Sept": "September",
    "Sep": "September",
    "Oct": "October",
    "Nov": "November",
    "Dec": "December",
}
CURRENCIES = {
    "$": ("dollar", "dollars", "cent", "cents"),
    "£": ("pound", "pounds", "penny", "pence"),
    "€": ("euro", "euros", "cent", "cents"),
    "¥": ("yen", "yen", "sen", "sen"),
}
SCALES = {"k": "thousand", "m": "million", "bn": "billion"}
UNITS = {
    "km/h": ("kilometre per hour", "kilometres per hour"),
    "mph": ("mile per hour", "miles per hour"),
    "km": ("kilometre", "kilometres"),
    "cm": ("centimetre", "centimetres"),
    "mm": ("millimetre", "millimetres"),
    "m": ("metre", "metres"),
    "kg": ("kilogram", "kilograms"),
    "mg": ("milligram", "milligrams"),
    "g": ("gram", "grams"),
    "lbs": ("pound", "pounds"),
    "lb": ("pound", "pounds"),
    "oz": ("ounce", "ounces"),
    "ft": ("foot", "feet"),
    "ml": ("millilitre", "millilitres"),
    "kHz": ("kilohertz", "kilohertz"),
    "Hz": ("hertz", "hertz"),
    "GB": ("gigabyte", "gigabytes"),
    "MB": ("megabyte", "megabytes"),
}
FRACTIONS = {
    "½": "half",
    "1/2": "half",
    "¼": "quarter",
    "1/4": "quarter",
    "¾": "three quarters",
    "3/4": "three quarters",
    "⅓": "third",
    "1/3": "third",
    "⅔": "two thirds",
    "2/3": "two thirds",
}
DEGREES = {"C": "Celsius", "F": "Fahrenheit"}
SENTENCE_OPENER = re.compile(
    r"He|She|It|They|We|You|The|This|That|There|But|And|In|On|At|When|Then|If|A|His|Her|My|Nobody|So"
)
"""After a dotted abbreviation, these begin a sentence; a name would go on with it."""
YEAR_WORD = re.compile(r"in|year|of|since|by|from|until|till|before|after|and|ad", re.IGNORECASE)
"""After these, four figures below 1100 are a year too."""
