"""A source table changes together with the models that read it: a column renamed, one retyped, one added."""
from alembic import op
from steps import apply, promote, register

revision, down_revision = "r03", "r02"


def upgrade():
    # PostgreSQL alters no table with deferred checks still to come, and in one transaction there are those of r01
    op.execute("SET CONSTRAINTS ALL IMMEDIATE")
    op.execute("ALTER TABLE raw.orders ADD currency text NOT NULL DEFAULT 'EUR'")
    op.execute("ALTER TABLE raw.orders RENAME customer_id TO client_id")
    op.execute("ALTER TABLE raw.orders ALTER amount TYPE numeric(12,2)")
    op.execute("SET ROLE t_mig_warehouse")
    register("shop.orders", "SELECT id, client_id AS customer_id, amount, placed_on, currency FROM raw.orders", primary_key="id",
             description="all orders")
    apply(message="client_id")
    promote(message="client_id")
    op.execute("RESET ROLE")


def downgrade():
    op.execute("SET ROLE t_mig_warehouse")
    op.execute("CALL vde_rollback('prod')")
    op.execute("CALL vde_rollback('dev')")
    op.execute("RESET ROLE")
    op.execute("ALTER TABLE raw.orders DROP currency")
    op.execute("ALTER TABLE raw.orders RENAME client_id TO customer_id")
    op.execute("ALTER TABLE raw.orders ALTER amount TYPE numeric(10,2)")
