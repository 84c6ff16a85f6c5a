"""A hub in a folder with a server in front of it, in this process: all that `anyhub serve` starts."""

from __future__ import annotations

import secrets
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from anyhub.errors import NotFoundError
from anyhub.hub.local import LocalHub
from anyhub.server.deliveries import Deliveries
from anyhub.server.first_start import first_start
from anyhub.server.refresher import Refresher
from anyhub.server.running import RunningServer
from anyhub.server.seed import Seed
from anyhub.server.settings import Settings


class RunningHub:
    """A hub that can be reached on a port, until it is closed.

    Args:
        directory (`Path`): The folder of the hub; made when it is missing.
        settings (`Settings`, *optional*): What whoever runs the server decides.
        host (`str`): The name or address of this machine to listen at.
        port (`int`): The port; any that is free, when 0.
        seed (`Seed`, *optional*): What there is to be after the first start.

    Raises:
        StorageError, FormatTooNewError, CorruptFileError, ReadOnlyError: When the folder is no hub, or can not be used,
            or the port can not.
        ValidationError: When the machine has no such host, or the seed can not be applied.

    Attributes:
        hub (`LocalHub`): The hub itself, for whom no access is decided.
        new_token (`str`, *optional*): The secret of the token of the admin that the first start made.
    """

    def __init__(
        self,
        directory: Path,
        settings: Settings | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        seed: Seed | None = None,
    ) -> None:
        settings = settings or Settings()
        with ExitStack() as rest:
            self.hub = LocalHub(directory)
            rest.callback(self.hub.close)
            self._server = RunningServer(self.hub, settings, host=host, port=port)
            rest.callback(self._server.close)
            stores = self._server.app.stores
            self._accounts = stores.accounts
            self.new_token = first_start(stores.database, seed)
            deliveries = Deliveries(stores.database, settings, self._server.address)
            deliveries.start()
            rest.callback(deliveries.stop)
            refresher = Refresher(self.hub.refreshing)
            refresher.start()
            rest.callback(refresher.stop)
            self.endpoint = settings.public_url or self._server.address
            self._rest = rest.pop_all()
        self._admin_token = self.new_token

    @property
    def address(self) -> str:
        """Where it listens on this machine; ``endpoint`` is where users find it."""
        return self._server.address

    @property
    def admin_token(self) -> str:
        """The secret of a token of an admin; a new one, where the first start is long over.

        Raises:
            NotFoundError: When the hub has no admin.
        """
        if self._admin_token is None:
            admin = next((user.name for user in self._accounts.users() if user.is_admin), None)
            if admin is None:
                raise NotFoundError("The hub has no admin. Start a server on it with a seed that has one.")
            self._admin_token = self._accounts.create_token(admin, f"embedded {secrets.token_hex(4)}")[1]
        return self._admin_token

    def create_user(self, name: str, *, is_admin: bool = False) -> str:
        """Add a user, and return the secret of a token that may do all that the user may.

        Raises:
            ConflictError: When the name is, or was, somebody's.
        """
        self._accounts.create_user(name, is_admin=is_admin)
        return self._accounts.create_token(name, "first")[1]

    def close(self) -> None:
        """Finish what runs, for 10 seconds at most, and end. Twice is as good as once."""
        self._rest.close()

    def __enter__(self) -> RunningHub:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
