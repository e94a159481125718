"""As somebody wrote it first, it fails in the middle: see the attribute "defect"."""
from alembic import op
from steps import apply, attribute, promote, register

revision, down_revision = "r04", "r03"


def upgrade():
    divisor = "0" if attribute("defect") == "data" else "count(*)"
    op.execute("CREATE TABLE raw.targets (country text PRIMARY KEY, target numeric NOT NULL)")
    op.execute("INSERT INTO raw.targets VALUES ('AT', 3000), ('DE', 4000)")
    op.execute("GRANT SELECT ON raw.targets TO t_mig_warehouse")
    op.execute("SET ROLE t_mig_warehouse")
    register("shop.late", "SELECT customer_id, max(placed_on) AS last_order FROM shop.orders GROUP BY customer_id")
    apply(message="half of it")
    promote(message="half of it")
    register("shop.average", f"SELECT customer_id, sum(amount) / {divisor} AS average FROM shop.orders GROUP BY customer_id")
    apply(message="the other half")
    promote(message="the other half")
    op.execute("RESET ROLE")
    if attribute("defect") == "later":
        op.execute("INSERT INTO raw.targets VALUES ('AT', 1)")


def downgrade():
    op.execute("SET ROLE t_mig_warehouse")
    for environment in "prod", "dev":
        op.execute(f"CALL vde_rollback('{environment}')")
        op.execute(f"CALL vde_rollback('{environment}')")
    op.execute("RESET ROLE")
    op.execute("DROP TABLE raw.targets")
