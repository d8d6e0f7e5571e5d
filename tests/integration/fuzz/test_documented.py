"""IN-19: what the OpenAPI document allows and what it forbids, as Schemathesis makes it up."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi import checks

from tests.integration.fuzz.conftest import CASES_VARIABLE, SEED_VARIABLE, Target, number_of
from tools.pin_openapi import REFERENCE

pytestmark = pytest.mark.anyio

CHECKS: list[Any] = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
]
STRATEGIES = 60  # pairs of an operation and a mode of which there are many cases
MANY = 1000  # from so many on, what lies on a boundary is sent as well: some 1,200 cases
SHOWN = 5
PATIENCE = 60  # seconds; the list of what was revoked may be waited for for 30


@dataclass
class Asker:
    """Sends cases and keeps the books.

    Attributes:
        undocumented: one sentence for each answer that the document does not foresee.
    """

    url: str
    bearer: str = ""
    statuses: Counter[int] = field(default_factory=Counter)
    undocumented: list[str] = field(default_factory=list)

    def send(self, case: Case[Any]) -> None:
        number = self.statuses.total()
        hop = f"198.51.{number // 250 % 250}.{number % 250 + 1}"
        headers = {"Authorization": f"Bearer {self.bearer}", "X-Forwarded-For": hop}
        try:
            answer = case.call(self.url, headers=headers, timeout=PATIENCE)
        except OSError as error:  # also when nothing comes in time
            self.undocumented.append(f"{case.as_curl_command()}\nno answer: {error}")
            return
        self.statuses[answer.status_code] += 1
        shapes = [checks.response_schema_conformance] if "json" in str(answer.headers) else []
        try:
            case.validate_response(answer, checks=[*CHECKS, *shapes])
        except (Failure, FailureGroup) as failure:
            self.undocumented.append(f"{case.as_curl_command()}\n{answer.text}\n{failure}")


class TestDocumentedRequests:
    async def test_in_19_are_answered_as_documented(self, target: Target) -> None:
        """IN-19: every answer has a documented status, media type, headers and schema."""
        wanted = number_of(CASES_VARIABLE, 60)
        seed = number_of(SEED_VARIABLE, 20260101)
        asker = Asker(target.server.url)

        for found in schemathesis.openapi.from_path(
            REFERENCE / "openapi.json"
        ).get_all_operations():
            operation: Any = found.ok()  # type: ignore[union-attr]  # or it raises
            asker.bearer = (await target.administrator()).access_token
            for mode in modes(operation):
                draw(operation.as_strategy(mode), wanted // STRATEGIES + 1, seed, asker)
            for case in boundaries(operation) if wanted >= MANY else ():
                asker.send(case)

        statuses = dict(sorted(asker.statuses.items()))
        print(f"\nIN-19: {asker.statuses.total()} documented cases of seed {seed}: {statuses}")  # noqa: T201
        target.ensure_unharmed()
        assert asker.statuses.total() >= wanted
        assert asker.undocumented[:SHOWN] == []


def modes(operation: Any) -> list[GenerationMode]:
    """As far as there is a wrong way to ask for it: any text may be a part of a path."""
    return list(GenerationMode) if operation.body or operation.query else [GenerationMode.POSITIVE]


def draw(cases: Any, number: int, seed: int, asker: Asker) -> None:
    """Send so many of them, or all that there are."""

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=number,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(case=cases)
    def send(case: Case[Any]) -> None:
        asker.send(case)

    send()


def boundaries(operation: Any) -> Iterator[Case[Any]]:
    """The least, the greatest, the absent and the repeated, one at a time."""
    schema = operation.schema
    yield from schema.iter_coverage_cases(
        operation,
        generation_modes=list(GenerationMode),
        generation_config=schema.config.generation_for(operation=operation),
    )
