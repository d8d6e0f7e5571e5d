"""How database URLs are read."""

import pytest

from hexkey.adapters.sql.database_url import parse_database_url


class TestSqliteUrl:
    @pytest.mark.parametrize("scheme", ["sqlite", "sqlite+aiosqlite"])
    @pytest.mark.parametrize("path", ["hexkey.db", "/var/lib/hexkey/hexkey.db", "a b.db"])
    def test_names_the_asynchronous_driver_and_keeps_the_path(self, scheme: str, path: str) -> None:
        address = parse_database_url(f"{scheme}:///{path}")

        assert address.url.drivername == "sqlite+aiosqlite"
        assert address.url.database == path

    def test_keeps_the_options_of_a_file_uri(self) -> None:
        address = parse_database_url("sqlite:///file:/x/hexkey.db?mode=ro&uri=true")

        assert address.url.database == "file:/x/hexkey.db"
        assert address.url.query == {"mode": "ro", "uri": "true"}

    @pytest.mark.parametrize(
        "url",
        ["sqlite://", "sqlite:///:memory:", "sqlite:///file:x?mode=memory&uri=true"],
    )
    def test_is_refused_without_a_file(self, url: str) -> None:
        with pytest.raises(ValueError, match="memory://"):
            parse_database_url(url)


class TestPostgresqlUrl:
    @pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg"])
    def test_names_the_asynchronous_driver(self, scheme: str) -> None:
        url = parse_database_url(f"{scheme}://ann:p%40ss@db.example:6543/auth").url

        assert url.drivername == "postgresql+asyncpg"
        assert (url.username, url.password) == ("ann", "p@ss")
        assert (url.host, url.port, url.database) == ("db.example", 6543, "auth")

    def test_keeps_the_folder_of_the_socket(self) -> None:
        address = parse_database_url("postgresql://ann@/auth?host=/run/postgresql")

        assert address.url.query == {"host": "/run/postgresql"}
        assert address.dsn is None

    def test_hands_options_written_for_libpq_to_the_driver(self) -> None:
        address = parse_database_url(
            "postgresql://h/auth?sslmode=verify-full&sslrootcert=/etc/a%20b.pem&host=other"
        )

        assert address.url.query == {"host": "other"}
        assert address.dsn == "postgresql://?sslmode=verify-full&sslrootcert=%2Fetc%2Fa+b.pem"


class TestAnyOtherUrl:
    @pytest.mark.parametrize(
        "url", ["", "s3cret", "mysql://ann:s3cret@h/d", "postgresql+psycopg2://u:s3cret@h/d", "://"]
    )
    def test_is_refused_without_repeating_it(self, url: str) -> None:
        with pytest.raises(ValueError, match="database URL") as refused:
            parse_database_url(url)

        assert "s3cret" not in str(refused.value)
