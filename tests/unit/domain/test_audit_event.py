"""An event of the audit trail: whatever is put into it, it can be kept, and shown to anybody."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hexkey.domain.audit.event import (
    MAX_AUDITED_DETAILS_LENGTH,
    MAX_EXPLANATION_LENGTH,
    AuditEvent,
    Check,
    check_members,
)
from hexkey.domain.text import has_control_characters
from tests.support.audits import an_event

texts = st.text(max_size=400)
words = st.dictionaries(st.text("abcdef", min_size=1, max_size=8), texts, max_size=8)
checks = st.builds(Check, name=texts, passed=st.booleans(), facts=words)
TOKENS = (
    "hxk_pat_" + "A" * 48,
    "hxk_key_" + "_-" * 24,
    "hxk_rt_" + "a" * 76,
    "hxk_su_" + "0" * 48,
    "hxk_dev_" + "x" * 72,
    "hxk_ot_" + "Z" * 48,
    "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl",
)


def a_check(length: int, passed: bool) -> Check:
    """With a fact that long."""
    return Check(name="check", passed=passed, facts={"fact": "x" * length})


class TestEvent:
    @given(words)
    def test_lg_09_has_details_that_fit(self, details: dict[str, str]) -> None:
        event = an_event(details=details)

        assert len(json.dumps(dict(event.details))) <= MAX_AUDITED_DETAILS_LENGTH
        assert all(name in details and len(it) <= 200 for name, it in event.details.items())
        assert not any(map(has_control_characters, event.details.values()))

    def test_lg_09_leaves_out_the_details_that_do_not_fit(self) -> None:
        details = {f"name {number}": "x" * 200 for number in range(100)}

        kept = an_event(details=details).details

        assert 0 < len(kept) < len(details)
        assert len(json.dumps(dict(kept))) <= MAX_AUDITED_DETAILS_LENGTH

    @pytest.mark.parametrize(("spare", "kept"), [(0, 20), (1, 20), (-1, 19)])
    def test_lg_09_has_every_detail_that_just_fits(self, spare: int, kept: int) -> None:
        """To the character, as it is stored."""
        full = {f"{number:03}": "x" * (193 if number > 1 else 200) for number in range(20)}
        full["019"] += "x" * (MAX_AUDITED_DETAILS_LENGTH - len(json.dumps(full)) - spare)
        assert len(full["019"]) <= 200

        event = an_event(details=full)

        assert event.details == dict(list(full.items())[:kept])

    @pytest.mark.parametrize("length", [199, 200, 201])
    def test_lg_09_has_two_hundred_characters_of_each_detail(self, length: int) -> None:
        assert an_event(details={"a": "x" * length}).details == {"a": "x" * min(length, 200)}

    @pytest.mark.parametrize(("length", "name"), [(63, 63), (64, 64), (65, 64)])
    @pytest.mark.parametrize(("facts", "fact"), [(99, 99), (100, 100), (101, 100)])
    def test_has_so_much_of_each_check(self, length: int, name: int, facts: int, fact: int) -> None:
        asked = Check(name="n" * length, passed=True, facts={"a": "x" * facts})
        known = Check(name="n" * name, passed=True, facts={"a": "x" * fact})

        assert an_event(explanation=[asked]).explanation == (known,)

    @pytest.mark.parametrize(("spare", "left_out"), [(0, 0), (1, 0), (-1, 1)])
    @pytest.mark.parametrize("passed", [True, False])
    def test_has_every_check_that_just_fits(self, spare: int, left_out: int, passed: bool) -> None:
        """Of all, `MAX_EXPLANATION_LENGTH` octets with two for the brackets."""
        sizes = [len(json.dumps(check_members(a_check(0, passed)))) + 2] * 60
        most = (MAX_EXPLANATION_LENGTH - 2) // sizes[0]
        rest = MAX_EXPLANATION_LENGTH - 2 - most * sizes[0]
        each, more = divmod(rest - spare, most)
        asked = [a_check(each + (number < more), passed) for number in range(most)]

        kept = an_event(explanation=asked).explanation

        assert list(kept) == asked[left_out:]

    @given(st.lists(checks, max_size=60))
    def test_has_the_checks_that_decided(self, asked: list[Check]) -> None:
        kept = an_event(explanation=asked).explanation

        assert len(json.dumps([check_members(it) for it in kept])) <= MAX_EXPLANATION_LENGTH
        assert [it.passed for it in kept] == [it.passed for it in asked][len(asked) - len(kept) :]

    def test_leaves_out_the_first_checks_if_not_all_fit(self) -> None:
        facts = {"fact": "\U0001f511" * 100}
        asked = [Check(name=f"check {it}", passed=True, facts=facts) for it in range(100)]

        kept = an_event(explanation=asked).explanation

        assert 0 < len(kept) < len(asked)
        assert kept[-1].name == "check 99"
        assert len(json.dumps([check_members(it) for it in kept])) <= MAX_EXPLANATION_LENGTH

    @given(words, st.lists(checks, max_size=5))
    def test_lg_09_is_read_as_it_was_written(
        self, details: dict[str, str], asked: list[Check]
    ) -> None:
        """LG-09: or its link would not be the same."""
        event = an_event(details=details, explanation=asked, client="x")

        assert replace(event) == event

    @pytest.mark.parametrize("token", TOKENS)
    @pytest.mark.parametrize("around", ["{}", "/admin/users/{}", "subject={} events=0", "a:{}"])
    def test_lg_03_holds_no_token(self, token: str, around: str) -> None:
        """LG-03: wherever somebody has put one."""
        text = around.format(token)
        fact = Check(name="x", passed=False, facts={"fact": text})

        event = an_event(details={"path": text}, client=text, explanation=[fact])

        for part in (token, token[-20:], token[8:28]):
            assert part not in repr(event)
        assert replace(event) == event

    def test_lg_03_names_ids_and_rules_as_they_are(self) -> None:
        words = {"role": "hxk_helpers", "key_id": "0198c0de-0000-7000-8000-000000000003"}

        event: AuditEvent = an_event(details=words, client="Fox/1.0 (eye; hxk)")

        assert (event.details, event.client) == (words, "Fox/1.0 (eye; hxk)")
