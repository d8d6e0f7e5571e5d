"""Rules about secrets that hold for the whole source, read from its syntax trees."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[4] / "src"
DICE = SOURCE / "adapters" / "crypto" / "system.py"

# Modules and functions that give chance; the last ones belong to libraries.
CHANCE = {
    *("random", "secrets", "uuid", "numpy"),
    *("urandom", "getrandom", "token_bytes", "token_hex", "token_urlsafe", "uuid1", "uuid4"),
    *("SystemRandom", "randbytes", "getrandbits", "generate_nonce"),
}
# Where a library asks the operating system itself: keys, and the salt of bcrypt.
LIBRARY_CHANCE = {
    "gensalt": {"adapters/crypto/bcrypt_schemes.py"},
    "generate_private_key": {"adapters/crypto/key_material.py"},
    "generate_key": set[str](),
}

# A request id, no secret, for requests that never reach the application and its ports.
ELSEWHERE = {("entrypoints/http/server_protocol.py", "urandom")}

SECRET_NAME = re.compile(
    r"(^|_)(secret|signature|mac|hmac|tag|token|digest|password|hashed|nonce|otp|code_verifier)$"
)
# Comparisons that look like secrets and are none.
HARMLESS = {
    ("adapters/crypto/pooled_hasher.py", "password.text != ''"),
    # Typed twice by the same person at a terminal; nobody measures that.
    ("entrypoints/cli/passwords.py", "getpass.getpass('The same again: ') != password"),
    # Looking a row up by the digest of a secret: who learns where a SHA-256 differs has nothing.
    ("adapters/memory/one_time_tokens.py", "it.digest == digest"),
    ("adapters/sql/one_time_tokens.py", "_table.c.digest == bindparam('digest')"),
    ("adapters/memory/access_directories.py", "key.digest == digest"),
    ("adapters/sql/api_keys.py", "api_keys.c.digest == bindparam('digest')"),
    # Both are ours: what is stored, and what this message would have stored.
    ("application/outbox/preparing.py", "token.digest != wanted.digest"),
    # The digests of a chain, which whoever reads the trail may see; the head's MAC of a row that
    # was read a moment ago, and verified in constant time.
    ("adapters/sql/audit_chain.py", "audit_chain.c.mac == bindparam('of_mac')"),
    ("application/audit/verifying.py", "anchor.digest != each.digest"),
    ("domain/audit/chain.py", "made == self.digest"),
    ("application/audit/verifying.py", "anchor.digest != head.pruned_digest"),
    ("application/audit/verifying.py", "walk.digest != head.digest"),
    # What is compared is sealed.
    ("adapters/sql/webhook_endpoints.py", "_table.c.sealed_secret == bindparam('of_secret')"),
}

FILES = sorted(SOURCE.rglob("*.py"))


def nodes(file: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(file.read_text("utf-8")))


def names_in(node: ast.AST) -> Iterator[str]:
    """What `node` imports, or which attribute or name it uses."""
    match node:
        case ast.Import(names):
            yield from (alias.name.split(".")[0] for alias in names)
        case ast.ImportFrom(module=str(module), names=names, level=0):
            yield module.split(".")[0]
            if not module.startswith("hexkey"):
                yield from (alias.name for alias in names)
        # Ports that make secrets are called so, too; the module is known by its import.
        case ast.Attribute(attr=name) if name != "secrets":
            yield name


def last_name(node: ast.expr) -> str:
    """The word by which an operand is known: `x` of `x`, `a.x`, `a.x()`, `x[0]` and `a.x.text`."""
    match node:
        case ast.Attribute(value=value, attr="text" | "octets" | "value"):
            return last_name(value)
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case ast.Call(func=inner) | ast.Subscript(value=inner) | ast.Await(value=inner):
            return last_name(inner)
        case _:
            return ""


def comparisons_of_secrets(tree: ast.AST) -> Iterator[str]:
    """Comparisons for equality in which an operand is named like a secret."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Compare):
            continue
        operands = [node.left, *node.comparators]
        of_constants = any(
            isinstance(operand, ast.Constant) and operand.value is None for operand in operands
        )
        equality = any(isinstance(operator, ast.Eq | ast.NotEq) for operator in node.ops)
        secret = any(SECRET_NAME.search(last_name(operand)) for operand in operands)
        if equality and secret and not of_constants:
            yield ast.unparse(node)


class TestChance:
    def test_cr_01_comes_from_one_module_only(self) -> None:
        """CR-01: no `random` anywhere, and one file that asks the operating system."""
        found = {
            (file.relative_to(SOURCE).as_posix(), name)
            for file in FILES
            if file != DICE
            for node in nodes(file)
            for name in names_in(node)
            if name in CHANCE
        }

        assert found - ELSEWHERE == set()

    def test_cr_01_comes_from_the_operating_system(self) -> None:
        used = {name for node in nodes(DICE) for name in names_in(node)}

        assert "secrets" in used
        assert used.isdisjoint({"random", "uuid", "uuid4", "Random"})

    @pytest.mark.parametrize("function", LIBRARY_CHANCE)
    def test_cr_01_libraries_are_asked_at_known_places(self, function: str) -> None:
        found = {
            file.relative_to(SOURCE).as_posix()
            for file in FILES
            for node in nodes(file)
            if function in names_in(node)
        }

        assert found == LIBRARY_CHANCE[function]


class TestComparisons:
    def test_cr_02_no_secret_is_compared_with_equality(self) -> None:
        """CR-02, P12, P119: `==` stops at the first difference, and so tells where it was."""
        found = {
            (file.relative_to(SOURCE).as_posix(), comparison)
            for file in FILES
            for comparison in comparisons_of_secrets(ast.parse(file.read_text("utf-8")))
        }

        assert found - HARMLESS == set()

    @pytest.mark.parametrize(
        "text",
        ["secret == given", "a.signature != b", "x == self.refresh_token", "mac() == b"],
    )
    def test_cr_02_would_be_noticed(self, text: str) -> None:
        assert [*comparisons_of_secrets(ast.parse(text))]

    @pytest.mark.parametrize("text", ["token is None", "len(token) > 3", "a.scheme == b", "x in y"])
    def test_cr_02_is_not_seen_everywhere(self, text: str) -> None:
        assert not [*comparisons_of_secrets(ast.parse(text))]
