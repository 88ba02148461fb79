"""Plain questions to a dependency tree: who is the subject, is it passive, what does the noun belong to."""

from collections.abc import Iterator

from spacy.tokens import Token

from pipeline.reading.lexicon import lexicon

SUBJECTS = frozenset({"nsubj", "nsubjpass", "csubj"})
OBJECTS = frozenset({"dobj", "obj", "oprd"})
_MAX_DEPTH = 12


def lemma(token: Token) -> str:
    """The lower-case lemma."""
    return str(token.lemma_).lower()


def kids(token: Token, *deps: str) -> list[Token]:
    """The children in these relations."""
    return [child for child in token.children if child.dep_ in deps]


def is_verbal(token: Token) -> bool:
    """Whether a token is a verb, or was tagged as one."""
    if token.pos_ in {"VERB", "AUX"} or token.tag_.startswith("VB"):
        return True
    return token.tag_ in {"NN", "NNS"} and any(child.dep_ in OBJECTS for child in token.children)  # mistaken for a noun


def is_passive(verb: Token) -> bool:
    """ "was recognised", and the reduced "recognised by"."""
    if any(child.dep_ in {"nsubjpass", "auxpass", "agent"} for child in verb.children):
        return True
    return verb.tag_ == "VBN" and verb.dep_ in {"acl", "amod", "relcl"} and not kids(verb, "aux", *OBJECTS)


def prepositions(token: Token) -> Iterator[tuple[str, Token]]:
    """Each (preposition, its object) under a token, "by" agents included."""
    for child in token.children:
        if (child.dep_ in {"prep", "agent", "dative"} and child.pos_ != "PRON") or (
            child.dep_ == "dep" and child.pos_ == "ADP"
        ):
            word = child.text.lower()
            for grandchild in child.children:
                if grandchild.dep_ in {"pobj", "pcomp", "obj"}:
                    yield word, grandchild
                elif grandchild.dep_ == "prep":  # "outside of", "from among"
                    for last in grandchild.children:
                        if last.dep_ == "pobj":
                            yield grandchild.text.lower(), last


def agent(verb: Token) -> Token | None:
    """Who did it, in a passive, however deep the parser hung the "by"."""
    for token in verb.subtree:
        if token.lower_ == "by" and token.i > verb.i and within_clause(token, verb):
            found = next((child for child in token.children if child.dep_ in {"pobj", "obj"}), None)
            if found is not None and not is_verbal(found):
                return found
    return None


def within_clause(token: Token, *heads: Token) -> bool:
    """Whether a token hangs on one of these without a clause of its own between."""
    while token not in heads:
        if token.head == token:
            return False
        if token.dep_ in {"relcl", "advcl", "ccomp", "acl", "csubj", "parataxis"} or (
            token.dep_ == "conj" and is_verbal(token)
        ):
            return False
        token = token.head
    return True


def is_relative(token: Token) -> bool:
    """Which, who, that: stands for the noun that its clause hangs on."""
    return token.tag_ in {"WDT", "WP", "WP$"} or (token.lower_ == "that" and token.dep_ in SUBJECTS | OBJECTS)


def antecedent(pronoun: Token) -> Token | None:
    """The noun that a relative pronoun stands for; where its clause hangs on a verb, the noun right before it."""
    clause = next((up for up in pronoun.ancestors if up.dep_ == "relcl"), None)
    if clause is None or not is_verbal(clause.head):
        return clause.head if clause is not None else None
    before = next((token for token in reversed(pronoun.doc[: pronoun.i]) if not token.is_punct), None)
    return before if before is not None and before.pos_ in {"NOUN", "PROPN"} else clause.head


def own_subject(verb: Token) -> Token | None:
    """The subject in the verb's own clause; a relative pronoun counts as the noun it stands for."""
    for child in verb.children:
        if child.dep_ in SUBJECTS or child.dep_ == "expl":
            if is_relative(child) and verb.dep_ == "relcl":
                return antecedent(child)
            return child
    return None


def subject(verb: Token, depth: int = 0) -> Token | None:
    """Who is said to do what the verb says, through control, coordination, participles and plans; None if nobody is."""
    if depth > _MAX_DEPTH:
        return None
    own = own_subject(verb)
    if own is not None and own.dep_ != "expl":
        return own
    head = verb.head
    if head == verb:
        return None
    if verb.dep_ == "conj" and is_verbal(head):
        return subject(head, depth + 1)
    if verb.dep_ in {"acl", "relcl"}:
        if is_passive(verb):
            return head
        if verb.tag_ == "VBG" and verb.dep_ == "acl" and verb.i and verb.nbor(-1).text == ",":
            main = next((up for up in verb.ancestors if is_verbal(up)), None)  # a participle clause, misattached
            return subject(main, depth + 1) if main is not None else None
        if verb.tag_ == "VBG" and verb.dep_ == "acl" and not kids(verb, "aux"):
            return (holder(head, depth + 1) or head) if lemma(head) in lexicon().instruments else head
        return holder(head, depth + 1) or head
    if verb.dep_ in {"xcomp", "advcl", "ccomp", "dep", "parataxis", "oprd"} or (
        verb.dep_ == "prep" and is_verbal(verb)
    ):
        return _controller(head, depth + 1)
    if verb.dep_ in {"pcomp", "pobj"}:
        outer = head.head
        while outer.dep_ == "prep" and outer.head != outer:
            outer = outer.head
        if is_verbal(outer):
            objects = kids(outer, "dobj") if lemma(outer) in lexicon().oblique_control else []
            return objects[0] if objects else subject(outer, depth + 1)
        if outer.pos_ in {"ADJ", "ADV"} and outer.head != outer:  # "alone in", "short of"
            return subject(outer.head, depth + 1)
        return holder(outer, depth + 1)
    if verb.dep_ == "amod":
        if verb.tag_ != "VBG" or head.dep_ not in {"pobj", "dobj"}:
            return head
        outer = head.head.head if head.dep_ == "pobj" else head.head
        return subject(outer, depth + 1) if is_verbal(outer) else holder(outer, depth + 1)
    return None


def _controller(governor: Token, depth: int) -> Token | None:
    if is_verbal(governor):
        if lemma(governor) in lexicon().object_control:
            objects = kids(governor, "dobj", "dative")
            if objects:
                return objects[0]
        if (
            is_passive(governor)
            and lemma(governor) not in lexicon().object_control
            and governor.dep_ not in {"acl", "relcl"}
        ):
            return own_subject(governor) or subject(governor, depth)
        return subject(governor, depth)
    if governor.pos_ in {"ADJ", "ADV"}:
        return subject(governor.head, depth) if governor.head != governor else None
    return holder(governor, depth)


def holder(noun: Token, depth: int = 0) -> Token | None:
    """Whose plan, decision or embassy it is: the possessor, "by" someone, or who makes, takes or announces it."""
    if depth > _MAX_DEPTH:
        return None
    owners = kids(noun, "poss")
    if owners:
        return owners[0]
    for word, other in prepositions(noun):
        if word == "by":
            return other
    if noun.dep_ in {"dobj", "attr", "oprd"}:
        return subject(noun.head, depth + 1)
    if noun.dep_ == "pobj":
        outer = noun.head.head
        return subject(outer, depth + 1) if is_verbal(outer) else None
    return None


def is_conceded(token: Token) -> bool:
    """Whether a clause is told against another as known: "while Chad has sent envoys, it recognises nobody"."""
    return any(
        child.dep_ == "mark" and child.lower_ in {"while", "although", "though", "whereas", "whilst"}
        for clause in (token, *token.ancestors)
        if clause.dep_ == "advcl"
        for child in clause.children
    )
