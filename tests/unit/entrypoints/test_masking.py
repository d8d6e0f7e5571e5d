"""LG-03: a URL is shown without whatever could be a password."""

import pytest

from hexkey.entrypoints.masking import MASK, masked_url

CANARY = "c4n4ry"


class TestMaskedUrl:
    @pytest.mark.parametrize(
        ("url", "shown"),
        [
            ("postgresql://u:c4n4ry@h:5432/d", f"postgresql://u:{MASK}@h:5432/d"),
            ("postgresql://u:a:c4n4ry@h/d", f"postgresql://u:{MASK}@h/d"),
            ("postgresql://u:a@c4n4ry@h/d", f"postgresql://u:{MASK}@h/d"),
            ("postgresql://u@h/d", "postgresql://u@h/d"),
            (
                "postgresql://h/d?sslmode=require&password=c4n4ry",
                f"postgresql://h/d?sslmode=require&password={MASK}",
            ),
            ("postgresql://u:a/c4n4ry@h/d", MASK),
            ("postgresql://u:a?c4n4ry@h/d", MASK),
            ("postgresql://u:a#c4n4ry@h/d", MASK),
            ("postgresql://u:c4n4ry@[h/d", MASK),
            ("sqlite:////var/lib/hexkey.db", "sqlite:////var/lib/hexkey.db"),
            ("memory://", "memory://"),
            ("smtp://u:c4n4ry@h:587", f"smtp://u:{MASK}@h:587"),
            ("smtp://127.0.0.1:25?tls=off", "smtp://127.0.0.1:25?tls=off"),
        ],
    )
    def test_shows_everything_but_secrets(self, url: str, shown: str) -> None:
        assert masked_url(url) == shown
        assert CANARY not in masked_url(url)
