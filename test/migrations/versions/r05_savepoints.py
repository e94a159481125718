"""Tries something under a savepoint, and goes on without it."""
import sqlalchemy as sa
from alembic import op
from steps import apply, promote, register

revision, down_revision = "r05", "r04"


def upgrade():
    bind = op.get_bind()
    op.execute("SET ROLE t_mig_warehouse")
    register("shop.countries", "SELECT DISTINCT country FROM shop.names")
    savepoint = bind.begin_nested()
    register("shop.share", "SELECT country, total / 0 AS share FROM mart.by_country")
    try:
        apply(message="not to be seen")
    except sa.exc.DBAPIError:
        savepoint.rollback()
    else:
        raise AssertionError("a division by zero went through")
    # what was done before the savepoint is still there; what was done under it, and well, is taken back as well
    savepoint = bind.begin_nested()
    register("shop.late", "SELECT 1 AS nothing")
    apply(message="not to be seen either")
    promote(message="not to be seen either")
    savepoint.rollback()
    savepoint = bind.begin_nested()
    apply(message="countries")
    savepoint.commit()
    promote(message="countries")
    op.execute("RESET ROLE")


def downgrade():
    op.execute("SET ROLE t_mig_warehouse")
    op.execute("CALL vde_rollback('prod')")
    op.execute("CALL vde_rollback('dev')")
    op.execute("RESET ROLE")
