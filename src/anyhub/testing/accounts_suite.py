"""The exam of everything that keeps accounts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from anyhub.errors import AuthenticationError, ConflictError, HubError, NotFoundError, ValidationError
from anyhub.hub.accounts import Accounts
from anyhub.people import Membership, Principal, Scope


class AccountsSuite:
    """Tests that accounts pass; derive from it and give these.

    * A fixture ``accounts``: the accounts of a new hub, as an admin of it sees them.
    * ``shown(accounts, secret)``: who asks, when they show this secret; raises `AuthenticationError` for nobody.
    * ``approve(accounts, user_code, user)``: approves a device login as the user.
    """

    def shown(self, accounts: Accounts, secret: str) -> Principal:
        """Return who asks, when they show this secret."""
        raise NotImplementedError

    def approve(self, accounts: Accounts, user_code: str, user: str) -> None:
        """Approve a device login as the user."""
        raise NotImplementedError

    @pytest.fixture(autouse=True)
    def ada(self, accounts: Accounts) -> str:
        """A user."""
        return accounts.create_user("Ada", fullname="Ada Lovelace", email="ada@example.org").name

    @pytest.fixture
    def acme(self, accounts: Accounts) -> str:
        """An organisation whose admin is that user."""
        return accounts.create_organization("acme", fullname="Acme Inc.", admin="ada").name

    # -- users

    def test_a_user_is_found_by_their_name_in_any_case(self, accounts: Accounts) -> None:
        found = accounts.user("aDA")
        assert (found.name, found.fullname, found.email, found.is_admin) == (
            "Ada",
            "Ada Lovelace",
            "ada@example.org",
            False,
        )
        assert abs(datetime.now(UTC) - found.created_at) < timedelta(minutes=5)
        assert found in accounts.users()

    def test_users_are_listed_by_name(self, accounts: Accounts) -> None:
        accounts.create_user("bob")
        accounts.create_user("Aaron", is_admin=True)
        names = [user.name for user in accounts.users()]
        assert names == sorted(names, key=str.lower)
        assert {"Aaron", "Ada", "bob"} <= set(names)

    def test_a_user_who_is_not_there_is_named_with_the_nearest(self, accounts: Accounts) -> None:
        with pytest.raises(NotFoundError, match="Did you mean 'Ada'"):
            accounts.user("adda")

    @pytest.mark.parametrize("name", ["", "a/b", "..", "a..b", "-a", "a\nb", "a b", "x" * 97, "api", "Datasets"])
    def test_a_name_that_can_not_be_part_of_an_address_is_refused(self, accounts: Accounts, name: str) -> None:
        for create in (accounts.create_user, lambda name: accounts.create_organization(name, admin="ada")):
            with pytest.raises(ValidationError, match="name"):
                create(name)

    @pytest.mark.parametrize("name", ["ada", "ADA", "acme"])
    def test_users_and_organisations_share_one_set_of_names(self, accounts: Accounts, acme: str, name: str) -> None:
        with pytest.raises(ConflictError, match="somebody's"):
            accounts.create_user(name)
        with pytest.raises(ConflictError, match="somebody's"):
            accounts.create_organization(name, admin="ada")

    def test_a_user_is_not_an_organisation_and_an_organisation_is_no_user(self, accounts: Accounts, acme: str) -> None:
        with pytest.raises(NotFoundError):
            accounts.organization("Ada")
        with pytest.raises(NotFoundError):
            accounts.user(acme)
        with pytest.raises(NotFoundError):
            accounts.delete_user(acme)

    def test_a_name_is_never_given_twice(self, accounts: Accounts, acme: str) -> None:
        accounts.delete_organization(acme)
        accounts.delete_user("ada")
        for name in ("Ada", "Acme"):
            with pytest.raises(ConflictError, match="was, somebody's"):
                accounts.create_user(name)

    def test_a_deleted_user_is_gone_with_their_tokens_and_memberships(self, accounts: Accounts, acme: str) -> None:
        accounts.create_user("bob")
        accounts.set_member(acme, "bob", "admin")
        _, secret = accounts.create_token("ada", "laptop")
        accounts.delete_user("ada")
        assert [each.user for each in accounts.members(acme)] == ["bob"]
        assert "Ada" not in [user.name for user in accounts.users()]
        for ask in (accounts.user, accounts.tokens, accounts.memberships, accounts.delete_user):
            with pytest.raises(NotFoundError):
                ask("ada")
        with pytest.raises(AuthenticationError):
            self.shown(accounts, secret)

    def test_a_password_that_is_too_short_is_refused(self, accounts: Accounts) -> None:
        with pytest.raises(ValidationError, match="8"):
            accounts.set_password("ada", "short")

    # -- organisations

    def test_an_organisation_has_its_first_admin(self, accounts: Accounts, acme: str) -> None:
        assert accounts.organization("ACME").fullname == "Acme Inc."
        assert accounts.members(acme) == accounts.memberships("ada") == [Membership("acme", "Ada", "admin")]
        assert "acme" in [each.name for each in accounts.organizations()]

    def test_an_organisation_whose_admin_is_not_there_is_not_made(self, accounts: Accounts) -> None:
        with pytest.raises(NotFoundError, match="nobody"):
            accounts.create_organization("void", admin="nobody-at-all")
        with pytest.raises(NotFoundError):
            accounts.organization("void")

    def test_members_have_roles_that_change(self, accounts: Accounts, acme: str) -> None:
        accounts.create_user("bob")
        assert accounts.set_member(acme, "bob", "read") == Membership("acme", "bob", "read")
        accounts.set_member(acme, "BOB", "contributor")
        assert [(each.user, each.role) for each in accounts.members(acme)] == [("Ada", "admin"), ("bob", "contributor")]
        accounts.remove_member(acme, "bob")
        assert accounts.memberships("bob") == []
        with pytest.raises(NotFoundError, match="bob"):
            accounts.remove_member(acme, "bob")

    def test_a_role_that_there_is_none_of_is_refused(self, accounts: Accounts, acme: str) -> None:
        with pytest.raises(ValidationError, match="owner"):
            accounts.set_member(acme, "ada", "owner")  # type: ignore[arg-type]

    def test_an_organisation_keeps_an_admin(self, accounts: Accounts, acme: str) -> None:
        accounts.create_user("bob")
        accounts.set_member(acme, "bob", "write")
        with pytest.raises(ConflictError, match="only admin"):
            accounts.set_member(acme, "ada", "write")
        with pytest.raises(ConflictError, match="only admin"):
            accounts.remove_member(acme, "ada")
        accounts.set_member(acme, "bob", "admin")
        accounts.remove_member(acme, "ada")
        assert [each.user for each in accounts.members(acme)] == ["bob"]

    def test_a_deleted_organisation_is_nobody_s(self, accounts: Accounts, acme: str) -> None:
        accounts.delete_organization(acme)
        assert accounts.memberships("ada") == []
        with pytest.raises(NotFoundError):
            accounts.members(acme)

    # -- tokens

    def test_a_token_tells_who_asks_and_is_listed_without_its_secret(self, accounts: Accounts, acme: str) -> None:
        token, secret = accounts.create_token("ADA", "laptop", role="read")
        assert secret.startswith("ahf_")
        assert len(secret) == 4 + 43 + 6
        assert (token.user, token.name, token.role, token.scopes) == ("Ada", "laptop", "read", ())
        who = self.shown(accounts, secret)
        assert (who.name, who.roles) == ("Ada", {"acme": "admin"})
        assert who.token is not None
        assert (who.token.name, who.token.role) == ("laptop", "read")
        assert [each.id for each in accounts.tokens("ada")] == [token.id]
        assert secret not in repr(accounts.tokens("ada"))

    def test_tokens_are_listed_the_newest_first_and_each_name_once(self, accounts: Accounts) -> None:
        accounts.create_token("ada", "first")
        accounts.create_token("ada", "second")
        assert [each.name for each in accounts.tokens("ada")] == ["second", "first"]
        with pytest.raises(ConflictError, match="first"):
            accounts.create_token("ada", "first")
        accounts.create_user("bob")
        accounts.create_token("bob", "first")

    def test_a_token_keeps_its_scopes_and_its_end(self, accounts: Accounts) -> None:
        scopes = (
            Scope("model", "ada/engine", frozenset({"repo.write", "repo.content.read"})),
            Scope("org", "acme", frozenset({"org.read"})),
        )
        end = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
        made, _ = accounts.create_token("ada", "ci", role="fineGrained", scopes=scopes, expires_at=end)
        assert accounts.tokens("ada") == [made]
        assert (made.scopes, made.expires_at) == (scopes, end)

    @pytest.mark.parametrize(
        ("role", "scopes"),
        [
            ("owner", ()),
            ("read", (Scope("user", "ada", frozenset({"repo.write"})),)),
            ("fineGrained", ()),
            ("fineGrained", (Scope("user", "ada", frozenset({"repo.fly"})),)),
            ("fineGrained", (Scope("model", "ada", frozenset({"repo.write"})),)),
            ("fineGrained", (Scope("planet", "ada", frozenset({"repo.write"})),)),  # type: ignore[arg-type]
        ],
    )
    def test_a_token_that_would_mean_nothing_is_refused(
        self, accounts: Accounts, role: str, scopes: tuple[Scope, ...]
    ) -> None:
        with pytest.raises(ValidationError):
            accounts.create_token("ada", "odd", role=role, scopes=scopes)  # type: ignore[arg-type]
        assert accounts.tokens("ada") == []

    def test_a_token_that_has_expired_can_not_be_made(self, accounts: Accounts) -> None:
        with pytest.raises(ValidationError, match="over"):
            accounts.create_token("ada", "late", expires_at=datetime.now(UTC) - timedelta(days=1))

    def test_a_revoked_token_opens_nothing(self, accounts: Accounts) -> None:
        by_id, one = accounts.create_token("ada", "one")
        _, other = accounts.create_token("ada", "other")
        accounts.create_user("bob")
        with pytest.raises(NotFoundError):
            accounts.revoke_token("bob", by_id.id)
        accounts.revoke_token("ada", by_id.id)
        accounts.revoke_token("ada", "other")
        for secret in (one, other):
            with pytest.raises(AuthenticationError):
                self.shown(accounts, secret)
        with pytest.raises(NotFoundError, match="other"):
            accounts.revoke_token("ada", "other")

    @pytest.mark.parametrize("secret", ["", "ahf_", "x", "ahf_" + "0" * 49, "' OR 1=1 --"])
    def test_a_secret_that_nobody_has_is_nobody_s(self, accounts: Accounts, secret: str) -> None:
        accounts.create_token("ada", "laptop")
        with pytest.raises(AuthenticationError):
            self.shown(accounts, secret)

    # -- device logins

    def test_a_device_login_gives_a_token_once_it_was_approved(self, accounts: Accounts) -> None:
        begun = accounts.begin_device_login()
        assert begun.interval >= 1
        assert begun.expires_in >= 300
        assert accounts.finish_device_login(begun.device_code) is None
        self.approve(accounts, begun.user_code.replace("-", "").lower(), "ada")
        secret = accounts.finish_device_login(begun.device_code)
        assert secret is not None
        assert self.shown(accounts, secret).name == "Ada"
        self._is_refused(accounts, begun.device_code)

    def test_a_device_login_that_is_refused_gives_none(self, accounts: Accounts) -> None:
        begun = accounts.begin_device_login()
        accounts.approve_device(begun.user_code, deny=True)
        self._is_refused(accounts, begun.device_code)

    def test_a_code_that_nobody_waits_for_is_refused(self, accounts: Accounts) -> None:
        with pytest.raises(NotFoundError, match="code"):
            self.approve(accounts, "BBBB-BBBB", "ada")
        self._is_refused(accounts, "never given")

    def test_a_login_is_decided_once(self, accounts: Accounts) -> None:
        begun = accounts.begin_device_login()
        self.approve(accounts, begun.user_code, "ada")
        with pytest.raises(NotFoundError, match="code"):
            accounts.approve_device(begun.user_code, deny=True)
        assert accounts.finish_device_login(begun.device_code)

    def _is_refused(self, accounts: Accounts, device_code: str) -> None:
        with pytest.raises(AuthenticationError) as caught:
            accounts.finish_device_login(device_code)
        assert isinstance(caught.value, HubError)
