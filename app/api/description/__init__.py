"""The description of the API (OpenAPI 3.1), made from the code that runs: the URL map, guards, bodies and answers."""
