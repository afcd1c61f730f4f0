"""What Keydesk knows, without a database, a clock or a web server."""
