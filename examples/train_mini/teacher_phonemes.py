"""What the teacher is told to say: our front end's sounds as the IPA it was taught with.

One sound is one symbol, so the teacher says exactly what mini reads. The front end knows no weak words, and
two degrees of stress where the teacher knows three; both are put in here, by the sounds of the word alone.
"""

import gzip
import json
import re
from collections.abc import Sequence
from pathlib import Path

from tokenizer.prompts.pronunciation import PronunciationFrontEnd

VOWELS = {
    "aa": "ɑ", "ae": "æ", "ah": "ʌ", "ao": "ɔ", "aw": "W", "ax": "ə", "ay": "I", "eh": "ɛ", "er": "ɜɹ",
    "ey": "A", "ih": "ɪ", "iy": "i", "ow": "O", "oy": "Y", "uh": "ʊ", "uw": "u",
}  # fmt: skip
WITHOUT_STRESS = {"ah": "ə", "er": "əɹ"}
CONSONANTS = {
    "b": "b", "ch": "ʧ", "d": "d", "dh": "ð", "f": "f", "g": "ɡ", "hh": "h", "jh": "ʤ", "k": "k", "l": "l",
    "m": "m", "n": "n", "ng": "ŋ", "p": "p", "r": "ɹ", "s": "s", "sh": "ʃ", "t": "t", "th": "θ", "v": "v",
    "w": "w", "y": "j", "z": "z", "zh": "ʒ",
}  # fmt: skip
PRIMARY, SECONDARY = "ˈ", "ˌ"
# Words that English says in passing: told without stress, and told with little.
WEAK = frozenset(
    """and of in it he my was that with is his at for you as be had have we this by there she from they will are
    would an been if or could your am has can than through its it's these those i'm i've i'll i'd you're you've you'll
    we're we've we'll they're he'll she'll isn't wasn't couldn't wouldn't""".split()
)
LIGHT = frozenset(
    """but so not me him which on up what them who some when us where shall how should might though while
    sir then do did must may were into upon""".split()
)
# Words whose main stress is on a last stressed syllable that the rule for others takes for a lesser one.
LATE = frozenset(
    """myself himself herself yourself itself ourselves themselves afternoon understand understanding understood outside
    although upset interrupt interrupted engineer goodbye disappeared disappointed introduced recommend recommended
    unexpected comprehend overcome entertained increase recall downstairs undertake nevertheless""".split()
)
_ENDINGS = (
    " ax0 d",
    " ih0 d",
    " ih0 ng",
    " ih0 z",
    " ax0 z",
    " l iy0",
    " r iy0",
    " b aa1 d iy0",
    " b aa1 d iy1",
)
_WORD = re.compile(r"[\ue000-\uf8ff]+")
_BRITISH = [
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"(?<=f)(ˈ?)ɑ(?=ð)|(?<=k)(ˈ?)ɑ(?=m\b)", r"\1\2ɑː"),  # father, calm
        (r"ɑ(?![ɹː])", "ɒ"),
        (r"ɔ(?!ɹ)", "ɔː"),
        (r"ɔɹ", "ɔːɹ"),
        (r"ɑɹ", "ɑːɹ"),
        (r"ɛɹ(?! ?[ˈˌ]?[ɑɒæɔɛɜɪiʊuʌəAIOWY])", "ɛːɹ"),
        (r"ɜɹ(?=[iɪəA])", "ʌɹ"),  # hurry
        (r"ɜɹ", "ɜːɹ"),
        (r"([ɪʊ])ɹ(?![iɪəʌɛAIO])", r"\1əɹ"),
        (r"ɹ(?! ?[ˈˌ]?[ɑɒæɔɛɜɪiʊuʌəAIOWY])", ""),
        (r"(?<=[ˈˌ])([iu])", r"\1ː"),
        (r"O", "Q"),
        (r"æ", "a"),
    )
]


class Reader:
    """Text to the teacher's phonemes, by the front end that mini declares."""

    def __init__(self, folder: Path) -> None:
        self._front_end = PronunciationFrontEnd.from_folder(folder)
        declared = json.loads((folder / "text_frontend.json").read_text(encoding="utf-8"))
        table = gzip.decompress((folder / declared["dictionary"]).read_bytes()).decode("utf-8")
        self._names = {symbol: name for name, symbol in declared["symbols"].items()}
        self._sounds = dict(line.split("\t") for line in table.splitlines())
        self._marks = dict.fromkeys(map(self._front_end.pronounce, LIGHT), SECONDARY)
        self._marks |= dict.fromkeys(map(self._front_end.pronounce, WEAK), "")
        self._late = frozenset(map(self._front_end.pronounce, LATE))

    def phonemes(self, text: str, british: bool = False) -> str:
        """IPA with stress before the vowels, a space between words, punctuation where it was."""
        spelled = self._front_end.spell(text)
        american = _WORD.sub(lambda found: self._word(found[0]), spelled)
        return in_british(american) if british else american

    def knows(self, word: str) -> bool:
        """Whether the dictionary has this lower-case word, with a stress if it is a long one."""
        sounds = self._sounds.get(word.removesuffix("'s"))
        if sounds is None:
            return False
        vowels = [name for name in map(self._names.get, sounds) if name and name[-1].isdigit()]
        return len(vowels) < 2 or any(name[-1] == "1" for name in vowels)

    def _word(self, sounds: str) -> str:
        names = [self._names[sound] for sound in sounds]
        return word_in_ipa(names, self._marks.get(sounds, PRIMARY), sounds in self._late)


def word_in_ipa(names: Sequence[str], mark: str = PRIMARY, late: bool = False) -> str:
    """One word, its sounds named as in `text_frontend.json`: `w er1 d` is wˈɜɹd."""
    strongest = _strongest(names, late)
    spoken = ""
    for index, name in enumerate(names):
        vowel, stress = name[:-1], name[-1]
        if name in CONSONANTS:
            spoken += CONSONANTS[name]
        elif stress == "1":
            spoken += (mark if index == strongest else SECONDARY) + VOWELS[vowel]
        else:
            spoken += WITHOUT_STRESS.get(vowel, VOWELS[vowel])
    return spoken


def in_british(american: str) -> str:
    """The same words by a southern English speaker: no r but before a vowel, longer and rounder vowels."""
    for pattern, replacement in _BRITISH:
        american = pattern.sub(replacement, american)
    return american


def _strongest(names: Sequence[str], late: bool) -> int:
    """Of several stresses the last is the main one, unless the stem ends in it: abolition, abdicated."""
    stressed = [index for index, name in enumerate(names) if name.endswith("1")]
    if late or len(stressed) < 2:
        return stressed[-1] if stressed else -1
    stem = " ".join(names)
    for ending in _ENDINGS:
        stem = stem.removesuffix(ending)
    vowels = [index for index, name in enumerate(stem.split()) if name[-1].isdigit()]
    return stressed[-2] if stressed[-1] >= vowels[-1] else stressed[-1]
