"""For application servers: `gunicorn wsgi:app`. `python -m app.cli serve` uses it too."""

from app import create_app
from app.background import Background

app = create_app()
Background(app).start()
