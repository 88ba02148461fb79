"""The meanings of the predicates: whole, consistent, and those of the design."""

import re
from typing import Any, get_args

import pytest
import yaml
from pydantic import ValidationError

from pipeline import ontology
from pipeline.ontology import Ontology
from pipeline.records import DIMENSIONS, Predicate


def raw() -> dict[str, Any]:
    return {"predicates": {name: one.model_dump() for name, one in ontology.load().predicates.items()}}


def test_every_predicate_means_one_value() -> None:
    meanings = ontology.load().predicates
    assert set(meanings) == set(get_args(Predicate))
    assert {one.dimension for one in meanings.values()} == set(DIMENSIONS)
    values = [(one.dimension, one.value) for one in meanings.values()]
    assert len(set(values)) == len(values)


def test_values_of_a_dimension() -> None:
    known = ontology.load()
    assert set(known.values("presence")) == {"mission", "embassy", "ambassador", "closed"}
    ranks = {value: known.of("presence", value).rank or 0 for value in known.values("presence")}
    assert sorted(ranks, key=lambda value: ranks[value]) == ["closed", "mission", "embassy", "ambassador"]
    with pytest.raises(KeyError, match="presence has no value 'listed'"):
        known.of("presence", "listed")


def test_what_undoes_a_value_opposes_it() -> None:
    for meaning in ontology.load().predicates.values():
        assert meaning.undoes <= meaning.opposes
        assert meaning.value not in meaning.opposes


def test_codes_have_the_form_of_cameo_and_plover() -> None:
    types = {"AGREE", "SUPPORT", "REJECT", "SANCTION", "COERCE", "CONCEDE", "RETREAT"}
    for meaning in ontology.load().predicates.values():
        assert re.fullmatch(r"\d{3,4}", meaning.cameo)
        assert meaning.plover in types


@pytest.mark.parametrize(
    ("predicate", "change", "message"),
    [
        ("recognized", None, "no meaning for recognized"),
        ("recognized", {"opposes": ["unheard"]}, "recognition has no value unheard"),
        ("recognized", {"opposes": []}, "recognized does not oppose not_recognized in turn"),
        ("recognized", {"dimension": "weather"}, "Input should be 'recognition'"),
        ("recognized", {"colour": "green"}, "Extra inputs are not permitted"),
    ],
)
def test_a_bad_file_is_refused_with_the_reason(predicate: str, change: dict[str, Any] | None, message: str) -> None:
    data = raw()
    if change is None:
        del data["predicates"][predicate]
    else:
        data["predicates"][predicate] |= change
    with pytest.raises(ValidationError, match=re.escape(message)):
        Ontology.model_validate(data)


def test_codes_are_text_in_the_file() -> None:
    assert yaml.safe_load('cameo: "054"') == {"cameo": "054"}  # 054 without quotes would be the number 44
    assert ontology.load().predicates["recognized"].cameo == "054"
