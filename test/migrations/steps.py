"""What the revisions call: vde's functions and procedures, with bound parameters."""
import json

import sqlalchemy as sa
from alembic import op


def execute(sql, **values):
    return op.get_bind().execute(sa.text(sql), values)


def register(model, query, environment="dev", **options):
    return execute("SELECT vde_register(model => :model, query => :query, options => CAST(:options AS jsonb), environment => :environment)",
                   model=model, query=query, options=json.dumps(options), environment=environment).scalar()


def apply(environment="dev", message=None):
    execute("CALL vde_apply(environment => :environment, message => :message)", environment=environment, message=message)


def promote(source="dev", target="prod", plan=None, message=None):
    execute("CALL vde_promote(source => :source, target => :target, plan => :plan, message => :message)",
            source=source, target=target, plan=plan, message=message)


def attribute(name, default=None):
    """What the test wants of a revision."""
    return op.get_context().config.attributes.get(name, default)
