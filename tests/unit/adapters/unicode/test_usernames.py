import pytest

from hexkey.adapters.unicode.scripts import is_one_script
from hexkey.adapters.unicode.skeletons import skeleton
from hexkey.adapters.unicode.usernames import PrecisUsernames
from tests.contracts.username_syntax import UsernameSyntaxContract


class TestPrecisUsernames(UsernameSyntaxContract):
    @pytest.fixture
    def syntax(self) -> PrecisUsernames:
        return PrecisUsernames()


class TestScripts:
    @pytest.mark.parametrize(
        "text", ["abc", "абв", "漢字かなカナABC", "漢字ㄅabc", "한글漢abc", "a1._-"]
    )
    def test_may_stand_alone_or_in_east_asian_company(self, text: str) -> None:
        assert is_one_script(text)

    @pytest.mark.parametrize("text", ["aб", "aα", "かな한글", "ㄅかな", "漢б", "אa", "\u0378"])
    def test_may_not_be_mixed_otherwise(self, text: str) -> None:
        assert not is_one_script(text)


class TestSkeleton:
    def test_follows_the_examples_of_uts_39(self) -> None:
        """ID-06: §4 of the report gives these as confusable."""
        assert skeleton("ѕсоре") == skeleton("scope")
        assert skeleton("ǉеto") == skeleton("ljeto")

    @pytest.mark.parametrize("text", ["scope", "mary", "1lI|", "0O", "рау", "é", "ﬃ", "汉字"])
    def test_of_a_skeleton_is_itself(self, text: str) -> None:
        assert skeleton(skeleton(text)) == skeleton(text)
