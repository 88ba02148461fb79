"""Parts of speech and fixed lemmas as the model's attribute ruler gives them, in a small part of its time.

The ruler matches some 180 patterns against every token. Almost all are a tag, a word, a relation: a table does that.
"""

from itertools import product
from typing import Any, NamedTuple

from spacy.tokens import Doc

_KNOWN = frozenset({"TAG", "LOWER", "DEP"})


class _Rule(NamedTuple):
    order: int
    relations: frozenset[str] | None
    excluded: frozenset[str]
    attributes: dict[str, Any]


class TagTable:
    """The single-token patterns of an attribute ruler, by tag and word; the few of several tokens are left out."""

    def __init__(self, ruler: Any) -> None:  # an AttributeRuler; spaCy types its patterns too loosely
        self._rules: dict[tuple[str | None, str | None], list[_Rule]] = {}
        for order, entry in enumerate(ruler.patterns):
            for pattern in entry["patterns"]:
                if len(pattern) == 1 and pattern[0].keys() <= _KNOWN:
                    self._add(order, pattern[0], entry["attrs"])

    def _add(self, order: int, pattern: dict[str, Any], attributes: dict[str, Any]) -> None:
        relation = pattern.get("DEP")
        only = frozenset(_values(relation)) if relation is not None else None
        excluded: frozenset[str] = frozenset()
        if isinstance(relation, dict) and "NOT_IN" in relation:
            only, excluded = None, frozenset(relation["NOT_IN"])
        for key in product(_values(pattern.get("TAG")), _values(pattern.get("LOWER"))):
            self._rules.setdefault(key, []).append(_Rule(order, only, excluded, attributes))

    def __call__(self, doc: Doc) -> None:
        """Set part of speech, morphology and fixed lemma of every token; tags and relations are there."""
        rules = self._rules
        for token in doc:
            tag, word = token.tag_, token.lower_
            found = [*rules.get((tag, None), ()), *rules.get((tag, word), ()), *rules.get((None, word), ())]
            found.sort(key=lambda rule: rule.order)
            for rule in found:
                if token.dep_ not in rule.excluded and (rule.relations is None or token.dep_ in rule.relations):
                    _set(token, rule.attributes)


def _values(condition: Any) -> list[Any]:
    return list(condition.get("IN", ())) if isinstance(condition, dict) else [condition]


def _set(token: Any, attributes: dict[str, Any]) -> None:
    if "POS" in attributes:
        token.pos_ = attributes["POS"]
    if "MORPH" in attributes:
        token.set_morph(attributes["MORPH"])
    if "LEMMA" in attributes:
        token.lemma_ = attributes["LEMMA"]
