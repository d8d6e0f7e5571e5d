"""A worker in memory, with senders that do as they are told."""

import pytest

from tests.support.workers import ScriptedHooks, ScriptedSender, Worker


@pytest.fixture
def sender() -> ScriptedSender:
    return ScriptedSender()


@pytest.fixture
def hooks() -> ScriptedHooks:
    return ScriptedHooks()


@pytest.fixture
def worker(sender: ScriptedSender, hooks: ScriptedHooks) -> Worker:
    return Worker(sender=sender, hooks=hooks)
