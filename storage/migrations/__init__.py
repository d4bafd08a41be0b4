"""Alembic's environment and the two histories, ``main`` and ``keys``."""
