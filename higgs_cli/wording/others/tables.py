"""What a language writes in figures and in short, one table a language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class LanguageTable:
    """The written forms of a language, with what is said for them."""

    decimal: str
    """The mark before decimals; the other of `.` and `,` stands between thousands."""
    point: str
    """What is said for it."""
    percent: str
    minus: str
    to: str
    """Between the ends of a range."""
    months: tuple[str, ...] = ()
    currencies: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    units: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    abbreviations: Mapping[str, str] = field(default_factory=dict)
    before_capitals: frozenset[str] = frozenset()
    """Abbreviations whose point ends no sentence before a capital."""
    clock: str = "{hour} {minute}"
    full_hour: str = "{hour}"
    hour_word: str = ""
    """What is written behind the hour, besides a colon: `Uhr`, `h`."""
    one: str = ""
    """`1` before a noun, where it differs from counting: `ein`, `un`."""


GERMAN = LanguageTable(
    decimal=",", point="Komma", percent="Prozent", minus="minus", to="bis",
    months=("Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September",
            "Oktober", "November", "Dezember"),
    currencies={"€": ("Euro", "Euro"), "$": ("Dollar", "Dollar"), "£": ("Pfund", "Pfund")},
    units={"km": ("Kilometer", "Kilometer"), "m": ("Meter", "Meter"), "cm": ("Zentimeter",
           "Zentimeter"),
           "mm": ("Millimeter", "Millimeter"), "kg": ("Kilogramm", "Kilogramm"), "g": ("Gramm",
           "Gramm"),
           "l": ("Liter", "Liter"), "Std": ("Stunde", "Stunden"), "Min": ("Minute", "Minuten"),
           "km/h": ("Kilometer pro Stunde", "Kilometer pro Stunde"), "°C": ("Grad Celsius",
           "Grad Celsius"),
           "°": ("Grad", "Grad"), "Mk": ("Mark", "Mark"), "Mio": ("Million", "Millionen"),
           "Pf": ("Pfennig", "Pfennig")},
    abbreviations={"z. B.": "zum Beispiel", "z.B.": "zum Beispiel", "d. h.": "das heißt",
                   "d.h.": "das heißt", "u. a.": "unter anderem", "u.a.": "unter anderem",
                   "usw.": "und so weiter", "bzw.": "beziehungsweise", "Dr.": "Doktor",
                   "Prof.": "Professor", "Hr.": "Herr", "Hrn.": "Herrn", "Fr.": "Frau",
                   "Frl.": "Fräulein",
                   "St.": "Sankt", "Nr.": "Nummer", "S.": "Seite", "Bd.": "Band", "Kap.": "Kapitel",
                   "ca.": "circa", "vgl.": "vergleiche", "Str.": "Straße", "geb.": "geboren",
                   "gest.": "gestorben", "v. Chr.": "vor Christus", "n. Chr.": "nach Christus",
                   "Jh.": "Jahrhundert", "evtl.": "eventuell", "sog.": "sogenannt", "&": "und",
                   "Hptm.": "Hauptmann", "Lt.": "Leutnant", "u. s. w.": "und so weiter",
                   "§": "Paragraf"},
    before_capitals=frozenset(("Dr.", "Prof.", "Hr.", "Hrn.", "Fr.", "Frl.", "St.", "z. B.", "z.B.",
                               "d. h.", "d.h.", "Nr.", "u. a.", "u.a.", "ca.", "vgl.", "v. Chr.",
                               "Hptm.",
                               "Lt.")),
    clock="{hour} Uhr {minute}", full_hour="{hour} Uhr", hour_word="Uhr", one="ein",
)  # fmt: skip

SPANISH = LanguageTable(
    decimal=",", point="coma", percent="por ciento", minus="menos", to="a",
    months=("enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre",
            "octubre", "noviembre", "diciembre"),
    currencies={"€": ("euro", "euros"), "$": ("dólar", "dólares"), "£": ("libra", "libras")},
    units={"km": ("kilómetro", "kilómetros"), "m": ("metro", "metros"), "cm": ("centímetro",
           "centímetros"),
           "kg": ("kilo", "kilos"), "g": ("gramo", "gramos"), "l": ("litro", "litros"),
           "km/h": ("kilómetro por hora", "kilómetros por hora"), "°C": ("grado Celsius",
           "grados Celsius"),
           "°": ("grado", "grados"), "h": ("hora", "horas"), "min": ("minuto", "minutos"),
           "ptas": ("peseta", "pesetas")},
    abbreviations={"Sr.": "señor", "Sra.": "señora", "Srta.": "señorita", "Sres.": "señores",
                   "D.": "don", "Dª": "doña", "D.ª": "doña", "Dña.": "doña", "Dr.": "doctor",
                   "Dra.": "doctora", "Ud.": "usted", "Uds.": "ustedes", "Vd.": "usted",
                   "Vds.": "ustedes",
                   "etc.": "etcétera", "pág.": "página", "págs.": "páginas", "núm.": "número",
                   "n.º": "número", "nº": "número", "cap.": "capítulo", "Sto.": "santo",
                   "Sta.": "santa",
                   "S.": "san", "Avda.": "avenida", "EE. UU.": "Estados Unidos",
                   "EE.UU.": "Estados Unidos", "p. ej.": "por ejemplo", "a. C.": "antes de Cristo",
                   "d. C.": "después de Cristo", "Prof.": "profesor", "Lic.": "licenciado",
                   "vol.": "volumen", "tel.": "teléfono", "&": "y", "§": "párrafo"},
    before_capitals=frozenset(("Sr.", "Sra.", "Srta.", "Sres.", "D.", "Dña.", "Dr.", "Dra.", "Sto.",
                               "Sta.", "S.", "Avda.", "Prof.", "Lic.", "D.ª")),
    clock="{hour} y {minute}", full_hour="{hour}", hour_word="h", one="un",
)  # fmt: skip

FRENCH = LanguageTable(
    decimal=",", point="virgule", percent="pour cent", minus="moins", to="à",
    months=("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre",
            "octobre", "novembre", "décembre"),
    currencies={"€": ("euro", "euros"), "$": ("dollar", "dollars"), "£": ("livre", "livres")},
    units={"km": ("kilomètre", "kilomètres"), "m": ("mètre", "mètres"), "cm": ("centimètre",
           "centimètres"),
           "kg": ("kilo", "kilos"), "g": ("gramme", "grammes"), "l": ("litre", "litres"),
           "km/h": ("kilomètre par heure", "kilomètres par heure"), "°C": ("degré Celsius",
           "degrés Celsius"),
           "°": ("degré", "degrés"), "min": ("minute", "minutes"), "fr": ("franc", "francs"),
           "F": ("franc", "francs")},
    abbreviations={"M.": "monsieur", "MM.": "messieurs", "Mme": "madame", "Mmes": "mesdames",
                   "Mlle": "mademoiselle", "Mlles": "mesdemoiselles", "Mgr": "monseigneur",
                   "Dr": "docteur", "Me": "maître", "St": "saint", "Ste": "sainte",
                   "etc.": "et cetera",
                   "p. ex.": "par exemple", "c.-à-d.": "c'est-à-dire", "n°": "numéro",
                   "N°": "numéro",
                   "p.": "page", "chap.": "chapitre", "vol.": "volume",
                   "av. J.-C.": "avant Jésus-Christ",
                   "apr. J.-C.": "après Jésus-Christ", "boul.": "boulevard", "bd": "boulevard",
                   "env.": "environ", "cf.": "confer", "éd.": "édition", "&": "et",
                   "§": "paragraphe"},
    before_capitals=frozenset(("M.", "MM.", "boul.", "p. ex.")),
    clock="{hour} heures {minute}", full_hour="{hour} heures", hour_word="h", one="un",
)  # fmt: skip

KOREAN = LanguageTable(
    decimal=".", point="점", percent="퍼센트", minus="마이너스", to="에서",
    currencies={"₩": ("원", "원"), "$": ("달러", "달러"), "€": ("유로", "유로")},
    units={"km": ("킬로미터", "킬로미터"), "m": ("미터", "미터"), "cm": ("센티미터", "센티미터"),
           "kg": ("킬로그램", "킬로그램"), "g": ("그램", "그램"), "°C": ("도", "도"),
           "°": ("도", "도")},
    abbreviations={"&": "그리고"},
    clock="{hour}시 {minute}분", full_hour="{hour}시",
)  # fmt: skip

TABLES = {"de": GERMAN, "es": SPANISH, "fr": FRENCH, "ko": KOREAN}
