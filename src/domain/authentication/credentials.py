"""What a person presents to sign in, and the one answer when it does not fit."""

from typing import ClassVar

from hexkey.domain.errors import HexkeyError

MAX_LOGIN_LENGTH = 320  # code points; no user name or address is longer


class InvalidCredentials(HexkeyError):
    """Unknown user, wrong password, disabled, no password at all: the caller is not told which."""

    code: ClassVar[str] = "invalid_credentials"
    message: ClassVar[str] = "Incorrect username or password"
