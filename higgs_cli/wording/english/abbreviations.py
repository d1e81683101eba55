"""The abbreviations of English: what each stands for, by how its point behaves."""

from __future__ import annotations

TITLES = {
    "Mr": "Mister", "Mrs": "Missus", "Ms": "Miz", "Dr": "Doctor", "Prof": "Professor",
    "Rev": "Reverend", "Rt": "Right", "Revd": "Reverend", "Capt": "Captain", "Col": "Colonel",
    "Gen": "General", "Genl": "General", "Lt": "Lieutenant", "Lieut": "Lieutenant",
    "Sgt": "Sergeant", "Sergt": "Sergeant", "Serjt": "Serjeant", "Cpl": "Corporal",
    "Maj": "Major", "Pte": "Private", "Pvt": "Private", "Adm": "Admiral", "Brig": "Brigadier",
    "Cmdr": "Commander", "Comdr": "Commander", "Hon": "Honourable", "Gov": "Governor",
    "Sen": "Senator", "Rep": "Representative", "Pres": "President", "Supt": "Superintendent",
    "Insp": "Inspector", "Det": "Detective", "Mme": "Madame", "Mdme": "Madame",
    "Mlle": "Mademoiselle", "Mons": "Monsieur", "Messrs": "Messieurs", "Mgr": "Monsignor",
    "Msgr": "Monsignor", "MM": "Messieurs", "Bp": "Bishop", "Abp": "Archbishop",
    "Archd": "Archdeacon", "Ven": "Venerable", "Fr": "Father", "Bro": "Brother",
    "Mt": "Mount", "Ft": "Fort", "Ste": "Sainte", "Ald": "Alderman", "Amb": "Ambassador",
    "Atty": "Attorney", "Dna": "Doña", "Sra": "Señora", "Srta": "Señorita", "Frl": "Fräulein",
    "Jas": "James", "Wm": "William", "Chas": "Charles", "Geo": "George", "Jno": "John",
    "Thos": "Thomas", "Robt": "Robert", "Benj": "Benjamin", "Saml": "Samuel", "Danl": "Daniel",
    "Edw": "Edward", "Edwd": "Edward", "Fredk": "Frederick",
    "Richd": "Richard", "Jos": "Joseph", "Nath": "Nathaniel", "Eliz": "Elizabeth",
    "Archibd": "Archibald", "Wilm": "William", "Matth": "Matthew",
}  # fmt: skip
"""Before a name: their point never ends a sentence there."""

BARE_TITLES = frozenset((
    "Mr", "Mrs", "Ms", "Dr", "Prof", "Rev", "Revd", "Capt", "Col", "Lt", "Lieut", "Sgt", "Cpl",
    "Mme", "Mlle", "Messrs", "Mt", "Wm", "Chas", "Thos", "Geo",
))  # fmt: skip
"""Also without a point, as modern British books have them."""

BEFORE_NUMBERS = {
    "No": "number", "no": "number", "Nos": "numbers", "nos": "numbers", "No's": "numbers",
    "Nº": "number", "nº": "number",
    "Vol": "volume", "vol": "volume", "Vols": "volumes", "vols": "volumes",
    "Ch": "chapter", "ch": "chapter", "Chap": "chapter", "chap": "chapter", "Chaps": "chapters",
    "chaps": "chapters", "CHAP": "chapter", "Bk": "book", "bk": "book", "BK": "book",
    "Pt": "part", "pt": "part", "PT": "part", "Sc": "scene", "sc": "scene",
    "Fig": "figure", "fig": "figure", "Figs": "figures", "figs": "figures", "FIG": "figure",
    "pp": "pages", "p": "page", "ca": "circa", "Ca": "circa",
    "r": "reigned", "cols": "columns", "c": "circa", "b": "born", "d": "died",
    "fl": "flourished", "l": "line", "ll": "lines", "v": "verse", "vv": "verses",
    "sec": "section", "Sec": "section", "sect": "section", "Sect": "section", "SEC": "section",
    "art": "article", "Art": "article", "ART": "article", "par": "paragraph", "para": "paragraph",
    "Par": "paragraph", "pl": "plate", "Pl": "plate", "PL": "plate", "fol": "folio", "f": "folio",
    "ff": "folios", "n": "note", "col": "column", "cap": "chapter", "lib": "book", "tom": "tome",
    "Op": "opus", "op": "opus", "lat": "latitude", "Lat": "latitude", "long": "longitude",
    "Long": "longitude", "Ep": "epistle", "ep": "epistle", "st": "stanza", "Apt": "apartment",
    "Rm": "room", "Ex": "example", "ex": "example", "aet": "aged", "ætat": "aged", "æt": "aged",
    "AD": "A D", "Tel": "telephone", "tel": "telephone", "Regt": "regiment",
}  # fmt: skip
"""Only before a figure or a Roman numeral."""

INNER = {
    "viz": "namely", "temp": "temperature", "cf": "compare", "vs": "versus",
    "approx": "approximately",
    "ibid": "ibidem", "Ibid": "ibidem", "vid": "see", "vide": "vide", "incl": "including",
    "excl": "excluding", "esp": "especially", "orig": "originally", "trans": "translated by",
    "transl": "translated by", "ed": "edited by", "introd": "introduction", "abbr": "abbreviated",
    "Viz": "namely", "Cf": "compare", "tr": "translated by", "asst": "assistant",
    "Dept": "Department", "Asst": "Assistant", "Hist": "History", "Bldg": "Building",
    "Intl": "International", "Natl": "National", "Assn": "Association", "Univ": "University",
    "Govt": "Government", "govt": "government", "Parl": "Parliament",
    "Eccles": "Ecclesiastical", "Phil": "Philosophical", "Soc": "Society", "Trans": "Transactions",
    "Proc": "Proceedings",
}  # fmt: skip
"""Within a sentence: their point ends one only where the text ends."""

ENDING = {
    "etc": "et cetera", "Etc": "et cetera", "ETC": "et cetera", "Jr": "Junior", "jr": "junior",
    "JR": "Junior", "Sr": "Senior", "Jun": "Junior", "jun": "junior", "Junr": "Junior",
    "sen": "senior", "Senr": "Senior", "Ltd": "Limited", "Inc": "Incorporated",
    "Esq": "Esquire", "esq": "esquire", "ESQ": "Esquire", "Esqr": "Esquire", "Bart": "Baronet",
    "Bt": "Baronet", "Knt": "Knight", "Co": "Company", "co": "company", "Cos": "Companies",
    "Bros": "Brothers", "Corp": "Corporation", "Ave": "Avenue", "Blvd": "Boulevard",
    "Rd": "Road", "Sq": "Square", "Ct": "Court", "Ln": "Lane", "Pk": "Park", "Terr": "Terrace",
    "Hwy": "Highway", "inst": "instant", "ult": "ultimo", "prox": "proximo", "al": "al",
    "Cantab": "Cantab", "misc": "miscellaneous", "Regt": "Regiment", "regt": "regiment",
    "dept": "department", "do": "ditto", "Anon": "Anonymous",
    "cent": "cent", "MS": "manuscript", "MSS": "manuscripts", "mss": "manuscripts",
    "ms": "manuscript", "advt": "advertisement",
    "Mus": "Music", "Messrs": "Messieurs", "servt": "servant", "obdt": "obedient",
    "Yrs": "Yours", "affly": "affectionately", "Affly": "Affectionately",
    "recd": "received", "Acct": "Account", "acct": "account", "afft": "affectionate",
}  # fmt: skip
"""Where a sentence may end as well: a capital after them decides."""

ONLY_AFTER = {
    "cent": {"per"}, "al": {"et"}, "do": {","}, "co": {"&", "and"}, "sen": {","}, "Jun": {","},
    "inst": {"th", "st", "nd", "rd", "the", "d"}, "ult": {"th", "st", "nd", "rd", "the", "d"},
    "prox": {"th", "st", "nd", "rd", "the", "d"}, "ms": {"the", "a", "his", "her"},
    "ed": {",", ".", "("}, "tr": {",", ".", "("}, "trans": {",", ".", "("},
    "Trans": {"Phil"}, "Phil": {"."},
}  # fmt: skip
"""Those that are words as well: what must stand before them."""

DOTTED = {
    "n.e": "north-east", "n.w": "north-west", "s.e": "south-east", "s.w": "south-west",
    "a.m": "a m", "p.m": "p m", "e.g": "for example", "i.e": "that is", "q.v": "which see",
    "m.p.h": "miles per hour", "h.p": "horsepower", "r.p.m": "revolutions per minute",
    "o.k": "okay", "s.v": "under the word", "v.s": "versus",
    "ph.d": "P H D", "litt.d": "Litt D", "d.phil": "D Phil", "b.sc": "B S C", "m.sc": "M S C",
    "d.sc": "D S C", "ll.d": "L L D", "ll.b": "L L B", "b.ed": "B Ed", "mus.d": "Mus D",
    "op.cit": "opere citato", "loc.cit": "loco citato", "et.seq": "et sequentes",
    "f.o.b": "F O B", "p.t.o": "P T O",
}  # fmt: skip
"""With points inside."""

PLACES = {
    "Ala": "Alabama", "Ark": "Arkansas", "Ariz": "Arizona", "Cal": "California",
    "Calif": "California", "Colo": "Colorado", "Conn": "Connecticut", "Del": "Delaware",
    "Fla": "Florida", "Ga": "Georgia", "Ill": "Illinois", "Ind": "Indiana", "Kan": "Kansas",
    "Kans": "Kansas", "Ky": "Kentucky", "La": "Louisiana", "Mass": "Massachusetts",
    "Md": "Maryland", "Mich": "Michigan", "Minn": "Minnesota", "Miss": "Mississippi",
    "Mo": "Missouri", "Mont": "Montana", "Neb": "Nebraska", "Nev": "Nevada", "Okla": "Oklahoma",
    "Ore": "Oregon", "Pa": "Pennsylvania", "Penn": "Pennsylvania", "Tenn": "Tennessee",
    "Tex": "Texas", "Va": "Virginia", "Vt": "Vermont", "Wash": "Washington", "Wis": "Wisconsin",
    "Wyo": "Wyoming", "Beds": "Bedfordshire", "Berks": "Berkshire", "Bucks": "Buckinghamshire",
    "Cambs": "Cambridgeshire", "Glos": "Gloucestershire", "Hants": "Hampshire",
    "Herts": "Hertfordshire", "Lancs": "Lancashire", "Lincs": "Lincolnshire",
    "Northants": "Northamptonshire", "Notts": "Nottinghamshire", "Oxon": "Oxfordshire",
    "Staffs": "Staffordshire", "Warks": "Warwickshire", "Wilts": "Wiltshire",
    "Worcs": "Worcestershire", "Yorks": "Yorkshire", "Ont": "Ontario", "Que": "Quebec",
}  # fmt: skip
"""Behind a town and a comma."""

STREET_NAMES = frozenset((
    "Street", "Avenue", "Road", "Lane", "Square", "Place", "Terrace", "Drive", "Boulevard",
    "Court", "Crescent", "Row", "Gardens", "Hill", "Mansions", "Buildings", "Gate", "Parade",
    "Way", "Park", "Grove", "Alley", "St", "Rd", "Ave", "Blvd", "Ln", "Sq", "Dr",
))  # fmt: skip

SENTENCE_OPENERS = frozenset((
    "He", "She", "It", "They", "We", "You", "The", "This", "That", "These", "Those", "There",
    "Here", "But", "And", "Or", "In", "On", "At", "When", "Then", "If", "A", "An", "His", "Her",
    "My", "Our", "Their", "Its", "Nobody", "So", "No", "Not", "What", "Who", "Why", "How",
    "Where", "While", "After", "Before", "As", "For", "From", "By", "With", "Now", "Yes", "Oh",
    "Ah", "Well", "Still", "Yet", "Once", "All", "Some", "Every", "Each", "One", "Do", "Did",
    "Is", "Was", "Were", "Had", "Has", "Have", "Let", "May", "Perhaps", "Never", "Such",
    "Nothing", "Everything", "I", "I'll", "I'm", "I've", "I’ll", "I’m", "I’ve", "It's", "It’s",
    "That's", "That’s", "Only", "Even", "Thus", "Therefore", "However", "Although", "Though",
    "Because", "Since", "Until", "Meanwhile", "Afterwards", "Suddenly", "To", "Of", "Nor",
    "Both", "Most", "Many", "Will", "Would", "Could", "Should", "Can",
))  # fmt: skip
"""After an abbreviation that a name may follow, these begin a sentence."""
