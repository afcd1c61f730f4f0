"""The entry point for application servers: `gunicorn wsgi:app`. `python -m app.cli serve` uses `wsgi_app`, which serves
the same application."""

from app import create_app
from app.process.background_jobs import Background

app = create_app()
Background(app).start()

#: Saves the calls by which `Flask.__call__` gets here.
wsgi_app = app.wsgi_app
