"""What is a password and what only speaks of one."""

import time

import pytest

from console.statements.passwords import held, held_by_address

PLANTED = [
    "postgresql://app:hunter2@db1/app",
    "see postgresql://app:hun/ter2@db1",
    "(postgresql://app:hun@ter2@db1)",
    "jdbc:mysql://db1/app?user=app&password=hunter2",
    "jdbc:sqlserver://db1;user=app;x?password=hunter2",
    "mysql://db1/app?p%61ssword=hunter2",
    "mysql:///app?SSLPASSWORD=hunter2",
    "host=db1 password=hunter2",
    "password = 'hunter 2' host=db1",
    "PGPASSWORD=hunter2 psql",
    "MYSQL_PWD=hunter2 mysql",
    "mysqldump --password=hunter2 app",
    "mysql -u root -phunter2 app",
    "CREATE ROLE app LOGIN PASSWORD 'hunter2'",
    "alter role app with encrypted password E'hunter2'",
    "ALTER ROLE app PASSWORD /* the new\n one */ 'hunter2'",
    "ALTER ROLE app PASSWORD -- the new one\n 'hunter2'",
    "ALTER ROLE app PASSWORD $$hunter2$$",
    "ALTER ROLE app PASSWORD $x$hunter2$x$",
    "DO $$ BEGIN ALTER ROLE app PASSWORD 'hunter2'; END $$",
    "CREATE USER app IDENTIFIED BY 'hunter2'",
    'CREATE USER app IDENTIFIED WITH caching_sha2_password BY "hunter2"',
    "GRANT ALL ON *.* TO app IDENTIFIED BY PASSWORD 'hunter2'",
    "SET PASSWORD FOR 'app'@'%' = 'hunter2'",
    "SET PASSWORD = PASSWORD('hunter2')",
    "UPDATE users SET password = 'hunter2'",
    "CHANGE MASTER TO MASTER_HOST = 'h', MASTER_PASSWORD='hunter2'",
    "CREATE USER MAPPING FOR app SERVER s OPTIONS (user 'app', password 'hunter2')",
    "CREATE SUBSCRIPTION s CONNECTION 'host=db1 user=app password=hunter2' PUBLICATION p",
    "PRAGMA key = 'hunter2'",
    "PRAGMA main.rekey('hunter2')",
    "ATTACH 'copy.db' AS copy KEY 'hunter2'",
]
HARMLESS = [
    "SELECT 1",
    "UPDATE users SET password = NULL",
    "SELECT * FROM users WHERE password = ''",
    "INSERT INTO texts VALUES ('reset password', 'Reset it')",
    "ALTER TABLE users ADD COLUMN password TEXT DEFAULT 'none'",
    "CREATE ROLE app PASSWORD NULL",
    "CREATE INDEX i ON t (key); INSERT INTO t (key) VALUES ('a')",
    "SELECT 1 FROM a, b WHERE a.user=b.user AND a.password=b.password",
    "postgresql://app@db1:5432/app",
    "http://db1:8080/people@home",
    "https://example.org/a:b@c",
    "psql postgresql://app:$PASSWORD@db1",
    "psql postgresql://app:<password>@db1",
    "host=db1 password=$PASSWORD",
    "Enter the password; it isn't written here",
    "Use --password to be asked, or mysql -p",
    "env:DATABASE_URL",
]


@pytest.mark.parametrize("text", PLANTED)
def test_a_password_is_seen(text: str) -> None:
    assert held(text)
    assert held(f"first line\n{text}\nlast line")
    assert held_by_address(text)


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_speaks_of_passwords_is_not_taken_for_one(text: str) -> None:
    assert not held(text)


@pytest.mark.parametrize("address", ["postgresql://app:$ecret@db1", "PASSWORD=x", "mysql:app?%70wd=x"])
def test_an_address_that_may_hold_one_is_taken_to_hold_one(address: str) -> None:
    assert held_by_address(address)


@pytest.mark.parametrize(
    "piece",
    [
        "://a:",
        "password=",
        "/*",
        "$a$ ",
        "mysql -p ",
        "?password=&",
        "' ",
        " password= host=",
        "mysql\n",
        "$t$$u$",
        '"',
    ],
)
def test_looking_for_passwords_takes_time_in_proportion_to_the_text(piece: str) -> None:
    """Ten times as much may take fifty times as long before it fails."""

    def seconds(size: int) -> float:
        begun = time.process_time()
        held(f"password {piece * (size // len(piece))}")
        return time.process_time() - begun

    assert seconds(200_000) < 50 * max(seconds(20_000), 0.002)
