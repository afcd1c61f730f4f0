"""The rules of Keydesk, without a database, a clock or a web server."""
