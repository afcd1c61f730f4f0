"""For application servers: `gunicorn wsgi:app`. `python -m app.cli serve` takes `wsgi_app`, which is the same."""

from app import create_app
from app.process.background_jobs import Background

app = create_app()
Background(app).start()

#: Past the calls by which Flask would come here.
wsgi_app = app.wsgi_app
