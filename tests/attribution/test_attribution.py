"""Who says a quotation: by rules a reader can follow, and with a reason."""

from __future__ import annotations

from time import process_time

import pytest

from higgs_cli.attribution.people import people_in
from higgs_cli.attribution.rules import SURE, AttributedQuotation, Attribution
from higgs_cli.attribution.scene import novel_of

OPENING = [
    "Mr. Hale kept the light. Mrs. Hale kept the house, and Elinor Vane taught the boy Tom.",
    "“The oil is low,” said Mr. Hale.",
    "“Then send Tom,” said Mrs. Hale.",
    "“I went yesterday,” said Tom.",
    "“It is my turn,” said Elinor.",
    "The wind rose.",
    "It blew all night.",
    "Nobody slept.",
    "In the morning it was still. Nobody had seen Elinor go, and nobody asked for Elinor.",
    "The boats came back.",
    "The day was long.",
    "The sun was low.",
]


def attributed(*paragraphs: str) -> list[AttributedQuotation]:
    texts = [*OPENING, *paragraphs]
    found = Attribution(novel_of(texts, [(0, 0)] * len(texts))).all()
    return [said for said in found if said.quotation.paragraph >= len(OPENING)]


def names(*paragraphs: str) -> list[str | None]:
    return [said.who for said in attributed(*paragraphs)]


@pytest.mark.parametrize(
    ("paragraph", "who"),
    [
        ("“Look,” said Elinor, “a sail.”", "Elinor"),
        ("“Look,” Elinor said.", "Elinor"),
        ("“Look!” cried Miss Elinor Vane.", "Elinor"),
        ("Elinor, turning to the window, answered: “Look!”", "Elinor"),
        ("Elinor said, “Look!”", "Elinor"),
        ("“Look!” Elinor, who had turned, said.", "Elinor"),
        ("“Look!” replied the keeper.", "the keeper"),
        ("Elinor rose. “Look!”", "Elinor"),
        ("“Look!” Elinor pointed to the sea.", "Elinor"),
        ("“Look!” I said.", "I"),
    ],
)
def test_who_is_named_beside_it_says_it(paragraph: str, who: str) -> None:
    found = attributed(paragraph)
    assert {said.who for said in found} == {who}
    assert all(said.is_sure and said.reason for said in found)


def test_the_doctor_is_the_one_doctor_named_in_the_chapter() -> None:
    visit = ["Dr. Tolland came by boat.", "“Lost!” said Dr. Tolland.", "“Where?” asked the doctor."]
    assert names(*visit) == ["Dr. Tolland", "Dr. Tolland"]
    assert names("“Where?” asked the doctor.") == ["the doctor"]
    assert names(*visit[:2], "“Here,” said a doctor.")[-1] == "the doctor"
    other = "“And I,” said Dr. Penn."
    assert names(*visit, other)[1] == "the doctor"


def test_whoever_speaks_is_called_without_what_he_does() -> None:
    told = "“Sixteen!” said the professor between his teeth."
    assert names(told) == ["the professor"]


def test_he_who_spoke_in_the_same_paragraph_goes_on() -> None:
    told = "“No, sir!” cried the captain, touched. “You are brave. Go!” he added."
    assert names("“I go,” said Robert.", told)[1:] == ["the captain", "the captain"]


def test_who_is_asked_whether_it_is_he_answers() -> None:
    told = ["“You are Mr. Hale?” said the consul.", "“I am.”"]
    assert names(*told)[1] == "Mr. Hale"


def test_a_pronoun_beside_it_outweighs_the_turn() -> None:
    talk = ["“A sail!” said Mr. Hale.", "“Where?” said Tom.", "“There,” she said."]
    found = attributed(*talk)[2]
    assert found.who in ("Mrs. Hale", "Elinor", None) and not found.is_sure
    talk = ["“A sail!” said Elinor.", "“Where?” said Mrs. Hale.", "“Go in, both of you,” he cried."]
    assert names(*talk)[2] in ("Mr. Hale", "Tom", None)


def test_a_woman_is_one_by_her_first_name_and_by_miss_with_her_surname() -> None:
    told = [
        "There sat Phyllis Derrick by Professor Derrick.",
        "Phyllis rose, and so did Miss Derrick.",
    ]
    people = people_in(told, (), ("Miss Derrick", "Miss Phyllis", "Phyllis"))
    phyllis = people.find("Miss Derrick")
    assert phyllis is not None and phyllis is people.find("Phyllis") is people.find("Miss Phyllis")
    assert people.find("Professor Derrick") is not phyllis


def test_of_sisters_miss_is_the_one_whose_first_name_is_not_said_with_it() -> None:
    told = ["Then came Jane Bennet, Miss Mary Bennet and Miss Lydia Bennet.", "Miss Bennet spoke."]
    people = people_in(told, (), ("Miss Bennet", "Jane", "Miss Mary Bennet"))
    assert people.find("Miss Bennet") is people.find("Jane")
    told = ["Then came Jane Bennet and Mary Bennet.", "Miss Bennet spoke."]
    people = people_in(told, (), ("Miss Bennet", "Jane Bennet", "Mary Bennet"))
    assert people.find("Miss Bennet") not in (
        people.find("Jane Bennet"),
        people.find("Mary Bennet"),
    )


def test_a_dog_says_nothing() -> None:
    talk = ["Tom looked at Rupert. Rupert wagged his tail.", "“Good boy!” said Tom.", "“Come!”"]
    assert "Rupert" not in names(*talk)
    talk = ["Tom looked at Rupert. Rupert wagged his tail.", "“Good day!” said Rupert."]
    assert names(*talk) == ["Rupert"]


@pytest.mark.parametrize(
    ("told", "is_animal"),
    [
        ("Rupert came in the afternoon, and was shut in. He struck me as a handsome cat.", True),
        ("Rupert was a large black dog, and old.", True),
        ("Rupert came in the afternoon. He was a horse dealer by trade.", False),
        ("Rupert came in the afternoon. He rode a black horse.", False),
        ("Rupert was a cat burglar.", False),
    ],
)
def test_who_is_said_to_be_a_cat_is_one(told: str, is_animal: bool) -> None:
    novel = novel_of([*OPENING, told, "Tom and Rupert sat with Rupert’s friends."], [(0, 0)] * 14)
    assert (novel.people.find("Rupert") is None) == is_animal


@pytest.mark.parametrize("first", ["Fitzwilliam", "Thomas"])
def test_a_rank_stands_before_a_surname(first: str) -> None:
    told = [
        f"Mr. {first} Darcy came with Mr. Darcy’s cousin.",
        f"Colonel {first} bowed. Mr. Darcy did not.",
        f"Darcy walked beside {first}.",
    ]
    people = people_in(told, (), (f"Colonel {first}", "Mr. Darcy", "Darcy", first))
    assert people.find(first) is people.find(f"Colonel {first}")
    assert people.find("Darcy") is people.find(f"Mr. {first} Darcy") is people.find("Mr. Darcy")
    assert people.find("Darcy") is not people.find(first)


def test_a_captain_may_be_called_by_his_given_name() -> None:
    told = [
        "There came Captain Jack Sparling. Captain Jack sat.",
        "Mr. Tom Chase rose, and Mr. Tom laughed at Jack.",
    ]
    people = people_in(told, (), ("Captain Jack", "Mr. Tom", "Jack"))
    assert people.find("Jack") is people.find("Captain Jack")
    assert people.find("Jack") is people.find("Captain Jack Sparling")
    assert people.find("Mr. Tom") is people.find("Mr. Tom Chase")


def test_two_speak_by_turns() -> None:
    talk = ["“A sail!” said Elinor.", "“Where?” said Tom.", "“There.”", "“I see it.”", "“Run!”"]
    assert names(*talk) == ["Elinor", "Tom", "Elinor", "Tom", "Elinor"]


def test_turns_are_counted_back_too() -> None:
    talk = ["“A sail!”", "“Where?”", "“There,” said Elinor.", "“I see it,” said Tom."]
    assert names(*talk) == ["Elinor", "Tom", "Elinor", "Tom"]


def test_a_pronoun_is_whoever_it_can_be() -> None:
    talk = [
        "“A sail!” said Elinor.",
        "“Where?” said Tom.",
        "“There,” she replied.",
        "“Oh,” he said.",
    ]
    assert names(*talk) == ["Elinor", "Tom", "Elinor", "Tom"]


def test_his_wife_is_the_one_of_his_name() -> None:
    assert names("“My dear Mr. Hale,” said his wife, “look!”") == ["Mrs. Hale", "Mrs. Hale"]


def test_who_is_called_by_name_answers_and_does_not_speak() -> None:
    first, second = attributed("“Look, Tom, a sail!” said Elinor.", "“Where?”")
    assert (first.who, second.who, second.reason) == ("Elinor", "Tom", "addressed")


def test_what_goes_on_is_said_by_the_same() -> None:
    assert names("“One thing,” said Elinor. “And", "“another thing.”") == ["Elinor"] * 3


def test_the_paragraph_before_may_lead_in() -> None:
    assert names("Elinor turned to the window, and said:", "“A sail!”") == ["Elinor"]


def test_what_is_not_known_is_not_claimed() -> None:
    (said,) = attributed("“Hark!”")
    assert said.confidence < SURE


def test_a_quoted_word_of_the_narration_is_said_by_nobody() -> None:
    assert names("Elinor thought of what the papers had called “Great Hopes” and smiled.") == []


def test_names_of_one_are_one_and_a_wife_is_another() -> None:
    told = ["Mr. Darcy met Fitzwilliam Darcy's friend. Darcy bowed. Mrs. Bennet saw Mr. Bennet."]
    people = people_in(told, [], ["Lady Catherine", "Kitty", "Darcy", "Mr. Bennet", "Miss Bennet"])
    assert people.find("Darcy") is people.find("Mr. Darcy") is people.find("Fitzwilliam Darcy")
    assert people.find("Mr. Bennet") is not people.find("Mrs. Bennet")
    assert people.find("Lady Catherine") is not people.find("Kitty")
    assert people.find("Miss Bennet") is not people.find("Mrs. Bennet")


def test_attribution_takes_linear_time() -> None:
    took = []
    for size in (500, 5_000):
        began = process_time()
        texts = [
            "“A" + "A" * size + "” said " * size,
            "“Yes” " + "Mr. " * size + "said " * size + ", “No.”",
        ]
        texts += ["“Ann, look,” said Ben.", "“Yes.”", "He sat."] * (size // 10)
        Attribution(novel_of(texts, [(0, 0)] * len(texts))).all()
        took.append(process_time() - began)
    assert took[1] < 40 * took[0] + 0.2
