"""The entry point for application servers: `gunicorn wsgi:app`, and `python -m app.cli serve`."""

from app import create_app
from app.process import background_start

app = create_app()
background_start.start(app)
