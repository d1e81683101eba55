"""Who is named beside a quotation: `said Mr. Hale`, `she replied`, `The captain answered:`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from higgs_cli.attribution.people import NAME, NO_PEOPLE
from higgs_cli.script.given_names import FEMALE_WORDS, MALE_WORDS, Gender, gender_of
from higgs_cli.script.heads import TITLES as SHORT_TITLES
from higgs_cli.script.heads import words_in

VERBS = words_in(
    """said says say saying replied replies reply replying cried cries cry crying answered
    answers answering asked asks asking returned exclaimed exclaiming added adding continued
    continuing observed observing remarked remarking repeated repeating inquired enquired
    inquiring whispered whispering shouted shouting murmured murmuring muttered muttering
    called calling resumed retorted began declared demanded responded rejoined ejaculated
    suggested agreed explained explaining protested persisted admitted begged gasped growled
    screamed sighed urged assured objected announced interrupted interposed faltered stammered
    snapped roared yelled groaned sobbed pleaded insisted grumbled chuckled pursued concluded
    commented echoed quoted read mused confessed proceeded thundered bellowed hissed barked
    bawled croaked drawled panted shrieked squeaked snarled sneered laughed hinted
    acknowledged affirmed argued assented concurred confided corrected countered promised
    proposed queried questioned reflected reminded related reported stated swore told tells
    teased threatened urged vowed volunteered wailed warned wept wondered broke put went burst
    smiled apostrophised apostrophized moaned chimed supplied queried ventured conceded
    intoned faltered counselled purred opined invited ordered commanded advised"""
)
VAGUE = {"went", "broke", "put", "burst", "smiled", "laughed", "told", "read", "began", "related"}
"""Verbs of speech in `went on`, `broke in`; elsewhere hardly."""
VERB = rf"(?:{'|'.join(sorted(VERBS, key=len, reverse=True))})"
PRONOUN = r"(?:he|she|I|they|we|He|She|They|We)"
DETERMINER = r"(?:[Tt]he|[Hh]is|[Hh]er|[Mm]y|[Tt]heir|[Oo]ur|[Aa]n?|[Aa]nother|[Oo]ne)"
NOUN = rf"{DETERMINER}\s+[a-z][\w’'-]*(?:\s+[a-z][\w’'-]*){{0,2}}"
WHO = rf"(?P<who>{PRONOUN}\b|{NAME}|{NOUN})"
HEAD_WHO = rf"(?P<who>{PRONOUN}\b|{NAME}|{DETERMINER}\s+(?:[a-z][\w’'-]*\s+){{0,2}}?[a-z][\w’'-]*)"
ADVERB = r"(?:\s+(?:then|now|again|only|at last|at length|here|\w+ly))?"
INVERTED = re.compile(
    rf"[\s,—–-]*{ADVERB.strip()}\s*(?P<verb>{VERB})(?:\s+(?:in|on|out|forth))?{ADVERB}\s+{WHO}"
)
STRAIGHT = re.compile(
    rf"[\s,—–-]*(?:[Aa]nd\s+|[Bb]ut\s+|[Tt]hen\s+)?{HEAD_WHO}(?P<between>(?:,[^.!?;:,]{{0,70}},)?(?:\s+[a-z]\w*){{0,3}}?)\s+(?P<verb>{VERB})\b"
)
BEFORE = re.compile(rf"{HEAD_WHO}(?P<between>[^.!?;:]{{0,80}}?)\b(?P<verb>{VERB})\b")
BEFORE_INVERTED = re.compile(rf"\b(?P<verb>{VERB}){ADVERB}\s+{WHO}")
BEHIND_NO_TITLE = "".join(rf"(?<!\b{title})" for title in SHORT_TITLES)
SENTENCE_END = re.compile(rf"{BEHIND_NO_TITLE}[.!?][”’\"')]*\s+(?=[^\W\d_])")
CUT_NOUN = re.compile(
    r"(?<!\s)\s++(?:and|or|in|on|at|to|of|with|as|who|whom|from|for|by|when|while|after|before|into|was|had|"
    r"but|then|that|which|if|a|an|the|is|were|not|quite|very|so|again|without|between|through|behind|beside|under|over|"
    r"across|against|about|upon|like|since|towards?|his|her|its|their|my|our|your|this|these|those|"
    r"off|up|down|out|away|back|\w+ly|\w+ing)\b.*$"
)
PEOPLE = words_in(
    """voice man men woman women boy girl lady gentleman stranger other others guide conductor
    captain driver clerk porter servant master mistress landlord landlady host hostess waiter
    doctor professor policeman officer soldier sailor pilot engineer detective inspector
    consul judge priest merchant shopkeeper passenger traveller traveler guard colonel general
    major lieutenant sergeant king queen prince princess duke earl count baron wife husband
    mother father son daughter sister brother aunt uncle cousin nephew niece child children
    friend companion neighbour neighbor nurse maid butler footman cook coachman keeper
    gamekeeper gardener farmer miller smith carpenter mason lawyer attorney teacher pupil
    student monk nun abbot bishop vicar parson curate clergyman minister ambassador secretary
    manager chief leader speaker narrator giant witch wizard ghost old young youth elder
    fellow chap lad lass person creature crowd people citizen magistrate sheriff constable"""
)
NEAR = 300
"""Characters: further off nobody is named beside a quotation."""
Kind = Literal["name", "pronoun", "first", "noun", "kin"]


@dataclass(frozen=True)
class Tag:
    """Who is named beside a quotation, as it is written."""

    kind: Kind
    who: str
    verb: str
    is_behind: bool
    """Behind the quotation, not before it."""

    @property
    def gender(self) -> Gender | None:
        """Whom it calls a woman or a man: nobody else can be meant."""
        if self.kind == "pronoun":
            return "female" if self.who == "she" else "male"
        known = gender_of(self.who) if self.kind == "kin" else None
        return known[0] if known else None


def tag_behind(text: str) -> Tag | None:
    """The tag that follows a closing quote; `text` reaches to the next quotation."""
    text = text[:NEAR]
    match = INVERTED.match(text)
    if match is None or not _is_said(match["verb"], match[0]):
        match = STRAIGHT.match(text)
        if match is None or not _is_said(match["verb"], text[match.start("verb") :]):
            return None
        if not _is_a_person(match["who"]):
            return None
    return _tag(match["who"], match["verb"], is_behind=True)


def tag_before(text: str) -> Tag | None:
    """The tag that leads to an opening quote; `text` begins behind the quotation before."""
    sentence = SENTENCE_END.split(text[-NEAR:].rstrip())[-1]
    leads = sentence.rstrip().endswith((",", ":", "—", "-", "–"))
    if not leads:
        return None
    inverted = next(_in_last_clause(BEFORE_INVERTED, sentence), None)
    if inverted is not None and sentence.endswith((",", ":", "—")):
        return _tag(inverted["who"], inverted["verb"], is_behind=False)
    for match in _in_last_clause(BEFORE, sentence):
        if match["who"] not in NO_PEOPLE - {"He", "She", "I"}:
            is_person = _is_a_person(match["who"])
            return _tag(match["who"], match["verb"], is_behind=False) if is_person else None
    return None


def _in_last_clause(pattern: re.Pattern[str], sentence: str) -> Iterator[re.Match[str]]:
    """Matches behind which no clause ends, each from behind whoever the one before names."""
    last_end = max(sentence.rfind(mark) for mark in ".!?;")
    match = pattern.search(sentence)
    while match is not None:
        is_last = match.end() > last_end
        if is_last:
            yield match
        match = pattern.search(sentence, match.end("who") if is_last else match.start() + 1)


def _is_a_person(who: str) -> bool:
    """Where the verb follows, a noun may be anything: `the door opened and …`."""
    words = who.lower().split()
    is_noun = len(words) > 1 and who.split()[1][:1].islower()
    known = PEOPLE | FEMALE_WORDS | MALE_WORDS
    return not is_noun or bool(set(words[1:]) & known)


def _is_said(verb: str, text: str) -> bool:
    return (
        verb not in VAGUE
        or re.match(rf".*\b{verb}\b\s*(?:on|in|out|forth|,|\.|I|he|she)", text[:80]) is not None
    )


def _tag(who: str, verb: str, *, is_behind: bool) -> Tag | None:
    plain = " ".join(who.split())
    lower = plain.lower()
    if lower in ("he", "she"):
        return Tag("pronoun", lower, verb, is_behind)
    if plain in ("I", "i"):
        return Tag("first", "I", verb, is_behind)
    if lower in ("they", "we"):
        return None
    if re.match(rf"{DETERMINER}\s", plain) and plain.split()[1][:1].islower():
        noun = CUT_NOUN.sub("", plain)
        if len(noun.split()) < 2:
            return None
        kind: Kind = "kin" if lower.split()[0] in ("his", "her", "my", "their", "our") else "noun"
        return Tag(kind, noun, verb, is_behind)
    return Tag("name", plain, verb, is_behind)
