"""How Alembic runs the revisions: each in a transaction of its own, or, with transaction_per_migration off, all in one.

With AUTOCOMMIT there is no transaction around anything, and vde commits model by model.
"""
from alembic import context

attributes = context.config.attributes

context.configure(connection=attributes["connection"], transaction_per_migration=attributes["per_migration"])
with context.begin_transaction():
    context.run_migrations()
