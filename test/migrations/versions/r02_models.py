"""The first models: registered, applied, promoted, granted."""
from alembic import op
from steps import apply, execute, promote, register

revision, down_revision = "r02", "r01"


def upgrade():
    op.execute("SET ROLE t_mig_warehouse")
    register("shop.orders", "SELECT id, customer_id, amount, placed_on FROM raw.orders", primary_key="id", description="all orders")
    register("shop.revenue", "SELECT customer_id, sum(amount) AS total FROM shop.orders GROUP BY customer_id")
    execute("SELECT vde_register('shop.names', 'SELECT id AS customer_id, name, country FROM raw.customers', 'view')")
    execute("SELECT vde_register('mart.by_country', $$"
            " SELECT country, sum(total) AS total FROM shop.revenue JOIN shop.names USING (customer_id) GROUP BY country$$, 'materialized_view')")
    apply(message="first models")
    promote(message="first models")
    op.execute("GRANT USAGE ON SCHEMA shop, mart TO t_mig_reader")
    op.execute("GRANT SELECT ON shop.revenue, mart.by_country TO t_mig_reader")
    op.execute("RESET ROLE")


def downgrade():
    op.execute("SET ROLE t_mig_warehouse")
    for model in "mart.by_country", "shop.names", "shop.revenue", "shop.orders":
        execute("SELECT vde_unregister(:model, 'dev')", model=model)
    apply()
    promote()
    op.execute("RESET ROLE")
