"""The lists of countries and subjects in a text, and which of them "the four", "both" and "they" speak of."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipeline.reading.gazetteer import Mention

if TYPE_CHECKING:
    from pipeline.reading.scene import Party, Scene

_JOINT = re.compile(
    r"(?:,|,? and|,? or|,? nor|;|,? as well as|,? plus)\s+(?:(?:then|later|also|finally)\s+)?(?:the\s+|both\s+)?",
    re.IGNORECASE,
)
_MEMBERS = frozenset({"name", "capital", "government", "alias", "territory", "title"})
_REACH = 12
"""How many sentences back "the four" reaches: it is exact, and its list is often far."""

NUMBERS = {word: number for number, word in enumerate("two three four five six seven eight nine ten".split(), start=2)}
NUMBERS |= {"both": 2, "either": 2, "neither": 2, "pair": 2, "duo": 2, "trio": 3, "quartet": 4}


def lists_of(scene: "Scene", index: int) -> "list[list[Party]]":
    """The lists of two or more members in one sentence, in order."""
    found: list[list[Mention]] = []
    last: Mention | None = None
    for mention in scene.of_sentence(index):
        if mention.form not in _MEMBERS:
            last = None
            continue
        joint = _JOINT.fullmatch(scene.text, last.end, mention.start) if last is not None else None
        if joint and not (
            len(found[-1]) == 1 and joint[0].strip() == "," and _is_place(scene.text, found[-1][0].start)
        ):
            found[-1].append(mention)
        else:
            found.append([mention])
        last = mention
    return [[scene.party(mention) for mention in members] for members in found if len(members) > 1]


def _is_place(text: str, start: int) -> bool:
    """ "At talks in Geneva, Chad and Togo agreed": the place is none of them."""
    return text[max(0, start - 4) : start].split()[-1:] in (["in"], ["In"], ["at"], ["At"])


def counted(scene: "Scene", index: int, before: int, number: int, others: "Sequence[Party]" = ()) -> "list[Party]":
    """The last list of so many before an offset, with no member among ``others``; empty when there is none."""
    for sentence in range(index, max(-1, index - 1 - _REACH), -1):
        for members in reversed(lists_of(scene, sentence)):
            if len(members) != number or members[-1].start >= before:
                continue
            if not any(member.same(other) for member in members for other in others):
                return members
    return []
