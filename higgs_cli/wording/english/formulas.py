"""Formulas and names of letters and figures: `H₂O`, `CO2`, `x²`, `MP3`, `B-52`."""

from __future__ import annotations

from higgs_cli.wording.english.numbers import cardinal, number_words, pairs
from higgs_cli.wording.english.units import unit_at
from higgs_cli.wording.reading import GUESS, LIKELY, Manner, Said
from higgs_cli.wording.tokens import DASHES, Tokens

SUBSCRIPTS = {char: str(number) for number, char in enumerate("₀₁₂₃₄₅₆₇₈₉")}
SUPERSCRIPTS = {"⁰": "0", "¹": "1", "²": "2", "³": "3"} | {
    chr(0x2074 + number): str(4 + number) for number in range(6)
}
RAISED_MINUS = "⁻"
POWERS = {"2": "squared", "3": "cubed"}
ELEMENTS = frozenset((
    "H", "He", "Li", "Be", "B", "C", "N", "O", "F", "Ne", "Na", "Mg", "Al", "Si", "P", "S",
    "Cl", "Ar", "K", "Ca", "Mn", "Fe", "Co", "Ni", "Cu", "Zn", "As", "Br", "Ag", "Sn", "I",
    "Ba", "Pt", "Au", "Hg", "Pb", "U", "CO", "CH", "NH", "OH", "SO", "NO", "HNO", "CaCO",
    "NaHCO", "KNO", "HCO", "KMnO", "CuSO", "FeSO", "NaCO", "AgNO", "SiO", "HO", "TiO", "FeO",
    "AlO", "MnO", "PO", "UF", "UO",
))  # fmt: skip
FORMULAS = frozenset((
    "H2O", "CO2", "H2SO4", "O2", "N2", "H2", "O3", "SO2", "SO3", "NO2", "NH3", "CH4", "HNO3",
    "CaCO3", "NaHCO3", "H2O2", "C6H12O6", "C2H5OH", "N2O", "Fe2O3", "CCl4", "SiO2", "TiO2",
    "PO4", "KNO3", "AgNO3", "CuSO4", "MnO2", "Al2O3", "CS2", "H2S", "UF6", "UO2", "C12H22O11",
    "H3PO4", "NaNO3", "KClO3",
))  # fmt: skip
LONGEST = 12
LONGEST_POWER = 4


def read_letters_and_figures(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """A word with figures tight behind it."""
    parts, has_subscript = _parts(tokens, index)
    if len(parts) < 2:
        return None
    if has_subscript or "".join(parts) in FORMULAS:
        end = index + sum(len(part) if part.isdecimal() and has_subscript else 1 for part in parts)
        return Said(" ".join(_spoken(part) for part in parts), end - index)
    return _name(tokens, index, parts)


def _parts(tokens: Tokens, index: int) -> tuple[list[str], bool]:
    """Letters and figures in turn, as far as they stand tight."""
    parts, has_subscript, end = [tokens.words[index]], False, index + 1
    while len(parts) < LONGEST and tokens.is_tight(end):
        word = tokens.words[end]
        if word in SUBSCRIPTS:
            has_subscript = True
            if parts[-1].isdecimal():
                parts[-1] += SUBSCRIPTS[word]
            else:
                parts.append(SUBSCRIPTS[word])
        elif word.isalnum() and word not in SUPERSCRIPTS and (word.isdecimal() or word.isalpha()):
            parts.append(word)
        else:
            break
        end += 1
    return parts, has_subscript


def _spoken(part: str) -> str:
    return number_words(part) if part.isdecimal() else " ".join(part.upper())


def _name(tokens: Tokens, index: int, parts: list[str]) -> Said | None:
    """`MP3`, `B12`, `R2D2`: few capitals and few figures."""
    if len(parts) > 4 or not all(part.isdecimal() or part.isupper() for part in parts):
        return None
    letters = [part for part in parts if not part.isdecimal()]
    figures = [part for part in parts if part.isdecimal()]
    if max(map(len, letters)) > 4 or max(map(len, figures)) > 4:
        return None
    said = [pairs(part) if part.isdecimal() else " ".join(part) for part in parts]
    end = index + len(parts)
    if tokens.words[end] in (".", ",") and tokens.is_tight(end + 1) and tokens.is_figures(end + 1):
        return None
    return Said(" ".join(said), len(parts), GUESS)


def read_power(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """`x²`, `10³`: a power behind a figure or a single letter; behind a word it marks a note."""
    before = tokens.words[index - 1]
    minus = "minus " if before != RAISED_MINUS and tokens.words[index] == RAISED_MINUS else ""
    figures, end = "", index + bool(minus)
    while tokens.words[end] in SUPERSCRIPTS and (end == index or tokens.is_tight(end)):
        figures += SUPERSCRIPTS[tokens.words[end]]
        end += 1
    is_power = before.isdecimal() or (len(before) == 1 and before.isalpha() and before not in "aI")
    is_power = is_power or (len(before) == 2 and tokens.words[index - 2] == "=")
    if tokens.is_tight(index) and is_power and figures:
        return _raised(tokens, index, end, minus, figures)
    return Said("", end - index) if figures else None


def read_caret(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """`10^6`, `x^2`, `10^-3`: the same, as it is typed."""
    at = index + 1 + (tokens.words[index + 1] in DASHES)
    before = tokens.words[index - 1]
    is_base = before.isdecimal() or (len(before) == 1 and before.isalpha())
    is_tight = all(tokens.is_tight(each) for each in range(index, at + 1))
    if not (is_base and is_tight and tokens.is_figures(at)):
        return None
    minus = "minus " if at > index + 1 else ""
    return _raised(tokens, index, at + 1, minus, tokens.words[at])


def _raised(tokens: Tokens, index: int, end: int, minus: str, figures: str) -> Said:
    """A power, and the unit behind it."""
    number = cardinal(int(figures)) if len(figures) <= LONGEST_POWER else number_words(figures)
    said = "" if minus else POWERS.get(figures, "")
    said = said or f"to the power of {minus}{number}"
    unit = unit_at(tokens, end)
    written = tokens.words[end]
    if unit is None or not written.isalpha() or (len(written) < 2 and written not in "mg"):
        return Said(f" {said}", end - index, LIKELY)
    return Said(f" {said} {unit.many}", unit.end - index, LIKELY)
