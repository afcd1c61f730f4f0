"""Emails: their texts, and how they are sent."""

from app.mail.delivery import deliverer, flask_mail_config, try_connection
from app.mail.messages import show_dev_link, sign_in_url

__all__ = ["deliverer", "flask_mail_config", "show_dev_link", "sign_in_url", "try_connection"]
