"""The accounts that a hub keeps: the exam, and what a server asks of them besides."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import threading
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from anyhub.errors import AuthenticationError, ConflictError, NotFoundError, ValidationError
from anyhub.hub.accounts import Accounts
from anyhub.hub.people import device_logins, password_logins, tokens
from anyhub.hub.people.secrets import is_secret, new_secret
from anyhub.hub.people.stored_accounts import StoredAccounts
from anyhub.hub.repos.catalog import now_microseconds
from anyhub.hub.sql.database import Database
from anyhub.people import Principal
from anyhub.testing.accounts_suite import AccountsSuite

MINUTE = 60_000_000


class _StoredSuite(AccountsSuite):
    def shown(self, accounts: Accounts, secret: str) -> Principal:
        assert isinstance(accounts, StoredAccounts)
        return accounts.principal(secret)

    def approve(self, accounts: Accounts, user_code: str, user: str) -> None:
        assert isinstance(accounts, StoredAccounts)
        accounts.approve_device(user_code, user)


class TestAccountsInAFile(_StoredSuite):
    @pytest.fixture
    def accounts(self, tmp_path: Path) -> Iterator[Accounts]:
        database = Database(tmp_path / "hub.db")
        yield StoredAccounts(database)
        database.close()


class TestAccountsInMemory(_StoredSuite):
    @pytest.fixture
    def accounts(self) -> Accounts:
        return StoredAccounts(Database(None))


class Clock:
    """A clock that stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now = now_microseconds()

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    for module in (device_logins, password_logins, tokens):
        monkeypatch.setattr(module, "now_microseconds", clock)
    return clock


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "hub.db")
    yield database
    database.close()


@pytest.fixture
def accounts(database: Database) -> StoredAccounts:
    accounts = StoredAccounts(database)
    accounts.create_user("Ada")
    return accounts


def test_whoever_has_the_files_is_nobody_in_particular(accounts: StoredAccounts) -> None:
    with pytest.raises(AuthenticationError):
        accounts.whoami()
    with pytest.raises(AuthenticationError):
        accounts.create_organization("acme")
    assert accounts.organizations() == []


# -- secrets


def test_a_secret_has_a_checksum_that_a_scanner_can_check() -> None:
    secret = new_secret()
    assert re.fullmatch("ahf_[0-9A-Za-z]{49}", secret)
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    number = 0
    for letter in secret[-6:]:
        number = number * 62 + digits.index(letter)
    assert number == zlib.crc32(secret[4:-6].encode())
    assert is_secret(secret)
    assert not is_secret(secret[:-1] + ("0" if secret[-1] != "0" else "1"))
    assert not is_secret("hf_" + secret[4:])


def test_no_two_secrets_are_the_same() -> None:
    assert len({new_secret() for _ in range(1000)}) == 1000


def test_the_file_holds_neither_secrets_nor_passwords(
    accounts: StoredAccounts, database: Database, tmp_path: Path
) -> None:
    accounts.set_password("ada", "correct horse")
    _, secret = accounts.create_token("ada", "laptop")
    login = accounts.begin_device_login()
    database.query("PRAGMA wal_checkpoint(TRUNCATE)")
    kept = (tmp_path / "hub.db").read_bytes()
    for text in (secret, "correct horse", login.device_code):
        assert text.encode() not in kept
    assert hashlib.sha256(secret.encode()).hexdigest().encode() in kept
    assert b"$argon2id$v=19$m=65536,t=3,p=1$" in kept


def test_a_secret_from_another_system_is_taken_as_given(accounts: StoredAccounts) -> None:
    _, secret = accounts.create_token("ada", "old", value="hf_from-elsewhere")
    assert secret == "hf_from-elsewhere"
    assert accounts.principal("hf_from-elsewhere").name == "Ada"
    accounts.create_user("bob")
    with pytest.raises(ConflictError, match="another token"):
        accounts.create_token("bob", "old", value="hf_from-elsewhere")


@pytest.mark.parametrize("value", ["", "with space", "line\nbreak", "ä", "x" * 1001])
def test_a_secret_that_no_header_can_carry_is_refused(accounts: StoredAccounts, value: str) -> None:
    with pytest.raises(ValidationError, match="secret"):
        accounts.create_token("ada", "old", value=value)


@pytest.mark.parametrize("name", ["-bob-", "a--b", "Grüße", "x.git", "a b"])
def test_a_name_from_another_system_is_taken_as_given(accounts: StoredAccounts, name: str) -> None:
    with pytest.raises(ValidationError):
        accounts.create_user(name)
    assert accounts.create_user(name, as_given=True).name == name
    assert accounts.user(name).name == name


@pytest.mark.parametrize("name", ["", "a/b", "a..b", ".", "a\nb", "a\x7fb", "x" * 201])
def test_no_name_may_leave_its_place_in_an_address(accounts: StoredAccounts, name: str) -> None:
    with pytest.raises(ValidationError):
        accounts.create_user(name, as_given=True)


# -- who asks


def test_an_expired_token_is_refused_like_one_that_never_was(accounts: StoredAccounts, database: Database) -> None:
    end = datetime.now(UTC) + timedelta(hours=1)
    token, secret = accounts.create_token("ada", "short", expires_at=end)
    assert accounts.principal(secret).name == "Ada"
    with database.transaction() as connection:
        connection.execute("UPDATE tokens SET expires_at = ? WHERE id = ?", (now_microseconds() - 1, token.id))
    with pytest.raises(AuthenticationError) as expired:
        accounts.principal(secret)
    with pytest.raises(AuthenticationError) as unknown:
        accounts.principal("ahf_unknown")
    assert str(expired.value) == str(unknown.value) == "Invalid credentials in Authorization header"


def test_the_use_of_a_token_is_noted_once_a_minute(accounts: StoredAccounts, clock: Clock) -> None:
    _, secret = accounts.create_token("ada", "laptop")
    assert accounts.tokens("ada")[0].last_used_at is None
    accounts.principal(secret)
    first = accounts.tokens("ada")[0].last_used_at
    clock.now += MINUTE // 2
    accounts.principal(secret)
    assert accounts.tokens("ada")[0].last_used_at == first
    clock.now += MINUTE
    accounts.principal(secret)
    assert accounts.tokens("ada")[0].last_used_at > first  # type: ignore[operator]


def test_a_token_is_good_where_its_use_can_not_be_noted(accounts: StoredAccounts, database: Database) -> None:
    _, secret = accounts.create_token("ada", "laptop")
    database.query("PRAGMA query_only=ON")
    assert accounts.principal(secret).name == "Ada"
    assert accounts.tokens("ada")[0].last_used_at is None


def test_a_password_tells_who_asks(accounts: StoredAccounts) -> None:
    accounts.create_organization("acme", admin="ada")
    accounts.set_password("ada", "correct horse")
    who = accounts.check_password("ADA", "correct horse")
    assert (who.name, who.token, who.roles) == ("Ada", None, {"acme": "admin"})


@pytest.mark.parametrize(("name", "password"), [("ada", "wrong"), ("nobody", "correct horse"), ("ada", "")])
def test_a_wrong_name_and_a_wrong_password_are_refused_alike(
    accounts: StoredAccounts, name: str, password: str
) -> None:
    accounts.set_password("ada", "correct horse")
    with pytest.raises(AuthenticationError, match="The name or the password is not right"):
        accounts.check_password(name, password)


def test_who_has_no_password_can_not_log_in_by_one(accounts: StoredAccounts) -> None:
    for password in ("", "None", "the password of nobody"):
        with pytest.raises(AuthenticationError):
            accounts.check_password("ada", password)
    accounts.set_password("ada", "correct horse")
    accounts.set_password("ada", None)
    with pytest.raises(AuthenticationError):
        accounts.check_password("ada", "correct horse")


def test_the_same_work_is_done_for_a_user_who_is_not_there(
    accounts: StoredAccounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    import argon2

    compared = []
    real = argon2.PasswordHasher.verify
    monkeypatch.setattr(
        argon2.PasswordHasher,
        "verify",
        lambda self, hash, password: compared.append(hash.split("$")[:4]) or real(self, hash, password),
    )
    accounts.set_password("ada", "correct horse")
    for name in ("ada", "nobody"):
        with pytest.raises(AuthenticationError):
            accounts.check_password(name, "wrong")
    assert len(compared) == 2
    assert compared[0] == compared[1]


def test_guessing_ends_after_ten_attempts_and_goes_on_after_fifteen_minutes(
    accounts: StoredAccounts, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(password_logins, "is_right", lambda password, kept: password == kept)
    monkeypatch.setattr(password_logins, "hashed", lambda password: password)
    accounts.set_password("ada", "right")
    for name in ("ada", "nobody"):
        for _ in range(10):
            with pytest.raises(AuthenticationError, match="not right"):
                accounts.check_password(name, "wrong")
        with pytest.raises(AuthenticationError, match="Wait 15 minutes"):
            accounts.check_password(name.upper(), "right")
    clock.now += 16 * MINUTE
    assert accounts.check_password("ada", "right").name == "Ada"


def test_a_login_that_succeeds_forgives_what_was_mistyped(
    accounts: StoredAccounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(password_logins, "is_right", lambda password, kept: password == kept)
    monkeypatch.setattr(password_logins, "hashed", lambda password: password)
    accounts.set_password("ada", "right")
    for _ in range(3):
        for _ in range(9):
            with pytest.raises(AuthenticationError, match="not right"):
                accounts.check_password("ada", "wrong")
        accounts.check_password("ada", "right")


def test_many_guesses_at_once_are_no_more_than_ten(accounts: StoredAccounts, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[str] = []
    monkeypatch.setattr(password_logins, "is_right", lambda password, kept: bool(compared.append(password)))

    def guess(number: int) -> None:
        with pytest.raises(AuthenticationError):
            accounts.check_password("ada", str(number))

    threads = [threading.Thread(target=guess, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(compared) == 10


def test_passwords_without_argon2_name_what_to_install() -> None:
    program = (
        "import sys; sys.modules['argon2'] = None\n"
        "from anyhub.hub.people.passwords import hashed, is_right\n"
        "for call in (lambda: hashed('correct horse'), lambda: is_right('x', None)):\n"
        "    try: call()\n"
        "    except ImportError as error: print(type(error).__name__, error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.count("MissingDependencyError") == 2
    assert done.stdout.count("anyhub[server]") == 2


# -- device logins


def why(accounts: StoredAccounts, device_code: str) -> str:
    with pytest.raises(AuthenticationError) as caught:
        accounts.finish_device_login(device_code)
    return str(caught.value.details["oauth"])


def test_a_device_that_asks_too_often_is_told_to_slow_down(accounts: StoredAccounts, clock: Clock) -> None:
    begun = accounts.begin_device_login()
    assert accounts.finish_device_login(begun.device_code) is None
    clock.now += 1_000_000
    assert why(accounts, begun.device_code) == "slow_down"
    clock.now += 5_000_000
    assert accounts.finish_device_login(begun.device_code) is None
    accounts.approve_device(begun.user_code, "ada")
    assert accounts.finish_device_login(begun.device_code)


def test_why_a_device_login_ended_is_told_in_the_words_of_the_standard(accounts: StoredAccounts, clock: Clock) -> None:
    denied, expired = accounts.begin_device_login(), accounts.begin_device_login()
    accounts.approve_device(denied.user_code, deny=True)
    assert why(accounts, denied.device_code) == "access_denied"
    clock.now += 601_000_000
    assert why(accounts, expired.device_code) == "expired_token"
    assert why(accounts, "never begun") == "expired_token"


def test_an_expired_code_can_not_be_approved(accounts: StoredAccounts, clock: Clock) -> None:
    begun = accounts.begin_device_login()
    clock.now += 601_000_000
    with pytest.raises(NotFoundError):
        accounts.approve_device(begun.user_code, "ada")


def test_logins_that_nobody_finishes_do_not_pile_up(
    accounts: StoredAccounts, clock: Clock, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device_logins, "MAX_PENDING", 3)
    for _ in range(3):
        accounts.begin_device_login()
    with pytest.raises(ConflictError, match="Wait"):
        accounts.begin_device_login()
    clock.now += 1_300_000_000
    accounts.begin_device_login()
    assert database.query("SELECT count(*) FROM device_codes") == [(1,)]


def test_a_login_approved_by_somebody_who_left_gives_nothing(accounts: StoredAccounts) -> None:
    accounts.create_user("bob")
    begun = accounts.begin_device_login()
    accounts.approve_device(begun.user_code, "bob")
    accounts.delete_user("bob")
    assert why(accounts, begun.device_code) == "expired_token"


# -- what a server remembers


def test_a_setting_is_kept(accounts: StoredAccounts, database: Database) -> None:
    assert accounts.setting("seeded") is None
    accounts.set_setting("seeded", "yes")
    accounts.set_setting("seeded", "twice")
    assert StoredAccounts(database).setting("seeded") == "twice"
