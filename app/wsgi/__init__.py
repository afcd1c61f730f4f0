"""In front of Flask: forward-auth, security headers, and the Flask subclass itself."""
