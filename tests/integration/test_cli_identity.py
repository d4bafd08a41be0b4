"""`onefold identity …` and a paused `onefold ingest`: what each command says, writes and exits with."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from cdc import RawEvent
from privacy import audit_entry
from storage import Database
from tests.change_log import MAPPING, ChangeLog
from tests.integration.test_cli import Onefold

PHONE = "13812345670"
ID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
PERSONAL = (PHONE, "陈小美", "王建国", "1990", "1951")
NEW_RULES = MAPPING.replace("generic_above_records = 2", "generic_above_records = 3", 1)
COMPOSITE = """
[source.tables.member]
kind = "person"
key = ["shop", "no"]
[source.tables.member.columns]
name = { is = "name" }
"""


def write(file: Path, events: Sequence[RawEvent]) -> Path:
    """A file of captured events."""

    def line(event: RawEvent) -> str:
        key, value = ((part or b"").decode() for part in (event.key, event.value))
        return json.dumps({"topic": event.topic, "key": key, "value": value, "headers": {}}, ensure_ascii=False)

    file.write_text("".join(f"{line(event)}\n" for event in events), encoding="utf-8")
    return file


def people() -> ChangeLog:
    log = ChangeLog()
    log.put("person", 1, {"phone": PHONE, "name": "陈小美", "birthday": "1990-05-06"})
    log.put("person", 2, {"phone": PHONE, "name": "陈小美"})
    log.put("person", 3, {"phone": "13987654321", "name": "王建国", "birthday": "1951-02-03"})
    return log


@pytest.fixture
def onefold(tmp_path: Path) -> Onefold:
    """Give an installation that holds three people's records."""
    made = Onefold(tmp_path / "one")
    assert made.run("init", made.folder).exit_code == 0
    made.config.write_text(MAPPING + COMPOSITE, encoding="utf-8")
    result = made.run("ingest", write(tmp_path / "people.jsonl", people().events))
    assert result.exit_code == 0, result.output
    return made


@pytest.fixture
def steward(onefold: Onefold) -> Onefold:
    """Give the same to somebody with a steward's token."""
    onefold.environ["ONEFOLD_TOKEN"] = onefold.token("--role", "steward", "--store", "*", "--subject", "ann")
    return onefold


def entries(onefold: Onefold) -> list[Any]:
    database = Database(f"sqlite:///{onefold.folder}/data/onefold.db")
    with database.read() as connection:
        found = connection.execute(audit_entry.select().order_by(audit_entry.c.seq)).all()
    database.close()
    return list(found)


def audited(onefold: Onefold) -> list[tuple[str, str]]:
    return [(row.actor, row.action) for row in entries(onefold)]


def key(number: int) -> str:
    return f"db/person/{number}"


# --- explain ---


def test_explain_tells_the_evidence_of_one_profile_without_a_value(onefold: Onefold) -> None:
    result = onefold.run("identity", "explain", key(1), key(2))
    assert result.exit_code == 0, result.output
    assert re.search(rf"db/person/1 and db/person/2 are one profile, {ID}", result.stdout)
    assert "Step 1 of 1: db/person/1 – db/person/2" in result.stdout
    assert "Nothing else holds together what is on its two sides." in result.stdout
    for said in ("contact", "surname", "sum", "needed", "Weakest link", "They would part without"):
        assert said in result.stdout
    assert not any(value in result.output for value in PERSONAL)


def test_explain_tells_why_two_are_apart(onefold: Onefold) -> None:
    result = onefold.run("identity", "explain", key(1), key(3))
    assert result.exit_code == 0, result.output
    assert "are two profiles: nothing connects them" in result.stdout
    assert "These two compared" in result.stdout
    assert not any(value in result.output for value in PERSONAL)


def test_what_explain_shows_is_named_by_ids_unless_it_was_given_as_keys(onefold: Onefold) -> None:
    told = onefold.json("identity", "explain", key(1), key(2))
    record, profile = told["right"]["record"], told["right"]["profile"]
    result = onefold.run("identity", "explain", profile, record)
    assert f"{profile} and {record} are one profile, {profile}" in result.stdout
    assert "db/person" not in result.output


def test_explain_for_programs_holds_the_same_in_bits(onefold: Onefold) -> None:
    told = onefold.json("identity", "explain", key(2), key(1))
    assert told["one_profile"] is True
    assert told["apart"] is None
    [step] = told["path"]
    levels = step["comparison"]["levels"]
    assert round(sum(level["weight"] for level in levels), 3) == step["comparison"]["weight"] > told["threshold"]
    assert len(told["cut"]["evidence"]) == 1
    apart = onefold.json("identity", "explain", key(1), key(3))["apart"]
    assert (apart["reason"], apart["means"]) == (
        "other_component",
        "nothing connects them, not even by way of other records",
    )


def test_explain_tells_which_identifiers_do_not_count(onefold: Onefold, tmp_path: Path) -> None:
    log = people()
    log.put("person", 4, {"phone": PHONE, "name": "李雷"})
    assert onefold.run("ingest", write(tmp_path / "more.jsonl", log.events)).exit_code == 0
    result = onefold.run("identity", "explain", key(1), key(4))
    assert "phone" in result.stdout
    assert "too many people state the same value" in result.stdout


def test_explain_tells_which_steps_a_profile_hangs_by_alone(onefold: Onefold, tmp_path: Path) -> None:
    alone = onefold.json("identity", "explain", key(1), key(2))
    assert [step["bridge"] for step in alone["path"]] == [True]
    log = people()
    log.put("person", 1, {"email": "mei@example.com"})
    log.put("person", 2, {"email": "mei@example.com"})
    log.put("person", 4, {"name": "陈小美", "email": "mei@example.com"})
    assert onefold.run("ingest", write(tmp_path / "three.jsonl", log.events)).exit_code == 0
    held = onefold.json("identity", "explain", key(1), key(2))
    assert held["one_profile"] is True
    assert [step["bridge"] for step in held["path"]] == [False]
    assert "Nothing else holds" not in onefold.run("identity", "explain", key(1), key(2)).stdout


def test_explain_of_a_record_and_itself_says_so(onefold: Onefold) -> None:
    assert "are the same record" in onefold.run("identity", "explain", key(1), key(1)).stdout


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("db/person/9", "no live record has that key"),
        ("db/nobody/1", "valid: db/member, db/person"),
        ("db/receipt/1", "no table of persons"),
        ("db/member/7", "write it as a JSON list"),
        ('db/member/["S1"]', "has 2 columns"),
        ('db/member/["S1", "7"]', "no live record has that key"),
        ("somebody", "name a record by its id"),
        ("00000000-0000-0000-0000-000000000000", "no record or profile of that id"),
    ],
)
def test_a_name_of_nobody_is_wrong_use_and_not_repeated(onefold: Onefold, name: str, said: str) -> None:
    result = onefold.run("identity", "explain", key(1), name)
    assert result.exit_code == 2
    assert said in result.stderr
    assert name not in result.output


def test_an_old_id_leads_to_where_it_leads_now_and_a_deleted_one_says_so(onefold: Onefold, tmp_path: Path) -> None:
    told = onefold.json("identity", "explain", key(1), key(3))
    log = people()
    log.delete("person", 1)
    log.delete("person", 3)
    assert onefold.run("ingest", write(tmp_path / "less.jsonl", log.events)).exit_code == 0
    now = onefold.json("identity", "explain", told["left"]["profile"], key(2))
    assert now["one_profile"] is True
    result = onefold.run("identity", "explain", told["right"]["profile"], key(2))
    assert (result.exit_code, "was deleted" in result.stderr) == (2, True)


def test_explain_warns_when_the_rules_have_changed_since(onefold: Onefold) -> None:
    onefold.config.write_text(NEW_RULES, encoding="utf-8")
    result = onefold.run("identity", "explain", key(1), key(2))
    assert result.exit_code == 0
    assert "warning: [identity] in onefold.toml changed" in result.stderr


# --- history ---


def test_history_tells_how_a_profile_came_to_be_by_which_changes_and_by_whom(steward: Onefold) -> None:
    together, apart = (steward.json("identity", "explain", key(1), key(n)) for n in (2, 3))
    one, other = apart["left"]["profile"], apart["right"]["profile"]
    made = steward.json("identity", "link", key(1), key(3), "--reason", "called her")
    steward.json("identity", "undo", made["decision"])
    told = steward.json("identity", "history", key(2))
    assert told["profile"] == together["right"]["profile"] == one
    assert [(step["kind"], step["profile"], step["other"]) for step in told["steps"]] == [
        ("split", one, other),
        ("merged", one, other),
        ("created", one, None),
    ]
    by_ann = {"source": "onefold", "table": "decision", "by": "ann"}
    assert [step["causes"] for step in told["steps"][:2]] == [
        [{**by_ann, "op": "undo_must_link"}],
        [{**by_ann, "op": "must_link"}],
    ]
    assert {(cause["source"], cause["table"], cause["op"]) for cause in told["steps"][2]["causes"]} == {
        ("db", "person", "upsert")
    }
    result = steward.run("identity", "history", key(1), "--limit", "2")
    for said in (other, "must_link in onefold.decision by ann", "the newest 2 steps"):
        assert said in result.output
    assert "created" not in result.stdout
    assert not any(value in result.output for value in (*PERSONAL, "called her"))


def test_history_holds_what_happened_to_a_profile_before_it_was_merged(steward: Onefold) -> None:
    other = steward.json("identity", "explain", key(1), key(3))["right"]["profile"]
    steward.json("identity", "link", key(1), key(3), "--reason", "called her")
    kinds = {(step["kind"], step["profile"]) for step in steward.json("identity", "history", key(1))["steps"]}
    assert ("created", other) in kinds
    assert {step for step in kinds if step[0] == "merged"}
    assert steward.json("identity", "history", other) == steward.json("identity", "history", key(2))


def test_history_says_that_a_record_was_new(steward: Onefold, tmp_path: Path) -> None:
    log = people()
    log.put("person", 21, {"name": "欧阳明月", "phone": "13912345670"})
    assert steward.run("ingest", write(tmp_path / "first.jsonl", log.events)).exit_code == 0
    log.put("person", 22, {"name": "欧阳明月", "phone": "13912345670"})
    assert steward.run("ingest", write(tmp_path / "later.jsonl", log.events)).exit_code == 0
    (step, _) = steward.json("identity", "history", key(22))["steps"]
    assert (step["kind"], step["other"]) == ("joined", None)
    assert "joined: a new record came to it" in steward.run("identity", "history", key(22)).output


# --- review and decisions ---


@pytest.fixture
def doubtful(steward: Onefold, tmp_path: Path) -> Onefold:
    """Give one with a pair that waits to be decided: four share a phone's profile, and no more than four may."""
    log = people()
    for number in range(10, 15):
        log.put("person", number, {"name": "欧阳明月", "email": "moon@example.com" if number < 12 else None})
    assert steward.run("ingest", write(tmp_path / "doubt.jsonl", log.events)).exit_code == 0
    return steward


def test_review_lists_pairs_with_reason_and_next_command(doubtful: Onefold) -> None:
    told = doubtful.json("identity", "review")
    assert told["waiting"] == len(told["items"]) > 0
    weights = [item["weight"] for item in told["items"]]
    assert weights == sorted(weights, reverse=True)
    result = doubtful.run("identity", "review", "--limit", "1")
    assert told["items"][0]["means"] in result.stdout
    command = re.search(rf"onefold (identity explain {ID} {ID})", result.stdout)
    assert command
    assert f"1 of {told['waiting']}" in result.stderr
    assert doubtful.run(*command[1].split()).exit_code == 0
    assert not any(value in result.output for value in ("欧阳", "moon"))


def test_review_of_one_reason_lists_no_other(doubtful: Onefold) -> None:
    told = doubtful.json("identity", "review")
    for reason, count in told["by_reason"].items():
        only = doubtful.json("identity", "review", "--reason", reason)
        assert (only["waiting"], {item["reason"] for item in only["items"]}) == (count, {reason})
    assert "no pair waits" in doubtful.run("identity", "review", "--reason", "national_id").stderr
    wrong = doubtful.run("identity", "review", "--reason", "whim")
    assert (wrong.exit_code, "unverified" in wrong.stderr) == (2, True)
    assert "below_threshold" not in wrong.stderr


def test_a_decided_pair_leaves_the_queue_and_undoing_it_brings_it_back(doubtful: Onefold) -> None:
    before, state = doubtful.json("identity", "review"), doubtful.state()
    first = before["items"][0]
    made = doubtful.json("identity", "separate", first["left"], first["right"], "--reason", "father and son")
    ends = {frozenset((each["left"], each["right"])) for each in doubtful.json("identity", "review")["items"]}
    assert frozenset((first["left"], first["right"])) not in ends
    doubtful.json("identity", "undo", made["decision"])
    assert doubtful.json("identity", "review") == before
    assert doubtful.state() == state


def test_link_and_undo_are_exact_audited_and_explained(steward: Onefold) -> None:
    state = steward.state()
    result = steward.run("identity", "link", key(1), key(3), "--reason", "called her")
    assert result.exit_code == 0, result.output
    decision = re.search(r"onefold identity undo ([0-9a-f-]{36})", result.stderr)
    assert decision
    assert "a steward decided" in steward.run("identity", "explain", key(1), key(3)).stdout
    [told] = steward.json("identity", "decisions")
    assert (told["decision"], told["by"], told["reason"], told["in_force"]) == ("must_link", "ann", "called her", True)
    assert set(told["rows"]) == {key(1), key(3)}
    assert steward.json("identity", "decisions", key(3)) == [told]
    assert steward.json("identity", "decisions", key(2)) == []
    assert "called her" in steward.run("identity", "decisions").stdout
    undone = steward.json("identity", "undo", decision[1])
    assert undone["profiles_split"] == 1
    assert steward.state() == state
    assert "no decision was made" in steward.run("identity", "decisions").stderr
    actions = [action for actor, action in audited(steward) if actor == "ann"]
    assert actions[0] == "identity_must_link"
    subjects = {entry.action: entry.subject.split(",") for entry in entries(steward)}
    assert [len(subjects[f"identity_{name}"]) for name in ("must_link", "undo")] == [2, 1]  # together by then
    assert all(re.fullmatch("[0-9a-f]{64}", each) for each in subjects["identity_must_link"])
    assert {*subjects["identity_undo"]} < {*subjects["identity_must_link"]}
    assert {"identity_undo", "identity_decisions"} <= set(actions)


def test_a_link_that_a_separation_outweighs_says_so_and_explain_leads_to_the_decision(steward: Onefold) -> None:
    still = "they are two profiles still"
    assert "identity decisions" not in steward.run("identity", "explain", key(1), key(2)).stderr
    steward.run("identity", "separate", key(1), key(3), "--reason", "two people")
    assert still not in steward.run("identity", "link", key(1), key(2), "--reason", "one person").stderr
    assert still in steward.run("identity", "link", key(2), key(3), "--reason", "one person").stderr
    told = steward.run("identity", "explain", key(2), key(3))
    assert re.search(r"Refused[^\n]*\n  db/person/[23] – db/person/[23] \(a steward's decision\)", told.stdout)
    following = re.search("onefold (identity decisions .*)", told.stderr)
    assert following
    assert "two people" in steward.run(*following[1].split()).stdout


@pytest.mark.parametrize("command", ["link", "separate"])
def test_nobody_decides_about_another_record_than_the_one_that_ended(
    steward: Onefold, tmp_path: Path, command: str
) -> None:
    ended, other = (steward.json("identity", "explain", key(n), key(3))["left"]["record"] for n in (2, 1))
    log = people()
    log.delete("person", 2)
    steward.run("ingest", write(tmp_path / "deleted.jsonl", log.events))
    result = steward.run("identity", command, ended, key(3), "--reason", "looked at before")
    assert result.exit_code == 2
    assert "does not live any more" in result.stderr
    assert other in result.stderr
    assert steward.json("identity", "decisions") == []
    assert steward.run("identity", command, other, key(3), "--reason", "looked at now").exit_code == 0


def test_separate_parts_a_profile_by_name(steward: Onefold) -> None:
    made = steward.json("identity", "separate", key(1), key(2), "--reason", "mother and daughter")
    assert made["profiles_split"] == 1
    told = steward.run("identity", "explain", key(1), key(2)).stdout
    assert "a steward decided that they are not one person" in told
    assert "The decision is about db/person/" in told
    again = steward.run("identity", "link", key(1), key(2), "--reason", "no, one")
    assert (again.exit_code, made["decision"] in again.stderr) == (2, True)


@pytest.mark.parametrize(
    "command",
    [
        ("link", key(1), key(3), "--reason", "x"),
        ("separate", key(1), key(2), "--reason", "x"),
        ("undo", str(UUID(int=0))),
        ("decisions",),
    ],
)
def test_decisions_need_a_steward_of_all_stores(onefold: Onefold, command: tuple[str, ...]) -> None:
    state = onefold.state()
    for grant in ((), ("--role", "steward", "--store", "S1"), ("--role", "manager", "--store", "*")):
        onefold.environ["ONEFOLD_TOKEN"] = onefold.token(*grant) if grant else ""
        result = onefold.run("identity", *command)
        assert (result.exit_code, "--role steward --store '*'" in result.stderr) == (2, True)
    assert onefold.state() == state


def test_decisions_are_refused_under_rules_that_are_not_in_force(steward: Onefold) -> None:
    steward.config.write_text(NEW_RULES, encoding="utf-8")
    for command in (("link", key(1), key(3), "--reason", "x"), ("undo", str(UUID(int=0)))):
        result = steward.run("identity", *command)
        assert (result.exit_code, "identity rebuild" in result.stderr) == (2, True)


# --- preview ---


def test_preview_counts_lists_and_says_how_to_go_on(onefold: Onefold) -> None:
    other = onefold.folder / "other.toml"
    other.write_text(
        f'[identity.blocked]\nphone = ["{PHONE}"]\n[identity]\nmax_cluster_records = 3\n', encoding="utf-8"
    )
    state = onefold.state()
    told = onefold.json("identity", "preview", other)
    assert told["records"] == 3
    assert told["merges"] + told["splits"] + told["moves"] == len(told["transfers"])
    result = onefold.run("identity", "preview", other)
    assert result.exit_code == 0, result.output
    assert "profiles before" in result.stdout
    assert "onefold identity rebuild" in result.stderr
    assert onefold.state() == state
    assert not any(value in result.output for value in PERSONAL)
    joined = [record for each in told["transfers"] for record in each["records"]]
    assert joined
    assert all(record in result.stdout for record in joined)


def test_preview_names_every_record_and_the_pair_that_decides(onefold: Onefold) -> None:
    other = onefold.folder / "other.toml"
    other.write_text(f'[identity.blocked]\nphone = ["{PHONE}"]\n', encoding="utf-8")
    found = onefold.json("identity", "preview", other)["transfers"]
    assert any(each["cause"]["pair"] for each in found)
    lines = onefold.run("identity", "preview", other).stdout.splitlines()
    for each in found:
        ways = {each["from"], each["to"], *(each["cause"]["pair"] or ())}
        for record in each["records"]:
            told = [{*re.findall(ID, line)} for line in lines if each["kind"] in line]
            assert any(ways | {record} <= ids for ids in told)


def test_preview_of_the_settings_file_itself_tells_what_its_change_will_do(onefold: Onefold) -> None:
    assert "nothing would change" in onefold.run("identity", "preview").stderr
    onefold.config.write_text(NEW_RULES.replace("max_cluster_records = 4", "max_cluster_records = 2"), encoding="utf-8")
    told = onefold.json("identity", "preview")
    assert onefold.run("identity", "rebuild").exit_code == 0
    assert onefold.json("identity", "preview")["transfers"] == []
    assert told["profiles_after"] == onefold.json("status")["counts"]["profiles"]


# --- a pause ---


@pytest.fixture
def flood(onefold: Onefold, tmp_path: Path) -> Path:
    """Give events that join three people to three others, where one join is unusual."""
    onefold.config.write_text(
        (MAPPING + COMPOSITE).replace("[identity]", "[identity]\npause_above_merges = 1", 1), encoding="utf-8"
    )
    log = people()
    names = ("李建国", "张建国", "刘建国")
    reached = [{"email": f"m{number}@example.com", "phone": f"1391234000{number}"} for number in range(3)]
    for number, name in enumerate(names):
        log.put("person", 20 + number, {"name": name, **reached[number]})
        log.put("person", 30 + number, {"name": name})
    assert onefold.run("ingest", write(tmp_path / "before.jsonl", log.events)).exit_code == 0
    for number in range(3):
        log.put("person", 30 + number, reached[number])
    return write(tmp_path / "flood.jsonl", log.events)


def test_a_pause_has_an_exit_code_of_its_own_and_says_what_to_do(onefold: Onefold, flood: Path) -> None:
    state = onefold.state()
    result = onefold.run("ingest", flood)
    assert result.exit_code == 3
    for said in ("3 merges of existing profiles, more than 1", "db.person", "--accept-merges 3", "identity explain"):
        assert said in result.stderr
    assert not any(value in result.output for value in ("李建国", "example.com", "139123"))
    assert onefold.state() == state
    pair = re.search(rf"({ID}) into ({ID})", result.stderr)
    assert pair
    assert onefold.run("identity", "explain", *pair.groups()).exit_code == 0


def test_a_program_hears_of_a_pause_and_of_what_was_applied_before_it(onefold: Onefold, flood: Path) -> None:
    before, after = flood.with_name("before.jsonl"), flood.with_name("after.jsonl")
    after.write_bytes(before.read_bytes())
    told = onefold.json("ingest", before, flood, after, exit_code=3)
    assert [(Path(each["file"]), each["events"]) for each in told["files"]] == [(before, 9), (flood, 0)]
    assert (told["seen"], told["interrupted"]) == (9, False)
    paused = told["paused"]
    assert (paused["stream"], paused["offset"], paused["merges"], paused["limit"]) == (f"file:{flood}", 0, 3, 1)
    assert paused["causes"] == {"db.person": 3}
    assert all(re.fullmatch(ID, profile) for pair in paused["examples"] for profile in pair.values())
    told = onefold.json("ingest", flood, "--batch", 9, exit_code=3)
    read = sum(map(len, flood.read_bytes().splitlines(keepends=True)[:9]))
    assert (told["events"], told["seen"], told["paused"]["offset"], told["paused"]["merges"]) == (9, 9, read, 3)
    accepted = onefold.json("ingest", flood, "--accept-merges", 3)
    assert (accepted["paused"], accepted["profiles_merged"]) == (None, 3)


def test_status_shows_a_pause_until_the_batch_is_accepted(onefold: Onefold, flood: Path) -> None:
    onefold.run("ingest", flood)
    status = onefold.run("status")
    assert (status.exit_code, "PAUSED" in status.stderr) == (1, True)
    [paused] = onefold.json("status", exit_code=1)["paused"]
    assert (paused["stream"], paused["offset"], paused["merges"]) == (f"file:{flood}", 0, 3)
    assert onefold.run("ingest", flood, "--accept-merges", 2).exit_code == 3
    accepted = onefold.run("ingest", flood, "--accept-merges", 3)
    assert accepted.exit_code == 0, accepted.output
    assert onefold.json("status")["paused"] == []
    assert onefold.run("identity", "rebuild", "--verify").exit_code == 0


def test_a_file_in_place_of_the_one_that_paused_ends_its_pause(onefold: Onefold, flood: Path) -> None:
    flood_lines = flood.read_text(encoding="utf-8").splitlines(keepends=True)
    flood.write_text("".join(flood_lines[:3]), encoding="utf-8")
    assert onefold.run("ingest", flood).exit_code == 0
    flood.write_text("".join(flood_lines), encoding="utf-8")
    assert onefold.run("ingest", flood).exit_code == 3
    flood.write_text("".join(flood_lines[3:6]), encoding="utf-8")
    assert onefold.run("ingest", flood).exit_code == 0
    assert onefold.json("status")["paused"] == []


def test_parked_events_that_are_tried_again_wait_for_the_same_word(onefold: Onefold, flood: Path) -> None:
    mapped = onefold.config.read_text(encoding="utf-8")
    onefold.config.write_text(mapped.replace('topics = "db.*"', 'topics = "other.*"'), encoding="utf-8")
    assert onefold.run("ingest", flood).exit_code == 1
    onefold.config.write_text(mapped, encoding="utf-8")
    result = onefold.run("parked", "retry", "--all")
    assert (result.exit_code, "--accept-merges 3" in result.stderr) == (3, True)
    status = onefold.json("status", exit_code=1)
    assert (status["paused"], [*status["parked"]]) == ([], ["unmapped_table"]), (
        "no stream stands; the events are still told"
    )
    assert onefold.run("parked", "retry", "--all", "--accept-merges", 3).exit_code == 0
    assert onefold.run("status").exit_code == 0
