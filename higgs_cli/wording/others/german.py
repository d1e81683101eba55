"""What German writes in figures and in short."""

from __future__ import annotations

from higgs_cli.wording.others.table import LanguageTable

DATIVE = frozenset((
    "am", "vom", "zum", "zur", "dem", "den", "des", "im", "beim", "seit", "ab", "bis", "einem",
    "einen", "einer", "eines", "seinem", "seinen", "seiner", "ihrem", "ihren", "ihrer", "meinem",
    "meinen", "meiner", "diesem", "diesen", "dieser", "jedem", "jeden", "jeder", "deinem",
))  # fmt: skip
"""Before an ordinal in -en."""
WEAK = frozenset(("der", "die", "das", "dieser", "diese", "dieses", "jede", "jedes", "jeder"))
"""Before one in -e."""
NEUTER = frozenset(("Kapitel", "Jahrhundert", "Mal", "Buch", "Jahr", "Bild", "Stück", "Haus"))
FEMININE = frozenset(("Auflage", "Aufl", "Szene", "Strophe", "Klasse", "Etage"))
ORDINAL_NOUNS = NEUTER | FEMININE | {
    "Stock", "Akt", "Band", "Bd", "Teil", "Weltkrieg", "Brief", "Gesang", "Satz", "Jh",
    "Jahrhunderts", "Jahrhunderte", "Jhdt",
}  # fmt: skip
"""Before them a number with a point is an ordinal."""
SUFFIXES = frozenset((
    "fach", "fache", "fachen", "mal", "jährig", "jährige", "jährigen", "jähriger", "jähriges",
    "stündig", "tägig", "teilig", "er", "ern", "ers", "köpfige", "stellig", "prozentig",
))  # fmt: skip
"""Tight behind figures, they make one word with them."""

GERMAN = LanguageTable(
    language="de", decimal=",", point="Komma", percent="Prozent", minus="minus", to="bis",
    ratio="zu",
    months=("Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September",
            "Oktober", "November", "Dezember"),
    currencies={"€": ("Euro", "Euro"), "$": ("Dollar", "Dollar"), "£": ("Pfund", "Pfund"),
                "EUR": ("Euro", "Euro"), "DM": ("Mark", "Mark"), "RM": ("Reichsmark", "Reichsmark"),
                "CHF": ("Franken", "Franken")},
    units={"km": ("Kilometer", "Kilometer"), "m": ("Meter", "Meter"),
           "cm": ("Zentimeter", "Zentimeter"), "mm": ("Millimeter", "Millimeter"),
           "km²": ("Quadratkilometer", "Quadratkilometer"), "m²": ("Quadratmeter", "Quadratmeter"),
           "qm": ("Quadratmeter", "Quadratmeter"), "m³": ("Kubikmeter", "Kubikmeter"),
           "ha": ("Hektar", "Hektar"), "kg": ("Kilogramm", "Kilogramm"), "g": ("Gramm", "Gramm"),
           "mg": ("Milligramm", "Milligramm"), "t": ("Tonne", "Tonnen"), "l": ("Liter", "Liter"),
           "ml": ("Milliliter", "Milliliter"), "Std": ("Stunde", "Stunden"),
           "Min": ("Minute", "Minuten"), "Sek": ("Sekunde", "Sekunden"),
           "km/h": ("Kilometer pro Stunde", "Kilometer pro Stunde"),
           "°C": ("Grad Celsius", "Grad Celsius"), "°F": ("Grad Fahrenheit", "Grad Fahrenheit"),
           "°": ("Grad", "Grad"), "Mk": ("Mark", "Mark"), "Mio": ("Million", "Millionen"),
           "Mrd": ("Milliarde", "Milliarden"), "Pf": ("Pfennig", "Pfennig"),
           "Tlr": ("Taler", "Taler"), "Gr": ("Groschen", "Groschen"), "Kr": ("Kreuzer", "Kreuzer"),
           "fl": ("Gulden", "Gulden"), "Pfd": ("Pfund", "Pfund"), "Ztr": ("Zentner", "Zentner"),
           "Dtzd": ("Dutzend", "Dutzend"), "PS": ("P S", "P S"), "V": ("Volt", "Volt"),
           "W": ("Watt", "Watt"), "kW": ("Kilowatt", "Kilowatt"), "Hz": ("Hertz", "Hertz")},
    things=frozenset(("kapitel", "kap", "band", "bd", "akt", "teil", "buch", "szene", "nr", "seite",
                      "gesang", "abb", "tafel")),
    abbreviations={
        "z. B.": "zum Beispiel", "d. h.": "das heißt", "d. i.": "das ist",
        "u. a.": "unter anderem", "z. T.": "zum Teil", "u. U.": "unter Umständen",
        "i. d. R.": "in der Regel", "s. o.": "siehe oben", "s. u.": "siehe unten",
        "v. a.": "vor allem", "o. ä.": "oder ähnliches", "o. Ä.": "oder Ähnliches",
        "u. ä.": "und ähnliches", "u. Ä.": "und Ähnliches", "u. dgl.": "und dergleichen",
        "u. s. w.": "und so weiter", "usw.": "und so weiter", "usf.": "und so fort",
        "etc.": "et cetera", "bzw.": "beziehungsweise", "bzgl.": "bezüglich", "ca.": "circa",
        "evtl.": "eventuell", "ggf.": "gegebenenfalls", "inkl.": "inklusive",
        "exkl.": "exklusive", "max.": "maximal", "min.": "minimal", "resp.": "respektive",
        "sog.": "sogenannt", "vgl.": "vergleiche", "m. E.": "meines Erachtens",
        "i. A.": "im Auftrag", "gez.": "gezeichnet", "d. M.": "dieses Monats",
        "d. J.": "dieses Jahres", "d. Gr.": "der Große", "v. J.": "vorigen Jahres",
        "v. Chr.": "vor Christus", "n. Chr.": "nach Christus", "a. D.": "außer Dienst",
        "a. a. O.": "am angegebenen Ort",
        "e. V.": "eingetragener Verein", "ebd.": "ebenda", "Anm.": "Anmerkung",
        "Abb.": "Abbildung", "Tab.": "Tabelle", "Aufl.": "Auflage", "Hrsg.": "Herausgeber",
        "hrsg.": "herausgegeben", "Jg.": "Jahrgang", "Bd.": "Band", "Bde.": "Bände",
        "Kap.": "Kapitel", "Nr.": "Nummer", "Nrn.": "Nummern", "S.": "Seite", "f.": "folgende",
        "ff.": "fortfolgende", "Jh.": "Jahrhundert", "Jhdt.": "Jahrhundert", "Dr.": "Doktor",
        "Prof.": "Professor", "Hr.": "Herr", "Hrn.": "Herrn", "Fr.": "Frau", "Frl.": "Fräulein",
        "St.": "Sankt", "hl.": "heilige", "Hl.": "Heilige", "v.": "von", "Se.": "Seine",
        "Sr.": "Seiner", "Ew.": "Euer", "Exz.": "Exzellenz", "Dipl.-Ing.": "Diplomingenieur",
        "Ing.": "Ingenieur", "Gebr.": "Gebrüder", "Hptm.": "Hauptmann", "Lt.": "Leutnant",
        "Oblt.": "Oberleutnant", "Maj.": "Major", "Gen.": "General", "geb.": "geboren",
        "gest.": "gestorben", "Str.": "Straße", "str.": "straße", "Pl.": "Platz", "Tel.": "Telefon",
        "Hbf.": "Hauptbahnhof", "Bhf.": "Bahnhof", "ev.": "evangelisch", "kath.": "katholisch",
        "Jan.": "Januar", "Febr.": "Februar", "Feb.": "Februar", "Apr.": "April", "Aug.": "August",
        "Sept.": "September", "Okt.": "Oktober", "Nov.": "November", "Dez.": "Dezember",
        "&": "und", "§": "Paragraf", "§§": "Paragrafen",
    },
    may_end=frozenset(("usw.", "usf.", "u. s. w.", "etc.", "u. dgl.", "o. ä.", "o. Ä.", "u. ä.",
                       "u. Ä.", "f.", "ff.", "a. a. O.", "Jh.", "Jhdt.", "v. Chr.", "n. Chr.",
                       "d. M.", "d. J.", "v. J.", "Str.", "a. D.", "e. V.", "ebd.", "Hbf.",
                       "Bhf.")),
    before_figures=frozenset(("S.", "Tab.", "Anm.")),
    behind_figures=frozenset(("f.", "ff.")),
    openers=frozenset(("Er", "Sie", "Es", "Der", "Die", "Das", "Und", "Aber", "Da", "Dann", "Wir",
                       "Ich", "Ein", "Eine", "In", "Als", "Doch", "Nun", "So", "Wenn", "Man",
                       "Nach", "Auf", "Am", "Im", "Sein", "Seine", "Ihr", "Ihre", "Was", "Wer",
                       "Wie")),
    clock="{hour} Uhr {minute}", full_hour="{hour} Uhr", hour_word="Uhr", one="ein",
    feminine_one="eine",
    feminine=frozenset(("Mark", "Reichsmark", "Stunde", "Minute", "Sekunde", "Million", "Milliarde",
                        "Tonne", "Frau")),
    row=frozenset(("und", "bis", "oder")),
    rulers=frozenset(("Friedrich", "Wilhelm", "Karl", "Ludwig", "Heinrich", "Otto", "Georg",
                      "Leopold", "Ferdinand", "Maximilian", "Joseph", "Josef", "Johann", "August",
                      "Peter", "Philipp", "Eduard", "Alexander", "Katharina", "Konrad", "Rudolf")),
)  # fmt: skip
