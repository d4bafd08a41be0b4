"""Alembic's entry: runs migrations on the connection that :mod:`storage.migrate` hands over."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transaction_per_migration=False)
context.run_migrations()
