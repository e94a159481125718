"""The extension, roles, and the raw tables. Needs a superuser, as CREATE EXTENSION does."""
from alembic import op

revision, down_revision = "r01", None


def upgrade():
    op.execute("CREATE EXTENSION vde")
    op.execute("CREATE ROLE t_mig_warehouse NOLOGIN")
    op.execute("CREATE ROLE t_mig_reader NOLOGIN")
    op.execute("DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO t_mig_warehouse', current_database()); END $$")
    op.execute("CREATE SCHEMA raw")
    op.execute("GRANT USAGE ON SCHEMA raw TO t_mig_warehouse")
    op.execute("CREATE TABLE raw.customers (id int PRIMARY KEY, name text NOT NULL, country text NOT NULL)")
    op.execute("CREATE TABLE raw.orders (id int PRIMARY KEY, customer_id int NOT NULL REFERENCES raw.customers DEFERRABLE INITIALLY DEFERRED,"
               " amount numeric(10,2) NOT NULL, placed_on date NOT NULL)")
    # the check of the foreign key is still to come when the migration is over: orders before customers
    op.execute("INSERT INTO raw.orders SELECT i, i % 20, i % 37 + 0.5, date '2024-01-01' + i % 60 FROM generate_series(1, 500) AS i")
    op.execute("INSERT INTO raw.customers SELECT i, 'customer ' || i, (ARRAY['AT', 'DE', 'CH'])[i % 3 + 1] FROM generate_series(0, 19) AS i")
    op.execute("GRANT SELECT ON ALL TABLES IN SCHEMA raw TO t_mig_warehouse")


def downgrade():
    # prod as well, which takes a superuser; and nothing is kept
    op.execute("SET LOCAL vde.protected = ''")
    op.execute("SET LOCAL vde.retention = 0")
    op.execute("CALL vde_drop_environment('dev')")
    op.execute("CALL vde_drop_environment('prod')")
    op.execute("CALL vde_gc()")
    op.execute("DROP EXTENSION vde")
    op.execute("DROP SCHEMA raw CASCADE")
    op.execute("DROP OWNED BY t_mig_warehouse, t_mig_reader CASCADE")
    op.execute("DROP ROLE t_mig_warehouse, t_mig_reader")
