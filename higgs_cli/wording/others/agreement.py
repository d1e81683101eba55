"""What a number counts decides its form: `veintiún hombres`, `doscientas pesetas`, `une heure`."""

from __future__ import annotations

from higgs_cli.wording.others.table import LanguageTable

FEMININE_ENDINGS = {
    "es": ("a", "as", "ción", "ciones", "sión", "siones", "dad", "dades", "tud", "tudes"),
    "fr": ("tion", "tions", "ette", "ettes", "esse", "esses", "ence", "ences", "ance", "ances"),
    "de": ("e", "ung", "heit", "keit", "schaft"),
}
MASCULINE = frozenset((
    "día", "días", "mapa", "mapas", "problema", "problemas", "poeta", "poetas", "tema", "temas",
    "idioma", "idiomas", "planeta", "planetas", "sistema", "sistemas", "poema", "poemas", "cura",
    "curas", "Name", "Junge", "Kunde", "Buchstabe", "Gedanke", "Haufe", "Ende", "Auge",
))  # fmt: skip
"""In spite of their endings."""
NO_NOUNS = frozenset((
    "de", "y", "e", "o", "u", "a", "en", "por", "que", "al", "del", "se", "le", "la", "las", "con",
    "para", "es", "era", "contra", "entre", "hasta", "desde", "sobre", "cada", "nada", "una",
))  # fmt: skip


def agreed(words: str, noun: str, table: LanguageTable) -> str:
    """The number in the form that this noun asks for; any other word leaves it as it is."""
    if not noun[:1].isalpha() or noun in NO_NOUNS:
        return words
    is_feminine = _is_feminine(noun, table)
    if table.language == "es":
        return _spanish(words, is_feminine)
    if table.language == "fr" and is_feminine and (words == "un" or words.endswith(" un")):
        return words + "e"
    if table.language == "de" and words == "eins" and noun[:1].isupper():
        return "eine" if is_feminine else "ein"
    return words


def _is_feminine(noun: str, table: LanguageTable) -> bool:
    if noun in table.feminine:
        return True
    return noun.endswith(FEMININE_ENDINGS.get(table.language, ())) and noun not in MASCULINE


def _spanish(words: str, is_feminine: bool) -> str:
    if is_feminine:
        words = words.replace("cientos", "cientas").replace("quinientos", "quinientas")
        return words[:-1] + "a" if words.endswith("uno") else words
    if words.endswith("veintiuno"):
        return words[:-3] + "ún"
    return words[:-1] if words.endswith("uno") else words
