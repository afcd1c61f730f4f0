"""The smallest question to the database."""

from sqlalchemy import text

from app.extensions import db


def ping() -> None:
    db.session.execute(text("SELECT 1")).scalar_one()
