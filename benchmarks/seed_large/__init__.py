"""`make seed-large`: a database as large as pages must stay quick with."""
