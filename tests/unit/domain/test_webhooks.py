"""FE-06: how the URL of a webhook may be spelled."""

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hexkey.domain.events import EventType
from hexkey.domain.webhooks import (
    WEBHOOK_EVENTS,
    InvalidWebhook,
    WebhookTarget,
    webhook_events,
)

REFUSED = [
    *("", " ", "hooks.example.com", "//hooks.example.com/", "https://", "https:///in"),
    *("http://hooks.example.com/", "ftp://hooks.example.com/", "gopher://hooks.example.com/"),
    *("file:///etc/passwd", "javascript:alert(1)", "https:hooks.example.com"),
    *("https://user@hooks.example.com/", "https://user:pw@hooks.example.com/"),
    *("https://127.0.0.1@hooks.example.com/", "https://hooks.example.com@127.0.0.1/"),
    *("https://hooks.example.com#@127.0.0.1/", "https://hooks.example.com/in#part"),
    *("https://hooks.example.com\\@127.0.0.1/", "https://hooks.example.com/a\\b"),
    *(
        "https://hooks.example.com/a b",
        "https://hooks.example.com/\n",
        "https://hooks.example.com\t",
    ),
    *("https://hooks.example.com/\x00", "https://hooks.example.com/é", "https://ｅxample.com/"),
    *("https://127。0。0。1/", "https://①②⑦.0.0.1/", "https://ⓛocalhost/"),
    *("https://localhost/", "https://LOCALHOST/", "https://localhost./", "https://intranet/"),
    *("https://127.0.0.1/", "https://127.1/", "https://127.0.1/", "https://2130706433/"),
    *("https://0x7f000001/", "https://0x7f.0.0.1/", "https://0x7f.1/", "https://017700000001/"),
    *("https://0177.0.0.1/", "https://127.0.0.01/", "https://0/", "https://0.0.0.0/"),
    *("https://127.0.0.1./", "https://a.0x7f000001/", "https://a.127/", "https://169.254.169.254/"),
    *("https://10.0.0.1/", "https://192.168.1.1/", "https://[::1]/", "https://[::]/"),
    *("https://[::ffff:127.0.0.1]/", "https://[0:0:0:0:0:0:0:1]/", "https://[fe80::1%25eth0]/"),
    *("https://[fd00:ec2::254]/", "https://[::1", "https://::1/", "https://[v1.fe]/"),
    *(
        "https://hooks.example.com:22/",
        "https://hooks.example.com:25/",
        "https://hooks.example.com:0/",
    ),
    *("https://hooks.example.com:80/", "https://hooks.example.com:65536/"),
    *("https://hooks.example.com:/", "https://hooks.example.com:x/", "https://hooks..example.com/"),
    *("https://-a.example.com/", "https://a-.example.com/", "https://a_b.example.com/"),
    *("https://" + "a" * 64 + ".com/", "https://" + "a." * 130 + "com/"),
    *("https://hooks.example.com/" + "a" * 2048, "https://%68ooks.example.com/"),
    *("http://localhost:8000/", "http://127.0.0.1:8000/", "http://[::1]:8000/"),
]


def parsed(url: str, *, loopback_allowed: bool = False) -> WebhookTarget:
    return WebhookTarget.parse(url, loopback_allowed=loopback_allowed)


class TestWebhookTarget:
    @pytest.mark.parametrize("url", REFUSED)
    def test_fe_06_is_no_other_spelling(self, url: str) -> None:
        with pytest.raises(InvalidWebhook):
            parsed(url)

    @pytest.mark.parametrize(
        ("url", "host", "port", "path", "authority"),
        [
            ("https://Hooks.Example.com", "hooks.example.com", 443, "/", "hooks.example.com"),
            ("https://a.example:8443/b?c=d", "a.example", 8443, "/b?c=d", "a.example:8443"),
            ("https://a.example:443/%2e/", "a.example", 443, "/%2e/", "a.example"),
            ("https://93.184.216.34/", "93.184.216.34", 443, "/", "93.184.216.34"),
            ("https://[2606:2800::1]/", "2606:2800::1", 443, "/", "[2606:2800::1]"),
            ("https://xn--a-ecp.ru/?q", "xn--a-ecp.ru", 443, "/?q", "xn--a-ecp.ru"),
        ],
    )  # fmt: skip
    def test_names_a_host_on_the_internet(
        self, url: str, host: str, port: int, path: str, authority: str
    ) -> None:
        target = parsed(url)

        assert (target.host, target.port, target.path) == (host, port, path)
        assert target.authority == authority
        assert target.is_encrypted
        assert not target.is_loopback

    @pytest.mark.parametrize(
        "url", ["http://localhost:9000/in", "http://127.0.0.1:9000/", "https://[::1]:9000/"]
    )
    def test_may_be_this_machine_in_development(self, url: str) -> None:
        assert parsed(url, loopback_allowed=True).is_loopback

    @pytest.mark.parametrize("url", ["http://hooks.example.com/", "http://10.0.0.1:9000/"])
    def test_is_encrypted_everywhere_else_even_there(self, url: str) -> None:
        with pytest.raises(InvalidWebhook):
            parsed(url, loopback_allowed=True)

    @given(st.text(st.characters(codec="utf-8"), max_size=40))
    def test_fe_06_means_the_same_host_to_the_standard_library(self, text: str) -> None:
        """Whatever is accepted has one reading."""
        url = f"https://{text}"
        try:
            target = parsed(url)
        except InvalidWebhook:
            return
        assert urlsplit(url).hostname == target.host
        assert url.isascii()


class TestWebhookEvents:
    def test_are_all_when_none_is_named(self) -> None:
        assert webhook_events([]) == WEBHOOK_EVENTS

    def test_are_those_that_are_named(self) -> None:
        assert webhook_events(["user.created", "session.ended"]) == {
            EventType.USER_CREATED,
            EventType.SESSION_ENDED,
        }

    @pytest.mark.parametrize("name", ["user.exploded", "", "USER.CREATED", "session.new_device"])
    def test_exist(self, name: str) -> None:
        with pytest.raises(InvalidWebhook):
            webhook_events(["user.created", name])
