"""CR-03: a switch says true or false; whatever else it says stops the start."""

from pathlib import Path

import pytest

from hexkey.entrypoints.settings import BadConfiguration, Settings, load_settings
from tests.support.program import alone

__all__ = ["alone"]

SWITCHES = sorted(name for name, it in Settings.model_fields.items() if it.annotation is bool)
ODD = ["0", "1", "no", "off", "yes", "on", "n", "f", "fals", "None", "'false'", "true,false"]


class TestSwitch:
    @pytest.mark.parametrize("name", SWITCHES)
    def test_cr_03_takes_no_other_word(
        self, name: str, alone: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """CR-03, P120: what reads like "no" was taken for yes elsewhere, as any text is true."""
        for odd in ODD:
            monkeypatch.setenv(f"HEXKEY_{name.upper()}", odd)

            with pytest.raises(BadConfiguration) as refusal:
                load_settings()

            assert f"HEXKEY_{name.upper()}" in str(refusal.value.problems)

    @pytest.mark.parametrize("name", SWITCHES)
    @pytest.mark.parametrize("text", ["false", "FALSE", "True"])
    def test_cr_03_means_what_it_says(
        self, name: str, text: str, alone: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """CR-03, P120."""
        monkeypatch.setenv(f"HEXKEY_{name.upper()}", text)

        assert getattr(load_settings(), name) is (text == "True")
