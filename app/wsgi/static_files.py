"""Serves static files in front of Flask, with names that never change their content."""

from collections.abc import Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from whitenoise import WhiteNoise

from app.wsgi.static_manifest import Manifest

PREFIX = "/static/"


class StaticFiles(WhiteNoise):
    """Files of the manifest; everything else goes to `app`."""

    def __init__(self, app: WSGIApplication, manifest: Manifest, *, follows_changes: bool) -> None:
        super().__init__(
            app,
            autorefresh=follows_changes,
            allow_all_origins=False,
            immutable_file_test=lambda _path, _url: True,
        )
        self._manifest, self._is_ready = manifest, False

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if not environ["PATH_INFO"].startswith(PREFIX):
            return self.application(environ, start_response)
        if not self._is_ready:
            self._manifest.prepare()
            self.add_files(self._manifest.folder, PREFIX)
            self._is_ready = True
        return super().__call__(environ, start_response)

    @staticmethod
    def serve(static_file: Any, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """As WhiteNoise does, but answers with a list: Granian sends any other iterable piece by piece."""
        response = static_file.get_response(environ["REQUEST_METHOD"], environ)
        start_response(f"{response.status} {response.status.phrase}", list(response.headers))
        if response.file is None:
            return []
        with response.file:
            return [response.file.read()]
