"""One-time secrets: links signed over a single-use row, so that nothing secret is kept anywhere."""

from collections.abc import Sequence

from itsdangerous import BadData, URLSafeSerializer

from app.domain.errors import LinkForged


class LinkSigner:
    """Signs and reads the token of a sign-in link.

    The token is the id of its row under a signature; whether it is still good is the row's to say. `secret_keys`:
    oldest first, the last one signs (the order of itsdangerous).
    """

    def __init__(self, secret_keys: Sequence[str]) -> None:
        self._serializer = URLSafeSerializer(list(secret_keys), salt="keydesk.sign-in-link")

    def sign(self, row_id: str) -> str:
        token = self._serializer.dumps(row_id)
        return token if isinstance(token, str) else token.decode("ascii")

    def read(self, token: str) -> str:
        """The row's id. Raises `LinkForged`."""
        try:
            row_id = self._serializer.loads(token)
        except BadData:
            raise LinkForged from None
        if not isinstance(row_id, str):
            raise LinkForged
        return row_id
