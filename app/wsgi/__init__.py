"""In front of Flask: forward-auth, security headers, static files, and the Flask subclass itself."""
