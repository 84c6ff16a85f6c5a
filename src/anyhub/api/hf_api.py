"""The client of a hub: every call that a user of one expects."""

from __future__ import annotations

from anyhub.api.deletions import Deletions
from anyhub.api.discussions import Discussions
from anyhub.api.downloads import Downloads
from anyhub.api.infos import Infos
from anyhub.api.repo_files import Files
from anyhub.api.repositories import Repositories
from anyhub.api.revisions import Revisions
from anyhub.api.safetensors_metadata import SafetensorsHeaders
from anyhub.api.uploads import Uploads


class HfApi(Repositories, Infos, Files, Uploads, Deletions, Revisions, Discussions, Downloads, SafetensorsHeaders):
    """The client of a hub.

    What is here has the names and the defaults that it has in `huggingface_hub` 0.29; not all of that is here. Every
    method is also a function of the package.

    Args:
        endpoint (`str`, `Path` or `Hub`, *optional*): The hub of every call that names no other: the path of a folder,
            an address, or a hub. When None it is looked up at each call: the hub of the enclosing `using` block, else
            the environment variable ``ANYHUB_ENDPOINT``, else ``HF_ENDPOINT``, else the folder hub of this user.
        token (`str` or `bool`, *optional*): The credential for a hub that has accounts: a text, True for the one that
            is stored, False for none. A hub that is a folder has no accounts and asks for none.
        library_name (`str`, *optional*): The library that calls, told to hubs on the network.
        library_version (`str`, *optional*): Its version.
        user_agent (`str` or `dict`, *optional*): What else is told to them.
        headers (`dict`, *optional*): HTTP headers to send to them.

    These parameters mean the same in every method:

    * ``repo_id`` (`str`): ``"namespace/name"``; a bare name belongs to whoever asks. What `create_repo` returned is
      fine too.
    * ``repo_type`` (`str`, *optional*): `"model"` (the default), `"dataset"` or `"space"`.
    * ``revision`` (`str`, *optional*): A branch, a tag, ``refs/pr/N``, or a commit id in full or shortened; ``main``,
      when None.
    * ``token`` and ``endpoint`` (*optional*): As above, for one call.
    * ``cache_dir`` (`str` or `Path`, *optional*): The root of the cache, in which every hub has a folder of its own.
      When None it is the environment variable ``ANYHUB_CACHE``, or ``cache`` in ``ANYHUB_HOME``.

    Example::

        >>> api = HfApi()
        >>> url = api.create_repo("my-model", exist_ok=True)
        >>> commit = api.upload_file(path_or_fileobj=b"{}", path_in_repo="config.json", repo_id=url)
        >>> api.list_repo_files(url)
        ['.gitattributes', 'config.json']
    """
