"""Partition: a pure function of records, pairs and rules; best pairs first, no limit ever broken."""

from dataclasses import replace
from itertools import combinations
from random import Random

from hypothesis import example, given
from hypothesis import strategies as st

from identity import IdentityRules, Member, Pair, Partition, partition
from identity.components import components
from identity.partition import LARGE_COMPONENT, Constraints, breaks_no_rule

RULES = IdentityRules(
    max_cluster_records=4,
    identifiers={
        **IdentityRules().identifiers,
        "phone": replace(IdentityRules().identifiers["phone"], max_values=2),
        "email": replace(IdentityRules().identifiers["email"], max_values=3),
        "wechat_unionid": replace(IdentityRules().identifiers["wechat_unionid"], max_values=1),
    },
)
LIMITS = {"phone": 2, "email": 3, "wechat_unionid": 1}


def member(name: str, **values: str) -> Member:
    return Member(name, {kind: frozenset(v.encode() for v in given.split()) for kind, given in values.items()})


def people(*members: Member) -> dict[str, Member]:
    return {each.natural: each for each in members}


def clusters(found: Partition[str]) -> set[str]:
    return {"".join(sorted(cluster)) for cluster in found.clusters}


def refusals(found: Partition[str]) -> list[tuple[str, str]]:
    return [(refusal.pair.left + refusal.pair.right, refusal.rule) for refusal in found.refused]


def test_without_pairs_everybody_stands_alone() -> None:
    assert clusters(partition(people(member("a"), member("b")), [], RULES)) == {"a", "b"}
    assert partition({}, [], RULES) == Partition((), ())


def test_pairs_join_and_what_they_join_joins_on() -> None:
    found = partition(people(*map(member, "abcd")), [Pair("a", "b", 5), Pair("c", "b", 5)], RULES)
    assert clusters(found) == {"abc", "d"}
    assert found.refused == ()


def test_two_values_of_a_unique_identifier_never_meet() -> None:
    found = partition(
        people(member("a", wechat_unionid="u1"), member("b"), member("c", wechat_unionid="u2")),
        [Pair("a", "b", 5), Pair("b", "c", 9)],
        RULES,
    )
    assert clusters(found) == {"a", "bc"}
    assert refusals(found) == [("ab", "wechat_unionid")]


def test_the_same_unique_value_does_not_keep_records_apart() -> None:
    found = partition(
        people(member("a", wechat_unionid="u1"), member("b", wechat_unionid="u1")), [Pair("a", "b", 1)], RULES
    )
    assert clusters(found) == {"ab"}


def test_a_union_over_the_limit_of_a_kind_is_refused_by_its_name() -> None:
    found = partition(
        people(member("a", phone="1"), member("b", phone="2"), member("c", phone="3")),
        [Pair("a", "b", 9), Pair("b", "c", 5)],
        RULES,
    )
    assert clusters(found) == {"ab", "c"}
    assert refusals(found) == [("bc", "phone")]


def test_a_record_that_breaks_a_limit_by_itself_joins_nobody() -> None:
    found = partition(people(member("a", phone="1 2 3"), member("b")), [Pair("a", "b", 9)], RULES)
    assert clusters(found) == {"a", "b"}
    assert refusals(found) == [("ab", "phone")]


def test_a_union_of_too_many_records_is_refused() -> None:
    found = partition(people(*map(member, "abcde")), [Pair("a", other, 9) for other in "bcde"], RULES)
    assert clusters(found) == {"abcd", "e"}
    assert refusals(found) == [("ae", "max_cluster_records")]


def test_the_stronger_pair_wins_and_ties_go_by_natural_key() -> None:
    three = people(member("a", wechat_unionid="u1"), member("b"), member("c", wechat_unionid="u2"))
    assert clusters(partition(three, [Pair("a", "b", 5), Pair("b", "c", 6)], RULES)) == {"a", "bc"}
    assert clusters(partition(three, [Pair("b", "c", 5), Pair("b", "a", 5)], RULES)) == {"ab", "c"}


def test_a_refused_pair_may_be_joined_by_others_later_and_stays_refused() -> None:
    """Refusals say what a rule forbade at its turn; the records can still not meet."""
    found = partition(
        people(member("a", wechat_unionid="u1"), member("b", wechat_unionid="u2"), member("c")),
        [Pair("a", "b", 9), Pair("a", "c", 5), Pair("b", "c", 3)],
        RULES,
    )
    assert clusters(found) == {"ac", "b"}
    assert refusals(found) == [("ab", "wechat_unionid"), ("bc", "wechat_unionid")]


def tokens(prefix: str) -> st.SearchStrategy[frozenset[bytes]]:
    return st.frozensets(st.sampled_from([f"{prefix}{n}".encode() for n in range(4)]), max_size=2)


VALUES = st.fixed_dictionaries({}, optional={kind: tokens(kind) for kind in LIMITS})
WEIGHTS = st.sampled_from([1, 2, 2, 3])


@st.composite
def populations(draw: st.DrawFn) -> tuple[dict[str, Member], list[Pair[str]]]:
    names = draw(st.permutations("abcdefgh"))[: draw(st.integers(0, 8))]
    members = {name: Member(name, draw(VALUES)) for name in names}
    pairs = (
        draw(st.lists(st.sampled_from([*combinations(names, 2)] or [("", "")]), unique=True)) if len(names) > 1 else []
    )
    return members, [Pair(left, right, draw(WEIGHTS)) for left, right in pairs]


@given(populations(), st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(
    population: tuple[dict[str, Member], list[Pair[str]]], chance: Random
) -> None:
    members, pairs = population
    expected = partition(members, pairs, RULES)
    names, mixed = list(members), [chance.choice([p, Pair(p.right, p.left, p.weight)]) for p in pairs]
    chance.shuffle(names)
    chance.shuffle(mixed)
    found = partition({name: members[name] for name in names}, mixed, RULES)
    assert set(found.clusters) == set(expected.clusters)
    assert {(frozenset((r.pair.left, r.pair.right)), r.rule) for r in found.refused} == {
        (frozenset((r.pair.left, r.pair.right)), r.rule) for r in expected.refused
    }


@given(populations())
def test_clusters_cover_every_record_once_and_hold_every_limit(
    population: tuple[dict[str, Member], list[Pair[str]]],
) -> None:
    members, pairs = population
    found = partition(members, pairs, RULES)
    assert sorted(name for cluster in found.clusters for name in cluster) == sorted(members)
    for cluster in found.clusters:
        assert len(cluster) <= RULES.max_cluster_records
        for kind, limit in LIMITS.items():
            values = {token for name in cluster for token in members[name].values.get(kind, ())}
            assert len(cluster) == 1 or len(values) <= limit


@given(populations())
def test_every_pair_is_inside_a_cluster_or_refused(population: tuple[dict[str, Member], list[Pair[str]]]) -> None:
    members, pairs = population
    found = partition(members, pairs, RULES)
    home = {name: cluster for cluster in found.clusters for name in cluster}
    apart = {pair for pair in pairs if home[pair.left] is not home[pair.right]}
    assert apart == {refusal.pair for refusal in found.refused}


@given(populations())
@example((people(*map(member, "abcde")), [Pair("a", other, 1) for other in "bcde"]))
def test_where_no_rule_can_be_broken_the_partition_is_the_connected_components(
    population: tuple[dict[str, Member], list[Pair[str]]],
) -> None:
    members, pairs = population
    components = {name: frozenset({name}) for name in members}
    for pair in pairs:
        union = components[pair.left] | components[pair.right]
        components |= dict.fromkeys(union, union)
    found = partition(members, pairs, RULES)
    for component in set(components.values()):
        if breaks_no_rule([members[name].values for name in component], len(component), RULES):
            assert component in found.clusters
    if not found.refused:
        assert set(found.clusters) == set(components.values())


def test_one_record_or_value_too_many_may_break_a_rule() -> None:
    phones = [{"phone": frozenset({bytes([n])})} for n in range(3)]
    assert breaks_no_rule(phones[:2], 2, RULES)
    assert not breaks_no_rule(phones, 3, RULES)
    assert breaks_no_rule([{}] * 4, 4, RULES)
    assert not breaks_no_rule([{}] * 5, 5, RULES)


def formed(name: str, form: str) -> Member:
    return Member(name, {}, form)


def clash(left: str, right: str) -> str:
    """Forms are of another person when they begin with another letter, "" is of anybody."""
    return "name" if left[:1] != right[:1] else ""


def test_pairs_under_the_threshold_do_not_join() -> None:
    found = partition(
        people(*map(member, "abc")), [Pair("a", "b", 10), Pair("b", "c", 9)], RULES, Constraints(threshold=10)
    )
    assert clusters(found) == {"ab", "c"}
    assert found.refused == ()


def test_forbidden_pairs_stay_apart_and_so_do_their_clusters() -> None:
    apart = Constraints(cannot_links=frozenset({("a", "d")}))
    found = partition(
        people(*map(member, "abcd")), [Pair("a", "b", 9), Pair("c", "d", 8), Pair("b", "c", 7)], RULES, apart
    )
    assert clusters(found) == {"ab", "cd"}
    assert refusals(found) == [("bc", "cannot_link")]


def test_a_stewards_link_joins_what_nothing_else_would() -> None:
    links = Constraints(threshold=10, must_links=frozenset({("a", "c")}))
    assert clusters(partition(people(*map(member, "abc")), [Pair("a", "b", 9)], RULES, links)) == {"ac", "b"}


def test_of_two_decisions_that_contradict_each_other_the_one_that_forbids_wins() -> None:
    both = Constraints(must_links=frozenset({("a", "b")}), cannot_links=frozenset({("b", "a")}))
    found = partition(people(*map(member, "ab")), [], RULES, both)
    assert clusters(found) == {"a", "b"}
    assert refusals(found) == [("ab", "cannot_link")]


def test_records_that_contradict_each_other_do_not_meet_over_a_third() -> None:
    three = people(formed("a", "father"), Member("b", {}), formed("c", "son"))
    found = partition(three, [Pair("a", "b", 9), Pair("b", "c", 8)], RULES, Constraints(clash=clash))
    assert clusters(found) == {"ab", "c"}
    assert refusals(found) == [("bc", "name")]


def test_no_contradiction_elsewhere_stands_against_a_pair_that_is_beyond_doubt() -> None:
    three = people(formed("a", "father"), Member("b", {}), formed("c", "son"))
    pairs = [Pair("a", "b", 9), Pair("b", "c", 8)]
    assert clusters(partition(three, pairs, RULES, Constraints(clash=clash, beyond_doubt=9))) == {"ab", "c"}
    assert clusters(partition(three, pairs, RULES, Constraints(clash=clash, beyond_doubt=8))) == {"abc"}


def test_records_found_to_match_may_contradict_each_other() -> None:
    three = people(formed("a", "maiden"), Member("b", {}), formed("c", "wife"))
    pairs = [Pair("a", "b", 9), Pair("b", "c", 8), Pair("a", "c", 7)]
    assert clusters(partition(three, pairs, RULES, Constraints(threshold=5, clash=clash))) == {"abc"}


def test_a_record_that_matches_two_just_as_well_who_contradict_each_other_joins_neither() -> None:
    three = people(formed("a", "father"), Member("b", {}), formed("c", "son"))
    tied, weaker = [Pair("a", "b", 9), Pair("b", "c", 9)], formed("d", "father")
    found = partition(three, tied, RULES, Constraints(clash=clash))
    assert clusters(found) == {"a", "b", "c"}
    assert refusals(found) == [("ab", "ambiguous"), ("bc", "ambiguous")]
    # Nor by the way of what is weaker; what tells them apart decides.
    more = [*tied, Pair("a", "d", 8), Pair("b", "d", 7)]
    assert clusters(partition(three | people(weaker), more, RULES, Constraints(clash=clash))) == {"ad", "b", "c"}
    better = [*tied, Pair("a", "d", 8), Pair("b", "d", 10)]
    assert clusters(partition(three | people(weaker), better, RULES, Constraints(clash=clash))) == {"abd", "c"}


def test_a_tie_is_none_where_both_may_join_or_one_may_not_or_a_steward_decides() -> None:
    three = people(formed("a", "father"), Member("b", {}), formed("c", "son"))
    tied = [Pair("a", "b", 9), Pair("b", "c", 9)]
    assert clusters(partition(three, tied, RULES, Constraints(clash=clash, beyond_doubt=9))) == {"abc"}
    assert clusters(partition(three, [*tied, Pair("a", "c", 1)], RULES, Constraints(clash=clash))) == {"abc"}
    ends = frozenset({("b", "c")})
    assert clusters(partition(three, tied, RULES, Constraints(clash=clash, must_links=ends))) == {"a", "bc"}
    assert clusters(partition(three, tied, RULES, Constraints(clash=clash, cannot_links=ends))) == {"ab", "c"}
    mistyped = [Pair("a", "b", 9), Pair("a", "c", 9)]
    assert clusters(partition(MISTYPED, mistyped, RULES, VOUCHED)) == {"abc"}


def test_a_record_that_matches_two_just_as_well_whom_a_steward_parted_joins_neither() -> None:
    """As rows of a couple's, which fit husband and wife; rows that match each other still join."""
    parted: Constraints[str] = Constraints(cannot_links=frozenset({("a", "c")}))
    tied = [Pair("a", "b", 9), Pair("b", "c", 9)]
    found = partition(people(*map(member, "abc")), tied, RULES, parted)
    assert clusters(found) == {"a", "b", "c"}
    assert refusals(found) == [("ab", "ambiguous"), ("bc", "ambiguous")]
    assert clusters(partition(people(*map(member, "abc")), [tied[0], Pair("b", "c", 8)], RULES, parted)) == {"ab", "c"}
    more = [*tied, Pair("a", "d", 9), Pair("c", "d", 9), Pair("b", "d", 9)]
    assert clusters(partition(people(*map(member, "abcd")), more, RULES, parted)) == {"a", "bd", "c"}


def vouches(witness: str, beside: str, other: str) -> bool:
    """Who is spelled like the other one vouches."""
    return witness[:1] == other[:1] and beside[:1] != other[:1]


MISTYPED = people(formed("a", "son"), formed("b", "wrong"), formed("c", "sun"))
VOUCHED: Constraints[str] = Constraints(threshold=5, clash=clash, vouches=vouches)


def test_a_record_that_matches_two_which_contradict_each_other_may_vouch_for_them() -> None:
    pairs = [Pair("a", "b", 9), Pair("a", "c", 8)]
    assert clusters(partition(MISTYPED, pairs, RULES, VOUCHED)) == {"abc"}
    assert clusters(partition(MISTYPED, pairs, RULES, Constraints(threshold=5, clash=clash))) == {"ab", "c"}


def test_who_vouches_matches_both_and_stands_with_the_one_that_it_differs_from() -> None:
    over_another = [Pair("b", "d", 9), Pair("d", "c", 8), Pair("a", "c", 7)]
    found = partition(MISTYPED | people(Member("d", {})), over_another, RULES, VOUCHED)
    assert clusters(found) == {"bd", "ac"}
    late = [Pair("a", "c", 9), Pair("a", "b", 8)]
    assert clusters(partition(MISTYPED, late, RULES, VOUCHED)) == {"ac", "b"}


def test_a_union_needs_more_evidence_for_it_than_against_it() -> None:
    """Only what exceeds the threshold speaks for it."""
    pairs = [Pair("a", "b", 20), Pair("b", "c", 15), Pair("a", "c", -6)]
    found = partition(people(*map(member, "abc")), pairs, RULES, Constraints(threshold=10))
    assert clusters(found) == {"ab", "c"}
    assert refusals(found) == [("bc", "evidence")]
    weaker = [*pairs[:2], Pair("a", "c", -4)]
    assert clusters(partition(people(*map(member, "abc")), weaker, RULES, Constraints(threshold=10))) == {"abc"}


def test_the_pairs_on_which_alone_a_cluster_hangs_are_named() -> None:
    pairs = [Pair("a", "b", 9), Pair("b", "c", 8), Pair("a", "c", 7), Pair("c", "d", 6)]
    found = partition(people(*map(member, "abcd")), pairs, RULES)
    assert found.bridges == (Pair("c", "d", 6),)
    linked = partition(people(*map(member, "abcd")), pairs, RULES, Constraints(must_links=frozenset({("b", "d")})))
    assert linked.bridges == ()


def test_links_that_a_prohibition_overrules_hold_nothing_together() -> None:
    """Two links lead from one cluster into another one and back, and hold in neither."""
    pairs = [Pair("a", "b", 9), Pair("x", "y", 9)]
    apart = Constraints(
        must_links=frozenset({("a", "x"), ("b", "y")}), cannot_links=frozenset({("a", "x"), ("b", "y")})
    )
    found = partition(people(*map(member, "abxy")), pairs, RULES, apart)
    assert clusters(found) == {"ab", "xy"}
    assert set(found.bridges) == set(pairs)


def chain(length: int, weight: int) -> list[Pair[int]]:
    return [Pair(n, n + 1, weight) for n in range(length - 1)]


def test_large_components_are_cut_by_higher_thresholds_and_others_are_not() -> None:
    rules = replace(RULES, max_cluster_records=1_000)
    cuts: Constraints[int] = Constraints(threshold=10, cuts=(20, 30))
    size = LARGE_COMPONENT + 2
    pairs = chain(size, 15)
    pairs[size // 2] = Pair(size // 2, size // 2 + 1, 25)
    members = {n: Member(f"{n:04}", {}) for n in range(size)}
    found = partition(members, pairs, rules, cuts)
    assert sorted(map(len, found.clusters))[-2:] == [1, 2]
    assert {refusal.rule for refusal in found.refused} == {"large_component"}
    small = partition({n: members[n] for n in range(LARGE_COMPONENT)}, chain(LARGE_COMPONENT, 15), rules, cuts)
    assert [len(cluster) for cluster in small.clusters] == [LARGE_COMPONENT]


@st.composite
def decided(draw: st.DrawFn) -> tuple[dict[str, Member], list[Pair[str]], Constraints[str]]:
    names = draw(st.permutations("abcdef"))
    members = {name: formed(name, draw(st.sampled_from(["", "father", "son", "sister"]))) for name in names}
    pairs = draw(st.lists(st.sampled_from([*combinations(sorted(names), 2)]), unique=True))
    links = st.frozensets(st.sampled_from([*combinations(sorted(names), 2)]), max_size=2)
    weights = st.sampled_from([-3, 1, 2, 2, 3])
    vouching = st.sampled_from([None, vouches])
    return (
        members,
        [Pair(left, right, draw(weights)) for left, right in pairs],
        Constraints(threshold=1, must_links=draw(links), cannot_links=draw(links), clash=clash, vouches=draw(vouching)),
    )


@given(decided(), st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter_under_constraints_either(
    case: tuple[dict[str, Member], list[Pair[str]], Constraints[str]], chance: Random
) -> None:
    members, pairs, constraints = case
    names, mixed = list(members), list(pairs)
    chance.shuffle(names)
    chance.shuffle(mixed)
    found = partition(members, pairs, RULES, constraints)
    again = partition({name: members[name] for name in names}, mixed, RULES, constraints)
    assert set(again.clusters) == set(found.clusters)
    assert [(r.rule, r.pair) for r in again.refused] == [(r.rule, r.pair) for r in found.refused]
    assert not any(set(link) <= cluster for link in constraints.cannot_links for cluster in found.clusters)


@given(decided())
def test_clusters_hang_together_by_pairs_and_links(
    case: tuple[dict[str, Member], list[Pair[str]], Constraints[str]],
) -> None:
    members, pairs, constraints = case
    found = partition(members, pairs, RULES, constraints)
    joining = [(pair.left, pair.right) for pair in pairs if pair.weight >= constraints.threshold]
    for cluster in found.clusters:
        within = [edge for edge in (*joining, *constraints.must_links) if set(edge) <= cluster]
        assert len(cluster) == 1 or [set(component) for component in components(within)] == [set(cluster)]
