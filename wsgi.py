"""The entry point for application servers: `gunicorn wsgi:app`, and `python -m app.cli serve`."""

from app import create_app
from app.process.background_jobs import Background

app = create_app()
Background(app).start()
