"""How sure a reading is: by the way in which its parties were found and by whose word it is.

The figures are data, fitted on labelled texts by ``scripts/calibrate``: how often a claim of each grade was right.
"""

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Literal, get_args

import yaml

from pipeline.reading.scene import How, Party

Grade = Literal[
    "named",  # both parties by name, in a clause of their own
    "named by another",  # the same, in the mouth of a third party
    "contextual",  # a party by a name that means it in this text only: "the junta"
    "referred",  # a party by a pronoun or a definite noun
    "inferred",  # a party from the sentences before
    "taken up",  # the act itself from the sentences before: "did so", "followed suit"
]
GRADES: tuple[Grade, ...] = get_args(Grade)

_RANK: dict[How, int] = {"named": 0, "contextual": 1, "organisation": 1, "referred": 2, "inferred": 3}


def grade_of(actor: Party, target: Party | None, *, taken_up: bool, by_another: bool) -> Grade:
    """The grade of one claim: its weakest link."""
    if taken_up:
        return "taken up"
    rank = max(_RANK[party.how] for party in (actor, target) if party is not None)
    if rank == 0:
        return "named by another" if by_another else "named"
    return ("contextual", "referred", "inferred")[rank - 1]


@lru_cache(maxsize=1)
def calibrated() -> Mapping[Grade, float]:
    """The share of claims of each grade that were right on the labelled texts, smoothed."""
    text = files("pipeline.reading").joinpath("data/en/confidence.yaml").read_text(encoding="utf-8")
    table: dict[str, float] = yaml.safe_load(text)["confidence"]
    return {grade: table[grade] for grade in GRADES}
