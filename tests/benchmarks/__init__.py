"""Databases for measurements, filled small."""
