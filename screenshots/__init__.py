"""`make screenshots`: a picture of each page, in docs/screenshots."""
