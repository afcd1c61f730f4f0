"""The entry point for application servers: `gunicorn wsgi:app`, and `python -m app.cli serve`."""

from app import create_app
from app.logs import setup as logs
from app.process import background_start

app = create_app()
_settings = app.extensions["runtime"].settings
logs.configure(_settings.log_format, _settings.log_level)
background_start.start(app)
