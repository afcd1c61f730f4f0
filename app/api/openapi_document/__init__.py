"""The API description (OpenAPI 3.1), generated from the URL map, guards, request models and return types."""
