"""What bears a number in Roman figures: chapters and the like, kings and popes."""

from __future__ import annotations

THINGS = frozenset((
    "chapter", "chapters", "chap", "chaps", "ch", "part", "parts", "pt", "book", "books", "bk",
    "act", "acts", "scene", "scenes", "sc", "volume", "volumes", "vol", "vols", "canto",
    "cantos", "stave", "staves", "letter", "letters", "section", "sections", "sec", "phase",
    "phases", "figure", "figures", "fig", "figs", "table", "tables", "plate", "plates",
    "sonnet", "sonnets", "article", "articles", "art", "psalm", "psalms", "ps", "war",
    "appendix", "lesson", "lecture", "essay", "number", "no", "nos", "stanza", "verse",
    "verses", "type", "class", "grade", "mark", "title", "note", "question", "proposition",
    "theorem", "axiom", "exercise", "problem", "series", "session", "group", "page", "pages",
    "p", "pp", "line", "fit", "adventure", "tale", "epistle", "ode", "eclogue", "satire",
    "symphony", "opus", "op", "episode", "interlude", "period", "vision", "dialogue",
    "discourse", "sermon", "homily", "homilies", "division", "stage", "level", "phase", "order",
    "rule", "law", "commandment", "case", "item", "exhibit", "schedule", "protocol",
    "amendment", "meditation", "night", "day", "week", "month", "movement", "problem",
    "diagram", "map", "annex", "annexe", "clause", "paragraph", "par", "§",
))  # fmt: skip
SHORT_THINGS = frozenset((
    "chap", "chaps", "ch", "pt", "bk", "sc", "vol", "vols", "sec", "fig", "figs", "art", "no",
    "nos", "p", "pp", "ps", "op", "par",
))  # fmt: skip
"""Things in short, with a point of their own before the numeral."""
NUMBERED_NAMES = frozenset((
    "Apollo", "Saturn", "Rocky", "Gemini", "Vatican", "Superman", "Windows", "Leopard",
    "Olympiad", "Games", "Bowl", "Corps", "Army", "Legion",
))  # fmt: skip
"""Names whose number is counted and gives no rank."""

RULERS = frozenset((
    "Henry", "Edward", "Charles", "James", "George", "William", "Richard", "Louis", "Philip",
    "Francis", "Napoleon", "Frederick", "Peter", "Catherine", "Elizabeth", "Mary", "Ivan",
    "Nicholas", "Alexander", "Leo", "Pius", "Gregory", "Innocent", "Clement", "Paul", "Urban",
    "Boniface", "Sixtus", "Julius", "Benedict", "John", "Ferdinand", "Leopold", "Maximilian",
    "Otto", "Rudolf", "Rudolph", "Victor", "Emmanuel", "Umberto", "Alfonso", "Alphonso",
    "Haakon", "Olaf", "Christian", "Gustavus", "Adolphus", "Ptolemy", "Ramses", "Rameses",
    "Thutmose", "Thothmes", "Seti", "Darius", "Xerxes", "Artaxerxes", "Cyrus", "Antiochus",
    "Seleucus", "Malcolm", "Robert", "David", "Kenneth", "Stephen", "Wilhelm", "Friedrich",
    "Karl", "Heinrich", "Franz", "Josef", "Joseph", "François", "Henri", "Philippe", "Carlos",
    "Felipe", "Juan", "João", "Pedro", "Manuel", "Sancho", "Murad", "Selim", "Mehmed",
    "Mohammed", "Muhammad", "Constantine", "Theodosius", "Justinian", "Michael", "Basil",
    "Alexius", "Casimir", "Sigismund", "Stanislaus", "Ladislaus", "Andrew", "Albert", "Baldwin",
    "Celestine", "Adrian", "Hadrian", "Eugene", "Eugenius", "Martin", "Honorius", "Calixtus",
    "Æthelred", "Ethelred", "Harold", "Harald", "Canute", "Cnut", "Sweyn", "Eric", "Erik",
    "Charlemagne", "Lothair", "Conrad", "Wenceslas", "Wenceslaus", "Childeric", "Chilperic",
    "Clovis", "Dagobert", "Theodoric", "Alaric", "Amenhotep", "Psammetichus", "Tiberius",
    "Anne", "Matilda", "Isabella", "Joan", "Margaret", "Margrethe", "Beatrix", "Juliana",
    "Wilhelmina", "Victoria", "Kamehameha", "Menelik", "Theodore", "Abdul", "Hamid", "Achmed",
    "Ahmed", "Bayezid", "Mustafa", "Osman", "Suleiman", "Solyman", "Ramiro", "Garcia",
    "Amadeus", "Cosimo", "Lorenzo", "Galeazzo", "Ercole", "Aleksandr", "Nikolai", "Pavel",
    "Ludwig", "Georg", "Gustav", "Oscar", "Christopher", "Valdemar", "Waldemar", "Magnus",
))  # fmt: skip
TENTH = frozenset((
    "Charles", "Leo", "Pius", "Gregory", "Alfonso", "Christian", "John", "Stephen", "Benedict",
    "Louis",
))  # fmt: skip
"""Rulers of whom there was a tenth: `Malcolm X` is a name."""
RULING = frozenset((
    "King", "Queen", "Pope", "Emperor", "Empress", "Tsar", "Czar", "Sultan", "Kaiser", "Prince",
    "Duke", "Shah", "Antipope", "Pharaoh", "Saint", "San", "Cardinal", "Grand-duke",
))  # fmt: skip
AFTER_NUMERAL = frozenset((
    "of", "and", "or", "to", "is", "was", "the", "in", "on", "at", "for", "with", "by", "from",
    "as", "but", "has", "where", "when", "which", "who", "that", "had", "are", "were", "we",
    "they", "he", "she", "it",
))  # fmt: skip
"""Behind `Part I`: not a word that the pronoun I would be followed by."""
BEFORE_PRONOUN = frozenset((
    "the", "that", "this", "no", "any", "every", "each", "what", "which", "some", "another",
    "a", "first", "last", "only", "best", "same",
))  # fmt: skip
"""`the part I took`."""
REIGNED = frozenset((
    "died", "reigned", "ruled", "abdicated", "ascended", "succeeded",
))  # fmt: skip
"""Behind `Elizabeth I`: what rulers do, wherever it stands."""
DID = frozenset((
    "became", "lost", "won", "gave", "made", "sent", "took", "came", "went", "fled", "fought",
    "held", "built", "began", "granted", "ordered", "signed", "issued", "founded", "declared",
    "refused", "returned", "married", "summoned", "dissolved", "inherited", "led", "wrote", "knew",
    "did", "could", "would",
))  # fmt: skip
"""The same where the name begins its clause: elsewhere `I` may be whoever tells it."""
BEFORE_CLAUSES = frozenset((
    "when", "while", "after", "before", "until", "till", "that", "because", "though", "although",
    "since", "if", "as", "where", "and", "but", "then",
))  # fmt: skip
