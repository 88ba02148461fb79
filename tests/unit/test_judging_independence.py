"""Counting outlets that did not copy one another."""

import base64
from itertools import combinations, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.judging.independence import clusters, independent, outlets, similar, sketch, source_of, witness_key
from tests.unit.judging_claims import signature


def key(source: str, text: str) -> str:
    return witness_key(source, text.encode().hex().ljust(32, "0"))


@pytest.mark.parametrize("broken", ["", "no base64!", base64.b64encode(b"short").decode()])
def test_a_broken_signature_resembles_nothing(broken: str) -> None:
    assert sketch(broken) == ""
    assert not similar(sketch(broken), sketch(broken))
    assert len(set(clusters({key("A", "x"): "", key("B", "y"): ""}).values())) == 2


def test_a_sketch_is_the_low_digits_of_the_values() -> None:
    values = b"".join((0xABCDEF00 + number).to_bytes(4, "little") for number in range(64))
    assert sketch(base64.b64encode(values).decode()) == "0123456789abcdef" * 4


@pytest.mark.parametrize(("share", "alike"), [(0.0, False), (0.3, False), (0.7, True), (0.9, True), (1.0, True)])
def test_texts_are_alike_from_about_0_6_on(share: float, alike: bool) -> None:
    found = [
        similar(sketch(signature("wire")), sketch(signature(f"text {number}", like="wire", share=share)))
        for number in range(50)
    ]
    assert all(found) if alike else not any(found)


def test_clusters_are_connected_components_in_any_order() -> None:
    texts = {  # b resembles a and c; a and c share only 0.35
        key("A", "a"): "0" * 64,
        key("B", "b"): "0" * 42 + "1" * 22,
        key("C", "c"): "0" * 22 + "1" * 42,
        key("D", "d"): "2" * 64,
    }
    assert not similar(texts[key("A", "a")], texts[key("C", "c")])
    for order in permutations(texts):
        found = clusters({one: texts[one] for one in order})
        assert len({found[key("A", "a")], found[key("B", "b")], found[key("C", "c")]}) == 1
        assert found[key("D", "d")] == key("D", "d")


def test_equal_texts_are_one_cluster_without_a_signature() -> None:
    found = clusters({key("A", "same"): "", key("B", "same"): "", key("C", "other"): ""})
    assert found[key("A", "same")] == found[key("B", "same")] != found[key("C", "other")]


def test_an_aggregator_does_not_make_two_agencies_one() -> None:
    keys = [key("Agency", "one"), key("Bureau", "two"), key("Digest", "one"), key("Digest", "two")]
    assert independent(keys, clusters(dict.fromkeys(keys, ""))) == 2


@given(st.sets(st.tuples(st.sampled_from("ABCDE"), st.sampled_from("vwxyz")), max_size=8))
def test_independent_is_the_largest_choice_without_a_common_outlet_or_text(printed: set[tuple[str, str]]) -> None:
    keys = {key(source, text): (source, text) for source, text in printed}
    found = independent(keys, clusters(dict.fromkeys(keys, "")))
    largest = max(
        size
        for size in range(len(printed) + 1)
        for chosen in combinations(printed, size)
        if len({source for source, _ in chosen}) == size == len({text for _, text in chosen})
    )
    assert found == largest


def test_outlets_are_told_apart_by_name_whatever_its_case() -> None:
    assert source_of(key("The  Daily News", "x")) == source_of(key("the daily news", "y"))
    assert source_of(key("The Daily News", "x")) != source_of(key("The Daily New", "x"))


@given(st.lists(st.sets(st.integers(0, 200), max_size=23), min_size=1, max_size=4))
def test_small_samples_are_counted_exactly(samples: list[set[int]]) -> None:
    found = outlets([[key(str(number), "x") for number in sample] for sample in samples], 24)
    assert found == len(set().union(*samples))


@pytest.mark.parametrize("number", [100, 1_000, 20_000])
def test_large_numbers_are_estimated_from_the_smallest_keys(number: int) -> None:
    keys = sorted(key(str(one), "x") for one in range(number))
    assert outlets([keys[:24]], 24) == pytest.approx(number, rel=0.45)
    halves = [sorted(keys[0::2])[:24], sorted(keys[1::2])[:24]]
    assert outlets(halves, 24) == pytest.approx(number, rel=0.45)
