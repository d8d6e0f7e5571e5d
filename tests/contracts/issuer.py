"""What `Issuer` promises."""

from abc import ABC, abstractmethod
from datetime import timedelta

import pytest

from hexkey.application.ports.issuer import Issuer, IssuerUnreachable

NOT_AT_ALL = timedelta(0)


class IssuerContract(ABC):
    """Subclass as `TestXxx`; provide `issuer`, which shows keys and a list, and `silent`."""

    @abstractmethod
    def issuer(self) -> Issuer: ...

    @abstractmethod
    def silent(self) -> Issuer:
        """One that nobody reaches."""

    async def test_shows_its_keys(self, issuer: Issuer) -> None:
        assert '"keys"' in (await issuer.keys()).text

    async def test_shows_the_list_to_whoever_knows_none_or_another(self, issuer: Issuer) -> None:
        first = await issuer.revocations(known=None, wait=NOT_AT_ALL)
        second = await issuer.revocations(known='"another"', wait=NOT_AT_ALL)

        assert first is not None
        assert second is not None
        assert first.tag == second.tag is not None

    async def test_says_when_the_list_is_still_the_same(self, issuer: Issuer) -> None:
        shown = await issuer.revocations(known=None, wait=NOT_AT_ALL)

        assert shown is not None
        assert await issuer.revocations(known=shown.tag, wait=NOT_AT_ALL) is None

    async def test_says_so_when_it_cannot_be_reached(self, silent: Issuer) -> None:
        with pytest.raises(IssuerUnreachable):
            await silent.keys()
        with pytest.raises(IssuerUnreachable):
            await silent.revocations(known=None, wait=NOT_AT_ALL)
