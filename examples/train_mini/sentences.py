"""English sentences without end: templates over word lists, one seed one stream.

Grammar keeps function words and phrase breaks where English has them; a share of the content words is drawn
from a whole dictionary, so that every sound meets every other. Numbers are written as words.
"""

import random
from collections.abc import Iterator
from pathlib import Path

NOUNS = """time year people way day man woman thing child world life hand part place case week company system program
question work government number night point home water room mother area money story fact month lot right study book eye
job word business issue side kind head house service friend father power hour game line end member law car city name
president team minute idea kid body information back parent face others level office door health person art war history
party result change morning reason research girl guy moment air teacher force education foot boy age policy music market
sense river garden letter window kitchen summer winter forest bridge island engine picture shoulder promise stranger
captain doctor lantern ocean village mountain stone shadow fire horse dog bird apple table chair mirror clock candle
ticket train station street corner church castle king queen soldier farmer baker sailor neighbour daughter brother sister
uncle secret voice silence thunder weather storm cloud sun moon star paper pencil bottle basket blanket pocket button
machine wheel hammer ladder bucket rope knife spoon bread butter cheese sugar coffee breakfast dinner supper garage
library museum theatre hospital kitten puppy mouse rabbit fox wolf bear lion tiger elephant chapter sentence page song
journey treasure danger courage wisdom beauty truth evening afternoon yesterday birthday holiday""".split()
VERBS = """say go get make know think take see come want look use find give tell work call try ask need feel become leave
put mean keep let begin help show hear play run move live believe bring happen write sit stand lose pay meet include
continue set learn change lead understand watch follow stop create speak read spend grow open walk win teach offer
remember consider appear buy serve die send build stay fall cut reach kill raise pass sell decide return explain hope
carry break thank receive join agree pick wear support end laugh choose cause point listen realise place close involve
whisper shout wander climb gather promise borrow polish measure describe imagine discover protect wonder answer""".split()
PAST = """said went got made knew thought took saw came wanted looked used found gave told worked called tried asked needed
felt became left put kept let began helped showed heard played ran moved lived believed brought happened wrote sat stood
lost paid met continued learned changed led understood watched followed stopped spoke read spent grew opened walked won
taught offered remembered appeared bought served died sent built stayed fell cut reached raised passed sold decided
returned explained hoped carried broke thanked received joined agreed picked wore laughed chose pointed listened closed
whispered shouted wandered climbed gathered promised borrowed polished measured described imagined discovered""".split()
ADJECTIVES = """good new first last long great little own other old right big high different small large next early young
important few public bad same able best better sure free true whole clear white black red green blue yellow silver golden
quiet loud gentle angry happy sad tired hungry thirsty lonely brave clever foolish honest strange familiar ancient modern
dark bright warm cold cool hot soft hard heavy light empty full open closed narrow wide deep shallow sharp smooth rough
sweet bitter dry wet dirty clean broken perfect simple careful dangerous beautiful terrible wonderful enormous tiny
possible serious ready fresh thick thin square round wooden rusty dusty sleepy curious nervous proud polite""".split()
ADVERBS = """slowly quickly quietly suddenly often never always sometimes usually again still already soon later today
tomorrow tonight here there everywhere almost really quite very rather perhaps maybe together alone carefully easily
gladly softly badly truly simply finally certainly clearly nearly hardly once twice upstairs outside inside away""".split()
NAMES = """Alice Tom Sarah Peter Mary John Emma George Lucy Henry Jane William Kate Robert Anna James Clara David Helen Jack
Rose Martin Julia Edward Grace Charles Susan Oliver Ruth Philip Mister Brown Missus Allen Doctor Watson Captain Hook
Elizabeth Darcy Holmes Dorothy London Paris Boston England America Scotland Chicago Italy""".split()
NUMBERS = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million""".split()
DETERMINERS = (
    "the the the the a a this that my your his her our their every some any no each another".split()
)
PRONOUNS = "I you he she it we they everyone nobody someone".split()
OBJECTS = "me you him her it us them myself something nothing everything".split()
PREPOSITIONS = """in on at by with from to into over under through behind beside between across after before during without
about against around near of for upon toward above below beyond""".split()
MODALS = "can could will would should must might may did didn't won't can't couldn't shall".split()
CONJUNCTIONS = (
    "and but or so because when while if although until unless as since before after".split()
)
STARTERS = """Well Oh Yes No Now Then Listen Look Of course|In fact|At last|After all|For example|However|Meanwhile|Indeed
|Good morning|Good evening|Thank you|I am sorry|Please|Come on|All right|Once upon a time|To be honest""".replace(
    "\n", ""
)
PHRASES = """There was|There is|It was|It is|This is|That was|I think|I don't know|I can't believe|We have|They had|He was|She was
|You are|I'm|It's|They're|I've|Let us|Let's|Do not|Don't|I would like|It seems|He said that|She told me that|I wonder
|What is|Where are|Who was|How many|Why did|When will|Have you|Do you|Is there|Are you|Did he|Would they|What do you""".replace(
    "\n", ""
)


class SentenceStream:
    """Sentences drawn by one seed; `wild_share` of the content words come from the dictionary."""

    def __init__(self, seed: int, dictionary: list[str], wild_share: float = 0.4) -> None:
        self._random = random.Random(seed)
        self._dictionary = dictionary
        self._wild_share = wild_share
        self._starters = [part for word in STARTERS.split("|") for part in _starter(word)]
        self._phrases = [phrase.strip() for phrase in PHRASES.split("|")]

    def __iter__(self) -> Iterator[str]:
        while True:
            yield self.sentence()

    def sentence(self) -> str:
        """One sentence of 1 to 25 words with its closing mark."""
        target = self._random.choice((1, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 8, 9, 10, 12, 14, 18, 23))
        words = self._words(target)
        ending = self._random.choice("....!?.")
        if words[0].split()[0] in (
            "What",
            "Where",
            "Who",
            "How",
            "Why",
            "When",
            "Have",
            "Do",
            "Is",
            "Are",
            "Did",
        ):
            ending = "?"
        text = " ".join(words).rstrip(",;")
        return text[0].upper() + text[1:] + ending

    def _words(self, target: int) -> list[str]:
        if target == 1:
            return [self._content(NOUNS + ADVERBS + NAMES)]
        words: list[str] = []
        if target > 4 and self._random.random() < 0.2:
            words += [self._random.choice(self._starters) + ","]
        while len(words) < target:
            words += self._clause(target - len(words))
            if target - len(words) > 3 and self._random.random() < 0.7:
                words[-1] += self._random.choice((",", ",", ",", "", ";"))
                words.append(self._random.choice(CONJUNCTIONS))
        return words[: max(target, 1)] if len(words) <= 25 else words[:25]

    def _clause(self, room: int) -> list[str]:
        pick = self._random.random()
        if room <= 3:
            return self._random.choice((self._noun_phrase, self._verb_phrase, self._listing))()
        if pick < 0.25:
            return self._random.choice(self._phrases).split() + self._noun_phrase()
        if pick < 0.6:
            return [*self._subject(), self._content(PAST), *self._object()]
        if pick < 0.8:
            return [*self._subject(), self._random.choice(MODALS), *self._verb_phrase()]
        if pick < 0.9:
            return [*self._listing(), self._content(VERBS), *self._object()]
        return [
            self._random.choice(PREPOSITIONS),
            *self._noun_phrase(),
            *self._subject(),
            self._content(PAST),
        ]

    def _subject(self) -> list[str]:
        return (
            [self._random.choice(PRONOUNS)] if self._random.random() < 0.5 else self._noun_phrase()
        )

    def _object(self) -> list[str]:
        words = (
            [self._random.choice(OBJECTS)] if self._random.random() < 0.25 else self._noun_phrase()
        )
        if self._random.random() < 0.4:
            words += [self._random.choice(PREPOSITIONS), *self._noun_phrase()]
        return words + ([self._content(ADVERBS)] if self._random.random() < 0.25 else [])

    def _verb_phrase(self) -> list[str]:
        return [self._content(VERBS), *self._object()]

    def _noun_phrase(self) -> list[str]:
        pick = self._random.random()
        if pick < 0.12:
            return [self._random.choice(NAMES)]
        if pick < 0.2:
            return [self._random.choice(NUMBERS), self._content(NOUNS)]
        adjective = [self._content(ADJECTIVES)] if self._random.random() < 0.5 else []
        return [self._random.choice(DETERMINERS), *adjective, self._content(NOUNS)]

    def _listing(self) -> list[str]:
        return [self._content(NOUNS) + ",", self._content(NOUNS), "and", self._content(NOUNS)]

    def _content(self, words: list[str]) -> str:
        wild = self._random.random() < self._wild_share
        return self._random.choice(self._dictionary if wild else words)


def read_dictionary(path: Path) -> list[str]:
    """Plain lower-case words of a word list such as Debian's `wamerican-small`."""
    words = path.read_text(encoding="utf-8").split()
    return [
        word
        for word in words
        if word.isascii() and word.isalpha() and word.islower() and len(word) > 2
    ]


def _starter(text: str) -> list[str]:
    text = text.strip()
    return text.split() if text.startswith("Well") else [text]
