"""What the paragraphs tell of who speaks: a lead-in, what one person does beside it."""

from __future__ import annotations

from higgs_cli.attribution.named import Named
from higgs_cli.attribution.scene import Novel, Paragraph
from higgs_cli.attribution.speech_tags import SENTENCE_END, tag_before
from higgs_cli.attribution.talk import SURENESS, Guess, Talk


class Told:
    """Reads the narration around a quotation."""

    def __init__(self, novel: Novel, talk: Talk, named: Named) -> None:
        self.novel = novel
        self.talk = talk
        self.named = named

    def lead_in(self, part: Paragraph) -> Guess | None:
        """`… and Ann answered:` at the end of the paragraph before."""
        if part.number == 0 or part.narration[0].strip():
            return None
        other = self.novel.paragraphs[part.number - 1]
        last = other.narration[-1].rstrip()
        if other.scene != part.scene or not last.endswith((":", ",")):
            return None
        tag = tag_before(last)
        if tag is not None:
            guess = self.named.named(part, tag) or self.named.by_gender(part, tag, 0)
            if guess is not None:
                return Guess(guess.person, min(guess.confidence, SURENESS["lead-in"]), "lead-in")
        first = self.novel.people.mentions(SENTENCE_END.split(last)[-1])
        return Guess(first[0][1], 0.72, "lead-in") if first else None

    def beat(self, part: Paragraph) -> Guess | None:
        """What one person does in the same paragraph."""
        for text in part.narration:
            for sentence in SENTENCE_END.split(text.strip(" ,;—")):
                subject = self.subject(part, sentence)
                if subject is not None:
                    return subject
        named = {id(p): p for _, p in self.novel.people.mentions(part.told)}
        if len(named) == 1:
            return Guess(next(iter(named.values())), 0.6, "named in the paragraph")
        return None

    def subject(self, part: Paragraph, sentence: str) -> Guess | None:
        words = sentence.split()
        if not words:
            return None
        if words[0] == "I":
            return Guess(self.named.narrator, SURENESS["beat"], "I, beside it")
        mentions = self.novel.people.mentions(sentence)
        if mentions and mentions[0][0] <= 1:
            return Guess(mentions[0][1], SURENESS["beat"], f"{mentions[0][1].name} acts beside it")
        if words[0] in ("He", "She"):
            found = self.talk.meant(part, "male" if words[0] == "He" else "female", 0)
            if found is not None:
                confidence = min(found[1], SURENESS["beat by pronoun"])
                return Guess(found[0], confidence, f"{words[0].lower()} acts beside it")
        return None
