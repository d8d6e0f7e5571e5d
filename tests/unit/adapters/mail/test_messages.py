"""Messages are built by hand; the standard library must read what was meant, and no more."""

import email.policy
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hexkey.adapters.mail.inert_values import one_line
from hexkey.adapters.mail.mailboxes import Mailbox, NoMailbox
from hexkey.adapters.mail.messages import message_bytes, recipient_of
from hexkey.adapters.mail.originator import InvalidOriginator, Originator
from hexkey.adapters.mail.words import body_lines, header_words
from tests.contracts.mail_sender import a_mail

HEADERS = [
    *("Date", "Message-ID", "From", "To", "Subject", "MIME-Version", "Auto-Submitted"),
    "Content-Type",
]
ORIGINATOR = Originator.parse("Example <no-reply@id.example.com>")
ANY_TEXT = st.text(
    st.one_of(
        st.sampled_from('\r\n\x00\t .=_-:<>@,;"\\?ä🎉\u202e\u2028\x85\ud800'), st.characters()
    )
)
HOSTILE = [
    "x\r\nBcc: eve@example.com",
    "x\nBcc: eve@example.com\n\nbody",
    "x\r\n\r\n.\r\nMAIL FROM:<eve@example.com>",
    "--=_two-forms-of-one-text--\r\n--=_two-forms-of-one-text\r\nContent-Type: text/html\r\n\r\n",
    "=?utf-8?q?=0D=0ABcc:_eve@example.com?=",
]


def built(subject: str = "Hello", text: str = "Hello", html: str = "Hello") -> EmailMessage:
    mail = a_mail(subject=subject, text=text, html=html)
    raw = message_bytes(mail, originator=ORIGINATOR, to=recipient_of(mail))
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert b"\r" not in raw.replace(b"\r\n", b"")
    assert max(map(len, raw.split(b"\r\n"))) <= 998  # RFC 5322 §2.1.1
    read = message_from_bytes(raw, policy=email.policy.SMTPUTF8)
    assert isinstance(read, EmailMessage)
    return read


def as_lines(text: str) -> str:
    """What SMTP makes of `text`."""
    whole = text.encode("utf-8", "replace").decode()
    return whole.replace("\r\n", "\n").replace("\r", "\n")


def content(message: EmailMessage, form: str) -> str:
    part = message.get_body((form,))
    assert part is not None
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    # The last line end belongs to the boundary (RFC 2046 §5.1.1).
    return payload.decode().replace("\r\n", "\n")


class TestMessage:
    def test_says_what_it_is(self) -> None:
        message = built()

        assert message.keys() == HEADERS
        assert message["From"] == "Example <no-reply@id.example.com>"
        assert message["Message-ID"] == "<1@id.example.com>"
        assert message["Date"].datetime == datetime(2026, 11, 22, 9, 31, 5, tzinfo=UTC)
        assert message["Auto-Submitted"] == "auto-generated"
        assert message.get_content_type() == "multipart/alternative"
        assert [it.get_content_type() for it in message.iter_parts()] == ["text/plain", "text/html"]
        assert {it.get_content_charset() for it in message.iter_parts()} == {"utf-8"}

    @settings(deadline=None)
    @given(subject=ANY_TEXT, text=ANY_TEXT, html=ANY_TEXT)
    @example(subject=HOSTILE[0], text=HOSTILE[2], html=HOSTILE[3])
    @example(subject=HOSTILE[1], text=HOSTILE[3], html=HOSTILE[2])
    @example(subject=HOSTILE[4], text="a" * 5000, html="\n" * 100 + ".")
    @example(subject=HOSTILE[2], text=".\n..\n \n\t\n= \n=", html="\r\r\n\n\r")
    def test_holds_the_words_and_nothing_else(self, subject: str, text: str, html: str) -> None:
        """RC-17: whatever the words, they begin no header, no part, and no command."""
        message = built(subject=subject, text=text, html=html)

        assert message.keys() == HEADERS
        assert [it.get_content_type() for it in message.iter_parts()] == ["text/plain", "text/html"]
        assert content(message, "plain") == as_lines(text)
        assert content(message, "html") == as_lines(html)
        assert not message.defects

    @settings(deadline=None)
    @given(subject=ANY_TEXT)
    @example(subject="=?utf-8?q?=68i?=")
    def test_has_a_subject_that_people_read_as_it_was_meant(self, subject: str) -> None:
        line = one_line(subject, most=200)

        assert str(built(subject=line)["Subject"]).split() == line.split()

    @pytest.mark.parametrize("id", ["", "1@x", "<1@x>\r\nBcc: e@x", "<1 2@x>", "<1@x><2@x>", "<>"])
    def test_has_an_id_that_is_one(self, id: str) -> None:
        mail = a_mail()
        object.__setattr__(mail, "message_id", id)

        with pytest.raises(ValueError, match="Message-ID"):
            message_bytes(mail, originator=ORIGINATOR, to=Mailbox.parse(mail.to))


class TestWords:
    @settings(deadline=None)
    @given(ANY_TEXT)
    def test_in_a_header_are_ascii_on_folded_lines(self, text: str) -> None:
        lines = header_words(text).split("\r\n ")

        assert all(it.isascii() and it.isprintable() and len(it) <= 75 for it in lines)

    @settings(deadline=None)
    @given(ANY_TEXT)
    def test_in_a_body_are_short_ascii_lines_without_a_boundary(self, text: str) -> None:
        encoded = body_lines(text)

        assert encoded.isascii()
        assert b"=_" not in encoded
        assert all(len(it) <= 76 and it != b"." for it in encoded.split(b"\r\n"))


class TestOriginator:
    @pytest.mark.parametrize(
        ("text", "header"),
        [
            ("no-reply@x.test", "no-reply@x.test"),
            ("Example <no-reply@x.test>", '"Example" <no-reply@x.test>'),
            ('"Example, Inc." <no-reply@x.test>', '"Example, Inc." <no-reply@x.test>'),
            ("A\\B <no-reply@x.test>", '"A\\\\B" <no-reply@x.test>'),
            ("Büro <info@büro.test>", "=?utf-8?b?QsO8cm8=?= <info@xn--bro-hoa.test>"),
        ],
    )
    def test_is_read_from_a_setting(self, text: str, header: str) -> None:
        assert Originator.parse(text).header == header

    @pytest.mark.parametrize(
        "text",
        [
            *("", "Example", "<>", "Example <>", "a@x.test, b@x.test", "A <a@x.test> <b@x.test>"),
            *(
                "x\r\nBcc: e@x.test",
                "A\r\nBcc: e <a@x.test>",
                "jürgen@x.test",
                "x" * 101 + "<a@x.t>",
            ),
        ],
    )
    def test_is_refused_when_a_header_could_not_hold_it(self, text: str) -> None:
        with pytest.raises(InvalidOriginator):
            Originator.parse(text)

    @settings(deadline=None)
    @given(ANY_TEXT)
    def test_never_makes_a_second_header(self, text: str) -> None:
        try:
            header = Originator.parse(f"{text} <a@x.test>").header
        except InvalidOriginator:
            return
        assert header.endswith(" <a@x.test>") or header == "a@x.test"
        assert "\n" not in header.replace("\r\n ", "")


class TestMailbox:
    @settings(deadline=None)
    @given(ANY_TEXT)
    def test_of_any_text_is_one_or_none(self, text: str) -> None:
        for candidate in (text, f"{text}@x.test", f"a@{text}", f"a{text}b@x.test"):
            try:
                address = Mailbox.parse(candidate).address
            except NoMailbox:
                continue
            assert address.count("@") == 1
            assert not set(address) & set('\r\n\x00<>(),;: "\\[]')
