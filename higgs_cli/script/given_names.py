"""Given names, titles and words for people, and whether they mean a woman, a man or a child.

Common English names of two centuries, and what novels and plays call those who have none.
"""

from __future__ import annotations

import re
from typing import Literal

from higgs_cli.script.heads import words_in

Gender = Literal["female", "male"]

WOMEN = words_in(
    """abigail ada adela adelaide adele agatha agnes alexandra alexis alice alison alma amanda
    amber amelia amy anastasia andrea angela angelica angelina anita ann anna annabel anne
    annette annie antonia aouda april arabella ariel audrey augusta aurora ava barbara
    beatrice becky belinda bella bernadette bertha bess bessie beth betsey betsy betty beverly
    bianca birdie blanche bonnie brenda bridget brigitte camilla candice carla carmen carol
    caroline carolyn carrie cassandra catherine cathy cecelia cecilia cecily celeste celia
    charlotte chloe christina christine cicely cindy clara clare clarissa claudia clementine
    cleopatra constance cora cordelia corinne cornelia cressida cynthia daisy daphne dawn
    deborah delia della denise desdemona diana diane dolly dolores donna dora doris dorothea
    dorothy edith edna effie eileen elaine eleanor elena elinor elisa elisabeth eliza
    elizabeth ella ellen elsa elsie eloise elspeth emily emma enid erica erin esmeralda
    estella esther ethel eugenia eunice eva evangeline eve evelyn evie faith fanny fay felicia
    felicity fiona flora florence flossie frances francesca freda freya gabriella gabrielle
    gemma genevieve georgia georgiana georgina geraldine gertrude gillian gina gladys glenda
    gloria grace greta gretchen gwen gwendolen gwendolyn hannah harriet harriett hattie hazel
    heather hedda helen helena helene henrietta hermia hermione hester hetty hilary hilda
    holly honor hope hortense ida imogen ines ingrid irene iris irma isabel isabella isabelle
    isadora isobel ivy jacqueline jane janet janice jean jeanne jemima jennifer jenny
    jessamine jessica jessie jill jimmie joan joanna jocelyn josephine joy joyce juanita
    judith judy julia juliana julie juliet june justine kate katharine katherine kathleen
    kathryn katie kay kitty lana laura lauren lavinia leah leila lena leonora leslie letitia
    letty lia lila lilian lilith lillian lily linda lisa liza lizzie lois lola lorna lorraine
    lottie louisa louise lucia lucie lucille lucinda lucretia lucy lulu lydia lynn mabel
    madeleine madeline madge mae maggie mamie mandy marcella marcia margaret margery margot
    maria marian marianne marie marigold marina marion marjorie martha mary matilda maud maude
    maureen mavis maxine may meg megan melanie melissa mercedes mercy meredith mia michelle
    mildred millicent millie mimi minerva minna minnie miranda miriam moira mollie molly
    monica morgana muriel myra myrtle nadia nan nancy naomi natalie natasha nell nellie netta
    nina nita nora noreen norma octavia olga olive olivia ophelia pamela pansy patience patricia
    patsy paula pauline pearl peggy penelope penny perdita petra philippa philomena phoebe
    phyllis polly poppy portia priscilla prudence rachel ramona rebecca regina rhoda rita
    roberta rosa rosalie rosalind rosaline rosamond rosamund rose rosemary rosie roxanne ruby
    ruth sabrina sadie sally samantha sandra sara sarah selina serena sharon sheila sibyl
    silvia simone sonia sophia sophie stella stephanie sue susan susanna susannah susie
    suzanne sybil sylvia tabitha tamara tania tara teresa tess tessa thelma theodora theresa
    tilda tillie tina titania tracy trudy una ursula valerie vanessa vera verity veronica
    victoria viola violet virginia vivian vivien wanda wendy wilhelmina willa winifred xenia
    yolanda yvonne zara zelda zoe"""
)
MEN = words_in(
    """aaron abel abner abraham adam adrian alan alastair albert alec alex alexander alexis alf
    alfred algernon alistair allan allen alonso alphonse ambrose amos andre andrew andy angus
    anthony antonio archibald archie arnold arthur aubrey august augustus barnaby barney barry
    bartholomew basil ben benedick benedict benjamin bernard bert bertie bertram bill billy
    bob bobby boris brian bruce bruno caleb calvin carl carlos carlton caspar cassius cecil
    cedric charles charley charlie chauncey chester chris christian christopher clarence
    claude claudius clement clifford clive colin conrad cornelius craig curtis cuthbert cyril
    cyrus dan daniel danny darcy darren dave david dean denis dennis derek desmond dexter dick
    diego dirk dominic don donald douglas duncan dustin dwight ebenezer ed eddie edgar edmond
    edmund edward edwin eli elias elijah elliot elliott ellis emil enoch enrico eric ernest
    errol eugene eustace evan ezekiel ezra felix ferdinand fergus fernando fitzwilliam floyd
    francis francisco frank franklin fred freddie freddy frederic frederick gabriel gareth
    garnet garry gary gaston gavin geoffrey george gerald gerard gideon gilbert giles glen
    godfrey gordon graham grant gregory griffith guido gus gustave guy hamish hamlet hank hans
    harold harry harvey hector henri henry herbert hercule herman hezekiah hiram homer horace
    horatio howard hubert hugh hugo humphrey ian ichabod ignatius igor ira irving isaac isaiah
    ivan jack jackson jacob jacques jake james jamie jared jason jasper jay jeeves jeff
    jefferson jeffrey jeremiah jeremy jerome jerry jim jimmy joe joel john johnny jonah jonas
    jonathan jordan jorge jose joseph joshua juan jude jules julian julius justin karl keith
    ken kenneth kevin konrad kurt laertes lancelot larry laurence lawrence lazarus leo leon
    leonard leonardo leopold leroy lester lewis lionel lloyd lorenzo louis lucas lucius luigi
    luis luke luther lysander malcolm manuel marc marcel marco marcus mario mark marmaduke
    marshall martin marvin matt matthew maurice max maximilian melvin mercutio michael mick
    miguel mike miles milton mitchell montague morgan morris mortimer moses mycroft nat nathan
    nathaniel neal ned neil nelson neville nicholas nick nigel noah noel norman octavius
    oliver omar orlando orsino osbert oscar oswald othello otis otto owen pablo paddy
    passepartout patrick paul pedro percival percy pete peter phil phileas philip phineas
    pierre quentin ralph ramon randolph raphael ray raymond reg reggie reginald reuben rex
    reynard ricardo richard rick rob robert robin roderick rodney roger roland rollo romeo ron
    ronald rory ross rowland roy rudolph rufus rupert russell salvador sam samson samuel sandy
    saul sean sebastian septimus seth seymour sherlock sid sidney sigismund silas silvester
    simon solomon spencer stan stanley stephen steve steven stewart stuart sydney tarquin ted
    teddy terence terry theodore theseus thomas thaddeus tim timothy titus tobias toby tod tom
    tommy tony travis trevor tristan tybalt ulysses uriah valentine vernon victor vincent
    virgil wallace walter warren wayne wilbur wilfred wilfrid will willard william willie
    willoughby winston woodrow xavier zachary zebedee"""
) - {"alexis", "darcy"}
FEMALE_WORDS = words_in(
    """ladies women mothers wives queens mrs miss ms mme madame mademoiselle mlle madam lady dame
    duchess countess baroness marchioness viscountess empress queen princess woman women girl
    girls lass lassie maid housemaid parlormaid parlourmaid parlor-maid nursemaid maiden
    mother mamma mama mum mummy mom ma grandmother grandma granny gran daughter daughters
    sister sisters aunt auntie niece wife widow bride nun abbess governess housekeeper
    seamstress laundress milkmaid actress waitress hostess stewardess landlady mistress
    heroine beauties witch priestess nymph goddess she her female feminine nurse
    matron frau fraulein senora senorita signora sultana spinster chorusgirl dowager midwife
    charwoman barmaid"""
)
MALE_WORDS = words_in(
    """lords messrs fathers mr sir lord monsieur mister master esq duke earl count baron marquis
    viscount emperor king prince man men boy boys lad gentleman gentlemen father papa dad
    daddy pa grandfather grandpa son sons brother brothers uncle nephew husband widower groom
    bridegroom monk friar abbot priest bishop father vicar parson curate reverend rev footman
    butler valet waiter waiters actor policeman constable sergeant sergt captain capt colonel
    col major general gen admiral lieutenant lieut corporal private soldier sailor boatman
    fisherman landlord host herr senor signor don he his him male masculine coachman cabman
    postman dustman huntsman chap fellow bloke guy squire knight sheriff wizard god bachelor
    alderman barman clergyman salesman tradesman workman watchman foreman doorman"""
)
CHILD_WORDS = words_in("child children boy boys girl girls lad lass kid baby infant page")
YOUNG_WORDS = words_in("young youth teenage teenager student miss maiden lass lad bride")
OLD_WORDS = words_in(
    "old elderly aged ancient grandmother grandfather grandma grandpa granny gran dowager"
)
WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")


def words_of(text: str) -> list[str]:
    return [word.casefold().replace("ü", "u").replace("ñ", "n") for word in WORD.findall(text)]


def gender_of(name: str) -> tuple[Gender, str] | None:
    """Woman or man, by a word of the name: a title, a word for people, a given name; and which."""
    words = words_of(name)
    for word in words:
        if word in FEMALE_WORDS or word in MALE_WORDS:
            return ("female" if word in FEMALE_WORDS else "male"), word
    for word in words:
        if (word in WOMEN) != (word in MEN):
            return ("female" if word in WOMEN else "male"), word
    return None


def is_given_name(name: str) -> bool:
    """Is one of its words a given name, or its first a title?"""
    words = words_of(name)
    return any(word in WOMEN or word in MEN for word in words) or (
        bool(words) and words[0] in {"mr", "mrs", "miss", "ms", "dr", "lord", "lady", "sir"}
    )


def age_of(text: str) -> tuple[str, str] | None:
    """child, young or old, by a word; and which."""
    for word in words_of(text):
        for age, known in (("child", CHILD_WORDS), ("old", OLD_WORDS), ("young", YOUNG_WORDS)):
            if word in known:
                return age, word
    return None
