"""A deployment's own templates."""

from pathlib import Path

import pytest

from hexkey.adapters.mail.jinja_writer import JinjaLetters
from hexkey.adapters.mail.overrides import UnusableTemplates
from tests.contracts.letter_writer import a_letter


def put(folder: Path, name: str, words: str) -> None:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(words)


def writer(folder: Path) -> JinjaLetters:
    return JinjaLetters(service_name="Example", overrides=folder)


class TestOverride:
    def test_of_one_file_changes_that_file_only(self, tmp_path: Path) -> None:
        put(tmp_path, "en/new_device.txt", "Subject: Look!\n\n{{ device }} at {{ service_name }}\n")

        words = writer(tmp_path).write(a_letter("new_device"))

        assert (words.subject, words.text) == ("Look!", "the-device at Example\n")
        assert words.html.startswith("<!doctype html>")

    def test_of_a_layout_changes_every_letter(self, tmp_path: Path) -> None:
        put(tmp_path, "layout.html", "<p>Ours</p>{% block body %}{% endblock %}")

        words = writer(tmp_path).write(a_letter())

        assert words.html.startswith("<p>Ours</p>")
        assert "the-link" in words.html

    def test_may_be_another_language(self, tmp_path: Path) -> None:
        put(tmp_path, "fr/new_device.txt", "Subject: Bonjour\n\n{{ device }}")
        put(tmp_path, "fr/new_device.html", "<p>{{ device }}</p>")
        letters = writer(tmp_path)

        assert letters.language_for("fr-CA, en;q=0.5") == "fr"
        assert letters.write(a_letter("new_device", language="fr")).subject == "Bonjour"
        assert letters.write(a_letter("invitation", language="fr")).subject.startswith("You are")

    def test_still_escapes(self, tmp_path: Path) -> None:
        put(tmp_path, "en/new_device.html", "<p title='{{ device }}'>{{ device }}</p>")

        html = writer(tmp_path).write(a_letter("new_device", device="<b>'\"")).html

        assert html == "<p title='&lt;b&gt;&#39;&#34;'>&lt;b&gt;&#39;&#34;</p>"

    @pytest.mark.parametrize(
        ("name", "words", "why"),
        [
            ("en/new_devise.txt", "Subject: x", "no such letter"),
            ("new_device.txt", "Subject: x", "no such letter"),
            ("en/new_device.txt", "{{ code }}", "nothing is known of code"),
            ("en/new_device.html", "{% if %}", "new_device.html: "),
            ("en/new_device.html", "{{ device | shout }}", "shout"),
            ("en/new_device.html", "{% import 'de/x.txt' as x %}", "would not be escaped"),
            ("layout.html", "{{ settings }}", "nothing is known of settings"),
        ],
    )
    def test_is_looked_at_before_the_first_letter(
        self, tmp_path: Path, name: str, words: str, why: str
    ) -> None:
        put(tmp_path, name, words)

        with pytest.raises(UnusableTemplates, match=why):
            writer(tmp_path)

    def test_needs_a_folder(self, tmp_path: Path) -> None:
        with pytest.raises(UnusableTemplates, match="no folder"):
            writer(tmp_path / "absent")

    @pytest.mark.parametrize(
        "trick",
        ["device.__class__", "device.__class__.__mro__", "self._TemplateReference__context"],
    )
    def test_reaches_nothing_behind_the_words(self, tmp_path: Path, trick: str) -> None:
        put(tmp_path, "en/new_device.html", "{{ " + trick + " }}")

        with pytest.raises(Exception, match=r"unsafe|undefined|no attribute"):
            writer(tmp_path).write(a_letter("new_device"))
