"""Who said it first hand: counting outlets that did not copy one another.

A witness is one text as one outlet printed it. Its key is 8 hexadecimal digits of a digest of the outlet's
name and 12 of the content digest, so that the smallest keys are a sample of the outlets that
no order of arrival can change (a bottom-k sketch).
"""

import binascii
from base64 import b64decode
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from hashlib import blake2b
from operator import eq

SKETCH_DIGITS = 64
SIMILAR_DIGITS = 40
"""Digits that two sketches share when their Jaccard similarity is 0.6: 4-bit digits also agree by chance,
one time in 16, so 64 * (0.6 + 0.4 / 16)."""

_BAND = 3
_SOURCE_DIGITS = 8
_SPACE = 1 << 4 * _SOURCE_DIGITS


def sketch(signature: str) -> str:
    """The low 4 bits of each of the 64 MinHash values, as hexadecimal digits (b-bit minwise hashing, b = 4).

    Empty for a signature that is none: such a text resembles only its exact copies.
    """
    try:
        raw = b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return ""
    return raw[::4].hex()[1::2] if len(raw) == 4 * SKETCH_DIGITS else ""


def witness_key(source: str, digest: str) -> str:
    """The key of a text as an outlet printed it. Outlets are told apart by name, whatever its case."""
    return blake2b(" ".join(source.casefold().split()).encode(), digest_size=4).hexdigest() + digest[:12]


def source_of(key: str) -> str:
    """The part of a witness's key that stands for the outlet."""
    return key[:_SOURCE_DIGITS]


def similar(one: str, other: str) -> bool:
    """Whether two sketches are of texts that share at least about 0.6 of their shingles."""
    shared: int = sum(map(eq, one, other))
    return shared >= SIMILAR_DIGITS


def clusters(sketches: Mapping[str, str]) -> dict[str, str]:
    """The cluster of each witness, named after its smallest member.

    Two texts are linked when their content digests are equal, or their sketches are similar and agree
    in three consecutive digits (which 99.7 % of pairs at the threshold do); clusters are the connected components.
    """
    parent = {key: key for key in sketches}

    def root(key: str) -> str:
        while parent[key] != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    def link(group: Sequence[str], linked: Callable[[str, str], bool]) -> None:
        apart: list[list[str]] = []  # groups within the group, by what is linked directly
        for key in group:
            near = [one for one in apart if any(linked(key, other) for other in one)]
            apart = [one for one in apart if one not in near] + [[key, *(other for one in near for other in one)]]
            for first, *_ in near:
                low, high = sorted((root(key), root(first)))
                parent[high] = low

    for group in _shared((key[_SOURCE_DIGITS:], key) for key in sketches):
        link(group, lambda one, other: True)
    for at in range(0, SKETCH_DIGITS - _BAND + 1, _BAND):
        for group in _shared((mine[at : at + _BAND], key) for key, mine in sketches.items() if mine):
            if len({root(key) for key in group}) > 1:
                link(group, lambda one, other: similar(sketches[one], sketches[other]))
    return {key: root(key) for key in sketches}


def _shared(pairs: Iterable[tuple[str, str]]) -> list[list[str]]:
    """The keys that go by one name, where there are several."""
    groups: dict[str, list[str]] = defaultdict(list)
    for name, key in pairs:
        groups[name].append(key)
    return [group for group in groups.values() if len(group) > 1]


def independent(keys: Collection[str], cluster: Mapping[str, str]) -> int:
    """The most witnesses that can be chosen with no two from one outlet and no two of one cluster.

    So a wire story in forty papers counts once, forty stories of one paper count once, and
    an aggregator that copies two agencies makes neither of them depend on the other.
    """
    offers: dict[str, set[str]] = defaultdict(set)
    for key in keys:
        offers[source_of(key)].add(cluster[key])
    if all(len(mine) == 1 for mine in offers.values()):
        return len({name for mine in offers.values() for name in mine})
    taken: dict[str, str] = {}

    def place(source: str, tried: set[str]) -> bool:
        for name in sorted(offers[source] - tried):
            tried.add(name)
            if name not in taken or place(taken[name], tried):
                taken[name] = source
                return True
        return False

    return len([source for source in sorted(offers) if place(source, set())])


def outlets(samples: Iterable[Collection[str]], limit: int) -> int:
    """How many outlets the union of several samples stands for.

    A sample with fewer than ``limit`` outlets is the whole; a full one holds the outlets with the smallest keys,
    from which the number is estimated (k minimum values; the standard error is about 1 / sqrt(limit - 2)).
    """
    sets = [{source_of(key) for key in sample} for sample in samples]
    union = set().union(*sets)
    full = [max(sources) for sources in sets if len(sources) >= limit]
    if not full:
        return len(union)
    threshold = min(full)
    below = sum(source <= threshold for source in union)
    return max(len(union), round((below - 1) * _SPACE / (int(threshold, 16) + 1)))
