"""Promotes what continuous integration has built in an environment of its own, exactly as it was reviewed."""
from alembic import op
from steps import attribute, execute, promote

revision, down_revision = "r06", "r05"


def upgrade():
    op.execute("SET ROLE t_mig_warehouse")
    op.execute("SET LOCAL vde.lock_timeout = '10s'")
    promote("pr_123", "prod", plan=attribute("plan"), message="pull request 123")
    execute("CALL vde_drop_environment(:name)", name="pr_123")
    op.execute("RESET ROLE")


def downgrade():
    op.execute("SET ROLE t_mig_warehouse")
    op.execute("CALL vde_rollback('prod')")
    op.execute("RESET ROLE")
