"""Explanations: the path that joins two records, the least evidence that would part them, the reason why two are apart."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from itertools import combinations, pairwise
from math import inf
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from identity import (
    Apart,
    Component,
    Constraints,
    Cut,
    IdentityRules,
    Member,
    MustLink,
    Pair,
    Path,
    Refusal,
    Tie,
    joined_path,
    minimal_cut,
    weakest_place,
    why_apart,
)

#: Found the same on every run; random graphs are small and quick.
repeatable = settings(max_examples=300, derandomize=True)


def clash(form: str, other: str) -> str:
    return {"ab": "name", "bc": "birthday"}.get("".join(sorted((form, other))), "")


def vouches(witness: str, beside: str, other: str) -> bool:
    return witness == "a" and beside == "c"


def component(pairs: str, *, marks: str = "", must: str = "", cannot: str = "", size: int = 200) -> Component[str]:
    """A component in short: pairs ``ab5 bc-1`` and lone records ``z``; must- and cannot-links ``ab``.

    Marks give records values: ``a1`` a WeChat union id, ``ab`` the form b.
    """
    found = [Pair(text[0], text[1], int(text[2:])) for text in pairs.split() if text[1:]]
    alone = {text for text in pairs.split() if not text[1:]}
    records = sorted(alone.union(*((pair.left, pair.right) for pair in found), *must.split(), *cannot.split()))
    ids = {text[0]: {"national_id": frozenset({text[1:].encode()})} for text in marks.split() if text[1:].isdigit()}
    forms = {text[0]: text[1:] for text in marks.split() if text[1:].isalpha()}
    constraints = Constraints(
        must_links=frozenset((text[0], text[1]) for text in must.split()),
        cannot_links=frozenset((text[0], text[1]) for text in cannot.split()),
        clash=clash,
        vouches=vouches,
    )
    members = {record: Member(record, ids.get(record, {}), forms.get(record)) for record in records}
    return Component(members, found, replace(IdentityRules(), max_cluster_records=size), constraints)


def told(evidence: Iterable[Tie[str]]) -> str:
    return " ".join(
        f"{piece.left}{piece.right}{piece.weight if isinstance(piece, Pair) else '!'}" for piece in evidence
    )


def steps(path: Path[str] | None) -> str:
    assert path is not None
    return " ".join(f"{step.start}{step.end}" for step in path.steps)


def cut(found: Cut[str] | None) -> str:
    assert found is not None
    return told(found.evidence)


def reason(found: Apart[str] | None) -> tuple[str, str]:
    assert found is not None
    return found.reason, told([found.pair] if found.pair else [])


# --- Paths ---


def test_the_path_avoids_weak_evidence_even_when_it_is_longer() -> None:
    path = joined_path(component("ad3 ab9 bc7 cd8"), "a", "d")
    assert steps(path) == "ab bc cd"
    assert path is not None
    assert path.weakest == Pair("b", "c", 7)


def test_of_equally_wide_paths_the_shortest_is_taken_then_the_lowest_natural_keys() -> None:
    assert steps(joined_path(component("ab9 be3 ae3"), "a", "e")) == "ae"
    assert steps(joined_path(component("ac3 cz3 ab3 bz3"), "a", "z")) == "ab bz"


def test_both_directions_tell_the_same_path() -> None:
    square = component("ay3 yz3 ax3 xz3 bz3")
    assert steps(joined_path(square, "a", "z")) == "ax xz"
    assert steps(joined_path(square, "z", "a")) == "zx xa"


def test_the_lowest_keys_are_read_from_the_lower_end_in_both_directions() -> None:
    hexagon = component("ab3 by3 yz3 ac3 cx3 xz3")
    assert steps(joined_path(hexagon, "a", "z")) == "ab by yz"
    assert steps(joined_path(hexagon, "z", "a")) == "zy yb ba"


def test_a_must_link_outweighs_every_pair() -> None:
    path = joined_path(component("ab9 ac99", must="ab cb"), "a", "c")
    assert path is not None
    assert told(step.evidence for step in path.steps) == "ab! cb!"
    assert path.weakest == MustLink("a", "b")


def test_a_path_stays_in_its_cluster_and_over_the_threshold() -> None:
    forbidden = component("ab1 ax9 bx8", cannot="ax bx")
    assert steps(joined_path(forbidden, "a", "b")) == "ab"
    assert steps(joined_path(component("ab9 bc9 ac-1"), "a", "c")) == "ab bc"


def test_there_is_no_path_between_clusters_and_an_empty_one_from_a_record_to_itself() -> None:
    two = component("ab3 cd3 bc-1")
    assert joined_path(two, "a", "d") is None
    assert joined_path(two, "a", "nobody") is None
    assert joined_path(two, "a", "a") == Path((), None)


# --- Cuts ---


def test_a_chain_breaks_at_its_weakest_pair() -> None:
    found = minimal_cut(component("ab9 bc2 cd5"), "a", "d")
    assert found == Cut((Pair("b", "c", 2),), (frozenset("ab"), frozenset("cd")), is_proven_minimal=True)


def test_every_way_round_must_be_cut() -> None:
    assert cut(minimal_cut(component("ab9 bc9 ca9 cd1"), "a", "b")) in {"ab9 ca9", "ab9 bc9"}


def test_a_must_link_and_a_pair_of_the_same_records_are_two_pieces_of_evidence() -> None:
    assert cut(minimal_cut(component("ab9", must="ab"), "a", "b")) == "ab9 ab!"


def test_of_cuts_of_one_size_a_pair_is_given_up_before_a_stewards_decision() -> None:
    assert cut(minimal_cut(component("bc99", must="ab"), "a", "c")) == "bc99"


def test_less_than_a_graph_cut_does_where_other_evidence_speaks_against_the_union() -> None:
    """Three pairs lead across; once one is gone the rest weigh less than what speaks against it."""
    found = minimal_cut(component("ab9 cd9 ac4 ad4 bc4 bd-9"), "a", "d")
    assert found is not None
    assert told(found.evidence) in {"ac4", "ad4", "bc4"}
    assert found.is_proven_minimal


def test_retracting_evidence_elsewhere_can_free_a_rival_that_shuts_a_record_out() -> None:
    """Without d, c joins a, and b may not be where c is: d–c is the piece, though neither record rests on it."""
    rival = component("cd9 ac5 ab3 ae3 eb3", marks="b1 c2", cannot="ad")
    found = minimal_cut(rival, "a", "b")
    assert found is not None
    assert told(found.evidence) == "cd9"
    assert found.parts == (frozenset("ace"), frozenset("b"))


def test_a_stewards_decision_elsewhere_can_be_that_piece() -> None:
    assert cut(minimal_cut(component("ac5 ab3 ae3 eb3", must="cd", marks="b1 c2", cannot="ad"), "a", "b")) == "cd!"


def test_a_match_that_excuses_a_contradiction_can_be_that_piece() -> None:
    assert cut(minimal_cut(component("df2 dg4 fg3", marks="ga db"), "d", "g")) == "dg4"
    elsewhere = component("xz3 zy3 xw3 wy3 pr5 qr5 pq1", marks="xa yb pa qb")
    assert cut(minimal_cut(elsewhere, "x", "y")) == "pq1"


def test_several_pieces_between_two_records_count_each() -> None:
    assert cut(minimal_cut(component("ab9 bc1", must="ab bc cb"), "a", "c")) == "ab9 ab!"


def test_a_cut_holds_where_its_records_would_meet_again_by_way_of_other_clusters() -> None:
    """Cutting the cluster of f and g alone lets both join c, d or e, which had been refused."""
    rerouted = component("gf5 dc-4 gc4 de9 fc2 ce-9 eg2 fe9 dg1", marks="g2 d2 c2")
    found = minimal_cut(rerouted, "f", "g", budget=0)
    assert found is not None
    assert not rerouted.without(found.evidence).are_one("f", "g")


def test_records_of_two_clusters_and_a_record_alone_have_no_cut() -> None:
    two = component("ab3 cd3 bc-1 e")
    assert minimal_cut(two, "a", "c") is None
    assert minimal_cut(two, "a", "a") is None
    assert minimal_cut(two, "a", "nobody") is None
    assert weakest_place(two, "e") is None


def test_a_profile_is_weakest_where_the_fewest_and_weakest_pieces_hold_it() -> None:
    found = weakest_place(component("ab9 bc9 ca9 de9 ef9 fd9 ad4"), "e")
    assert found == Cut((Pair("a", "d", 4),), (frozenset("abc"), frozenset("def")), is_proven_minimal=True)
    assert cut(weakest_place(component("ab9 bc1 cd9"), "a")) == "bc1"


DENSE = component(" ".join(f"{a}{b}5" for a, b in combinations("abcdef", 2)), cannot="xa")


def test_without_a_budget_the_graph_cut_is_given_and_not_called_proven() -> None:
    proven = minimal_cut(DENSE, "a", "f", budget=10**9)
    assert proven is not None
    assert proven.is_proven_minimal
    for found in (minimal_cut(DENSE, "a", "f", budget=100), weakest_place(DENSE, "a", budget=100)):
        assert found is not None
        assert not found.is_proven_minimal
        assert len(found.evidence) == len(proven.evidence) == 5


def test_a_budget_is_not_needed_where_no_guard_can_act() -> None:
    found = weakest_place(component(" ".join(f"{a}{b}5" for a, b in combinations("abcdef", 2))), "a", budget=0)
    assert found is not None
    assert found.is_proven_minimal


def test_the_pairs_that_a_large_component_gave_up_are_spared() -> None:
    records = [f"{number:03}" for number in range(502)]
    strong = [Pair(left, right, 9) for left, right in pairwise(records)]
    weak = [Pair(records[100], records[n], 1) for n in range(300, 320)]
    large = Component(
        {record: Member(record, {}) for record in records},
        [*strong, *weak],
        replace(IdentityRules(), max_cluster_records=1000),
        Constraints(cuts=(5,)),
    )
    found = minimal_cut(large, records[0], records[501], budget=0)
    assert found is not None
    assert len(found.evidence) == 1
    between = minimal_cut(large, records[200], records[250], budget=0)
    assert between is not None
    assert len(between.evidence) == 1
    assert not large.without(between.evidence).are_one(records[200], records[250])


# --- Apart ---


def test_a_steward_forbade_just_these_two() -> None:
    found = why_apart(component("ab9", cannot="ba"), "a", "b")
    assert reason(found) == ("cannot_link", "ab9")
    assert found is not None
    assert found.cannot_link == ("b", "a")


def test_a_prohibition_between_clusters_keeps_all_their_records_apart() -> None:
    found = why_apart(component("ab9 cd9 ac4 ad-1", cannot="ac"), "b", "d")
    assert reason(found) == ("cannot_link", "ac4")
    assert found is not None
    assert found.cannot_link == ("a", "c")
    assert found.against == (Pair("a", "d", -1),)


def test_a_prohibition_stands_also_where_nothing_tried_to_unite() -> None:
    found = why_apart(component("ab9 cd9 bd-1", cannot="ac bd"), "b", "d")
    assert reason(found) == ("cannot_link", "")
    assert found is not None
    assert found.cannot_link == ("b", "d")
    assert reason(why_apart(component("ab9 cd9 bd-1", cannot="ac"), "b", "d")) == ("cannot_link", "")


def test_a_prohibition_between_clusters_comes_before_other_refusals_but_not_before_their_own() -> None:
    apart = component("ad9 ab5 cd4", marks="a1 d2", cannot="bc")
    assert reason(why_apart(apart, "a", "c")) == ("cannot_link", "ad9")
    own = why_apart(apart, "a", "d")
    assert reason(own) == ("national_id", "ad9")
    assert own is not None
    assert own.cannot_link == ("b", "c")


def test_a_refused_must_link_is_a_prohibition() -> None:
    """It is told as what it is: no pair of weight 0."""
    found = why_apart(component("", must="ab", cannot="ab"), "a", "b")
    assert found is not None
    assert told(each.pair for each in found.refused) == "ab!"
    assert reason(found) == ("cannot_link", "ab!")
    assert reason(why_apart(component("ab9 cd9 bd4", must="ac", cannot="ac"), "a", "d")) == ("cannot_link", "ac!")


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        (component("ab9", marks="a1 b2"), ("national_id", "ab9")),
        (component("ac9 ab5", size=2), ("max_cluster_records", "ab5")),
        (component("ac9 cb8", marks="aa bb"), ("name", "cb8")),
        (component("ac9 cb8", marks="ab bc"), ("birthday", "cb8")),
        (component("ac9 cb9", marks="aa bb"), ("ambiguous", "ac9")),
        (component("ac9 cb3 ab-5"), ("evidence", "cb3")),
    ],
)
def test_a_refused_union_names_its_rule_and_the_pair_that_would_have_joined(
    of: Component[str], expected: tuple[str, str]
) -> None:
    assert reason(why_apart(of, "a", "b")) == expected


def test_the_strongest_refused_pair_is_named_but_that_of_the_two_records_first() -> None:
    apart = component("ab9 cd9 ac3 ad5 bd4", marks="a1 c2")
    assert reason(why_apart(apart, "b", "c")) == ("national_id", "ad5")
    found = why_apart(apart, "c", "a")
    assert reason(found) == ("national_id", "ac3")
    assert found is not None
    assert told(refusal.pair for refusal in found.refused) == "ac3 ad5 bd4"


def test_a_chain_by_way_of_another_cluster_names_the_refusals_on_it() -> None:
    found = why_apart(component("ax9 xy4 yb9 yz3 b", marks="a1 y2"), "a", "b")
    assert reason(found) == ("national_id", "xy4")
    chain = why_apart(component("am4 mb5", marks="a1 m2 b3"), "a", "b")
    assert reason(chain) == ("national_id", "mb5")
    assert chain is not None
    assert told(refusal.pair for refusal in chain.refused) == "mb5 am4"


def test_a_pair_below_the_threshold_tells_what_is_missing() -> None:
    weak = component("ab9 cd9 ac-700 bd-200")
    found = why_apart(replace(weak, constraints=Constraints(threshold=5)), "a", "c")
    assert reason(found) == ("below_threshold", "ac-700")
    assert found is not None
    assert found.missing == 705
    assert told(found.against) == "ac-700 bd-200"
    assert reason(why_apart(weak, "a", "d")) == ("below_threshold", "bd-200")
    neutral = replace(component("ab3"), constraints=Constraints(threshold=5))
    assert why_apart(neutral, "a", "b") == Apart("below_threshold", Pair("a", "b", 3), missing=2)


def test_records_that_share_no_key_were_not_compared_and_without_a_chain_are_of_other_components() -> None:
    chain = component("ab-3 bc-2 z")
    assert why_apart(chain, "a", "c") == Apart("not_compared")
    assert why_apart(component("ab-3", must="bc", cannot="bc"), "a", "c") == Apart("not_compared")
    assert why_apart(chain, "a", "z") == Apart("other_component")
    assert why_apart(chain, "a", "nobody") == Apart("other_component")


def test_records_of_one_cluster_are_not_apart() -> None:
    assert why_apart(component("ab3"), "a", "b") is None
    assert why_apart(component("ab3"), "a", "a") is None


def test_what_a_large_component_gave_up_is_named() -> None:
    records = [f"{number:03}" for number in range(501)]
    weak = [Pair(left, right, 1) for left, right in pairwise(records)]
    large = Component({record: Member(record, {}) for record in records}, weak, IdentityRules(), Constraints(cuts=(5,)))
    found = why_apart(large, records[0], records[1])
    assert found is not None
    assert (found.reason, found.pair) == ("large_component", weak[0])
    forbidden = replace(large.constraints, cannot_links=frozenset({(records[0], records[1])}))
    found = why_apart(replace(large, constraints=forbidden), records[0], records[1])
    assert found is not None
    assert found.reason == "cannot_link"


def test_a_cut_may_take_the_evidence_by_which_a_witness_vouches() -> None:
    """Two of them, r and s, contradict each other; p and t, of one form, vouch for them as long as p matches r."""
    found = component("pq9 pu9 pv9 pt9 qr9 qu9 qv9 ur9 vr9 pr3 ps8 ts7 qs6", marks="pa ta rc sb")
    assert cut(minimal_cut(found, "r", "s")) == "pr3"


# --- On random graphs ---


def links(names: str) -> st.SearchStrategy[frozenset[tuple[Any, ...]]]:
    return st.frozensets(st.sampled_from([*combinations(names, 2)]), max_size=2)


@st.composite
def graphs(draw: st.DrawFn) -> Component[str]:
    """Up to seven records with every guard; up to ten joining pairs, so that all subsets can be tried."""
    names = "gfedcba"[: draw(st.integers(2, 7))]
    values: Any = st.sampled_from([{}, {}, {"national_id": frozenset({b"1"})}, {"national_id": frozenset({b"2"})}])
    forms = st.sampled_from([None, None, "a", "b", "c"])
    ends = draw(st.lists(st.sampled_from([*combinations(names, 2)]), unique=True, min_size=1, max_size=12))
    pairs = [Pair(two[0], two[1], draw(st.sampled_from([9, 5, 4, 3, 2, 2, 1, -1, -4, -9]))) for two in ends]
    threshold = draw(st.sampled_from([0, 0, 2, -2]))
    joining = [pair for pair in pairs if pair.weight >= threshold]
    return Component(
        {name: Member(name, draw(values), draw(forms)) for name in names},
        [pair for pair in pairs if pair not in joining[10:]],
        replace(IdentityRules(), max_cluster_records=draw(st.sampled_from([7, 7, 5, 4, 3]))),
        Constraints(
            threshold,
            (),
            draw(links(names)),
            draw(links(names)),
            draw(st.sampled_from([None, clash])),
            draw(st.sampled_from([6, 100])),
            draw(st.sampled_from([None, vouches])),
        ),
    )


def is_split(given: Component[str], retracted: Collection[Tie[str]], whole: frozenset[str]) -> bool:
    return not any(whole <= cluster for cluster in given.without(retracted).partition.clusters)


def is_smallest(given: Component[str], found: Cut[str] | None, whole: frozenset[str]) -> bool:
    """Whether ``found`` splits, and no smaller set of all the evidence does."""
    assert found is not None
    assert found.is_proven_minimal
    smaller = (some for size in range(len(found.evidence)) for some in combinations(given.evidence, size))
    return is_split(given, found.evidence, whole) and not any(is_split(given, some, whole) for some in smaller)


@repeatable
@given(graphs())
def test_every_two_records_of_a_cluster_have_a_widest_path(given_: Component[str]) -> None:
    for cluster in given_.partition.clusters:
        for left, right in combinations(cluster, 2):
            path = joined_path(given_, left, right)
            assert path is not None
            assert [left, *(step.end for step in path.steps)] == [*(step.start for step in path.steps), right]
            for step in path.steps:
                assert step.evidence in given_.evidence
                assert {step.start, step.end} == {step.evidence.left, step.evidence.right} <= cluster
            assert path.weakest in {step.evidence for step in path.steps}
            assert (weight(path.weakest), len(path.steps)) == best(given_, cluster, left, right)


def weight(evidence: Tie[str] | None) -> float:
    return evidence.weight if isinstance(evidence, Pair) else inf


def best(given: Component[str], cluster: frozenset[str], left: str, right: str) -> tuple[float, int]:
    """The greatest width of a path and the fewest steps that it takes, by trying them all."""
    found: list[tuple[float, int]] = []

    def walk(here: str, seen: frozenset[str], width: float) -> None:
        if here == right:
            found.append((width, -len(seen) + 1))
            return
        for piece in given.evidence:
            if here in (piece.left, piece.right):
                there = piece.right if here == piece.left else piece.left
                if there in cluster and there not in seen:
                    walk(there, seen | {there}, min(width, weight(piece)))

    walk(left, frozenset({left}), inf)
    width, steps = max(found)
    return width, -steps


@repeatable
@given(graphs(), st.data())
def test_brute_force_finds_no_smaller_cut_between_two_records(given_: Component[str], data: st.DataObject) -> None:
    for cluster in given_.partition.clusters:
        if len(cluster) > 1:
            left, right = data.draw(st.permutations(sorted(cluster)))[:2]
            assert is_smallest(given_, minimal_cut(given_, left, right), frozenset({left, right}))


@repeatable
@given(graphs())
def test_brute_force_finds_no_smaller_place_to_split_a_profile(given_: Component[str]) -> None:
    for cluster in given_.partition.clusters:
        if len(cluster) > 1:
            found = weakest_place(given_, min(cluster))
            assert is_smallest(given_, found, cluster)
            assert found is not None
            assert cluster <= frozenset().union(*found.parts)


@repeatable
@given(graphs())
def test_a_cut_without_a_search_splits_too(given_: Component[str]) -> None:
    for cluster in given_.partition.clusters:
        for two in combinations(sorted(cluster), 2):
            found = minimal_cut(given_, *two, budget=0)
            assert found is not None
            assert is_split(given_, found.evidence, frozenset(two))


@repeatable
@given(graphs())
def test_every_refused_pair_names_its_reason(given_: Component[str]) -> None:
    for refusal in given_.partition.refused:
        left, right = refusal.pair.left, refusal.pair.right
        found = why_apart(given_, left, right)
        if given_.are_one(left, right):
            assert refusal.rule == "evidence"
            continue
        assert found is not None
        assert found.reason == refusal.rule
        assert {found.refused[0].pair.left, found.refused[0].pair.right} == {left, right}
        assert (found.cannot_link is not None) or found.reason != "cannot_link"


@repeatable
@given(graphs())
def test_every_two_records_are_joined_or_apart_for_a_reason_that_holds(given_: Component[str]) -> None:
    for left, right in combinations(given_.members, 2):
        found = why_apart(given_, left, right)
        assert (found is None) == (joined_path(given_, left, right) is not None)
        if found is not None:
            assert (found.reason == "below_threshold") == (found.missing > 0)
            links = {ends: Pair(*ends, 0) for ends in given_.constraints.must_links}
            as_refused = {
                Refusal(
                    links[each.pair.left, each.pair.right] if isinstance(each.pair, MustLink) else each.pair, each.rule
                )
                for each in found.refused
            }
            assert as_refused <= set(given_.partition.refused)
            assert not {each.pair for each in found.refused} & set(links.values())
            assert (
                found.reason in {"cannot_link", *(refusal.rule for refusal in found.refused[:1])} or not found.refused
            )
