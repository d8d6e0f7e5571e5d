import pytest

from hexkey.entrypoints.http.remote import NO_ROOM_REST, REST, rest_after


class TestRestBetweenQuestions:
    @pytest.mark.parametrize("seconds", [0.0, 0.01, 12.0, 25.0])
    def test_is_short_after_news(self, seconds: float) -> None:
        assert rest_after(seconds, news=True) == REST

    @pytest.mark.parametrize(("seconds", "rest"), [(0.01, NO_ROOM_REST), (0.5, REST), (25.0, REST)])
    def test_is_a_second_when_there_was_no_room_to_wait(self, seconds: float, rest: float) -> None:
        """Hexkey answers at once then; to ask again at once would be a storm."""
        assert rest_after(seconds, news=False) == rest
