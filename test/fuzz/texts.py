"""The texts that are tried: SQL, JSON, CSV and files, made at random, or mutated from those of the tests and examples.

Texts are bytes, because many are not valid in any encoding. Everything depends on the random generator that is passed in.
"""

import json
import pathlib
import random
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'property'))

from data import Base  # noqa: E402
from queries import Query, Source  # noqa: E402

SCALARS = ['1', '0', '-1', '1.5', '1e400', "'x'", "''", 'NULL', 'true', '9223372036854775807', '9223372036854775808', "'2024-01-01'",
           "date '2024-02-30'", "interval '1 day'", "'{1,2}'::int[]", "'{\"a\": [1, {\"b\": null}]}'::jsonb", "B'101'", "X'1F'", "E'\\\\x00'",
           "U&'\\0041'", "'a'::raw.mood", "'(1,x)'::raw.pair", 'ARRAY[1, 2]', 'ARRAY[]::int[]', 'ROW(1, 2)', 'ROW()', '$1', '$$x$$',
           "'now'::timestamptz", "'today'", "'[1,5)'::int4range", "'raw.orders'::regclass", "'5'::raw.positive", "'\\x00ff'::bytea",
           "'<a>b</a>'::xml", '1::"char"', "'NaN'::float", "'infinity'::timestamp", "'a b'::tsvector", "'127.0.0.1'::inet", "'(1,2)'::point"]
COLUMNS = ['id', 'customer_id', 'amount', 'day', 'note', 'tags', 'doc', 'o.id', 'o.amount', 'c.name', 'o', 'c', 'o.*', '*', 'orders', 'x', 'o.ctid',
           'tableoid', 'raw.orders.id', '(o).id', '(o.doc)', 'a', 'b', 'n', 'mood', 'pair', '(pair).a', 'shop.base.id', '"ID"', 'fuzz.raw.orders.id']
TABLES = ['raw.orders o', 'raw.customers c', 'raw.orders', 'raw.everything', 'raw.parts', 'raw.a_view', 'raw.a_matview', 'shop.base', 'shop.base AS o',
          'shop.view', 'shop.mat', 'shop.seed s', 'shop.embedded', 'ONLY raw.parts', 'generate_series(1, 3) x', 'unnest(ARRAY[1,2]) WITH ORDINALITY x(a, b)',
          'ROWS FROM (generate_series(1, 2), generate_series(1, 3)) AS x(a, b)', "json_to_recordset('[]') AS x(a int, b text)", 'raw.f(1)', 'raw.rows()',
          '(VALUES (1, 2), (3, 4)) v(a, b)', 'LATERAL (SELECT o.id AS n) l', 'raw.orders TABLESAMPLE system (50)', 'pg_class', 'information_schema.tables',
          "XMLTABLE('/a' PASSING '<a/>'::xml COLUMNS a int PATH 'b') x", 'shop__dev.base', 'vde.model', 'vde_models', 'missing.table', 'shop.missing', 'raw.domains',
          'shop.base TABLESAMPLE bernoulli (1) REPEATABLE (1)', 'shop.base (a, b)', 'cte', 'shop.self', 'fuzz.shop.base', 'vde_data.x', 'raw.wide']
TYPES = ['int', 'text', 'numeric(10,2)', 'date', 'timestamptz', 'jsonb', 'int[]', 'raw.mood', 'raw.pair', 'raw.positive', 'interval day to second(3)', 'varchar(3)',
         'record', 'anyelement', 'void', 'regclass', 'xml', 'bit(3)', 'char', '"char"', 'raw.orders', 'raw.orders[]', 'missing', 'shop.base', 'unknown', 'cstring']
OPERATORS = ['+', '-', '*', '/', '%', '||', '=', '<>', '<', '>=', 'AND', 'OR', 'IS DISTINCT FROM', 'LIKE', 'NOT ILIKE', '~', '->', '->>', '#>', '@>', '&&', '<->',
             'OPERATOR(pg_catalog.+)', 'OPERATOR(raw.===)', 'SIMILAR TO', 'COLLATE "C" <', '^', '@@', 'AT TIME ZONE', 'OVERLAPS']
FUNCTIONS = ['lower', 'length', 'coalesce', 'abs', 'now', 'random', 'greatest', 'nullif', 'to_char', 'jsonb_build_object', 'array_length', 'generate_series', 'raw.f',
             'raw.immutable_f', 'raw.plpgsql_f', 'raw.variadic', 'raw.poly', 'date_trunc', 'current_setting', 'set_config', 'pg_sleep', 'nextval', 'txid_current', 'unnest',
             'row_to_json', 'to_jsonb', 'concat', 'format', 'string_to_array', 'regexp_matches', 'pg_typeof', 'quote_ident', 'query_to_xml', 'pg_get_viewdef', 'grouping',
             'vde_plan', 'vde_register', 'vde_environment_name', 'pg_relation_size', 'to_regclass', 'dblink', 'missing', 'jsonb_path_query', 'int4range', 'md5']
AGGREGATES = ['count', 'sum', 'avg', 'min', 'max', 'array_agg', 'string_agg', 'jsonb_agg', 'json_object_agg', 'bool_and', 'every', 'raw.agg', 'stddev', 'xmlagg', 'corr',
              'range_agg', 'row_number', 'rank', 'lag', 'lead', 'first_value', 'ntile', 'percentile_cont', 'mode']
WORDS = ['SELECT', 'FROM', 'WHERE', 'GROUP BY', 'HAVING', 'ORDER BY', 'LIMIT', 'OFFSET', 'UNION ALL', 'EXCEPT', 'INTERSECT', 'WITH', 'RECURSIVE', 'AS', 'MATERIALIZED',
         'LATERAL', 'JOIN', 'LEFT JOIN', 'FULL JOIN', 'CROSS JOIN', 'NATURAL JOIN', 'USING (id)', 'ON true', 'DISTINCT', 'DISTINCT ON (id)', 'CASE', 'WHEN', 'THEN', 'ELSE',
         'END', 'OVER ()', 'FILTER (WHERE true)', 'WITHIN GROUP (ORDER BY 1)', 'PARTITION BY', 'ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW', 'FETCH FIRST ROW WITH TIES',
         'FOR UPDATE', 'FOR SHARE OF o SKIP LOCKED', 'INTO x', 'VALUES', 'TABLE', 'INSERT INTO', 'DELETE FROM', 'UPDATE', 'RETURNING', 'EXISTS', 'IN', 'ANY', 'ALL', 'ARRAY',
         'ROW', 'CAST', 'COLLATE "C"', 'IS NULL', 'IS JSON', 'BETWEEN', 'SYMMETRIC', 'GROUPING SETS ((), (1))', 'ROLLUP', 'CUBE', 'SEARCH DEPTH FIRST BY a SET b',
         'CYCLE a SET b USING c', 'ONLY', 'TABLESAMPLE', 'WINDOW w AS ()', ';', ',', '(', ')', '[', ']', '::', '.', '*', '$1', ':', '--', '/*', '*/', "'", '"', '$$', 'E\'',
         'COPY', 'EXPLAIN', 'DECLARE', 'CALL', 'DO', 'SET', 'MERGE INTO', 'CREATE TABLE', 'PREPARE', 'NULL', 'DEFAULT', 'CURRENT_DATE', 'CURRENT_USER', 'XMLELEMENT(NAME a)',
         'EXTRACT(year FROM day)', 'TRIM(BOTH FROM note)', 'OVERLAY(note PLACING note FROM 1)', 'TREAT(id AS int)', 'vde_start()', 'vde_end()']
BAD_BYTES = [b'\0', b'\xff', b'\xc3', b'\xed\xa0\x80', b'\xf4\x90\x80\x80', b'\xc0\x80', b'\xef\xbb\xbf', b'\x7f', b'\x1b', b'\r', b'\n', b'\t', b'\x0b', b'\xc2\xa0',
             '\U0001F418'.encode(), 'é'.encode(), 'İ'.encode(), b'\xe2\x80\xae', b'%', b'\\', b"'", b'"', b'{', b'}', b'[', b'.', b'__', b'/', b'..', b'%00', b'%2', b'$']
NAMES = ['shop.base', 'shop.new', 'shop.other', 'shop.view', 'shop.seed', 'shop.mat', 'shop.embedded', 'x', '', '.', 'a.b.c', '"a".b', 'a."B c"', 'raw.orders', 'raw.customers',
         'pg_catalog.x', 'vde.x', 'vde_data.x', 'shop__dev.x', 'pg_temp.x', 'a.' + 'n' * 63, 'a.' + 'n' * 64, 's' * 63 + '.x', '"".""', '"a', 'a.b ', 'ä.ö', 'select.from',
         'information_schema.x', 'public.x', 'shop.new2', 'mart.x', 'a.1']
ENVIRONMENTS = ['dev', 'dev', 'dev', 'prod', 'e1', '', 'a__b', 'UPPER', 'x' * 40, 'x' * 41, '_a', 'missing', None, None, 'dev\n', '1', 'ä']
KINDS = ['full', 'full', 'full', 'view', 'view', 'materialized_view', 'seed', 'embedded', 'external', 'table', 'incremental_by_time_range', 'FULL', '', 'x', None]
OPTIONS = ['description', 'owner', 'tags', 'columns', 'depends_on', 'indexes', 'primary_key', 'partition_by', 'tablespace', 'access_method', 'fillfactor', 'unlogged',
           'grants', 'audits', 'kind', 'columnss', '']
VALUES = {
    'description': ['x', ''], 'owner': ['fuzz_ana', 'postgres', 'missing'], 'tags': [['a'], []],
    'columns': [{'id': 'x'}, {'id': {'type': 'int', 'description': 'd'}}, [{'name': 'id', 'type': 'int'}, {'name': 'b', 'type': 'text'}], {'id': {'type': 'numeric(5,2)'}}],
    'depends_on': [['raw.orders'], ['shop.base'], ['missing.x'], ['raw.orders', 'raw.orders'], ['shop.new']],
    'indexes': [['id'], [{'columns': ['id'], 'unique': True}], [{'columns': '(id + 1)'}], [{'columns': ['id'], 'where': 'id > 0', 'include': ['amount'], 'method': 'btree'}],
                [{'columns': 'lower(note) DESC NULLS LAST'}], ['id', 'amount, id']],
    'primary_key': ['id', ['id'], ['id', 'amount'], 'a, b', '"ID"'],
    'partition_by': ['day', 'RANGE (day)', {'range': 'day'}, {'by': 'list', 'columns': ['id']}, {'list': 'id', 'partitions': [1, 2]}, {'hash': 'id', 'modulus': 4}],
    'tablespace': ['pg_default', 'pg_global', 'x'], 'access_method': ['heap', 'btree', 'x'], 'fillfactor': [70, 9, 101, 1e300, 70.5], 'unlogged': [True, False],
}


def corpus(root):
    """What the tests and examples give to vde: literals, and whole files."""
    found = set()
    for pattern in ('test/sql/*.sql', 'test/specs/*.spec', 'examples/*/models/**/*', 'README.md'):
        for path in sorted(pathlib.Path(root).glob(pattern)):
            if not path.is_file():
                continue
            text = path.read_text(errors='replace')
            if path.suffix == '.sql' and 'examples' in str(path) or path.suffix == '.csv':
                found.add(text)
            for match in re.finditer(r"\$(\w*)\$(.*?)\$\1\$|E?'((?:[^']|'')*)'", text, re.S):
                one = match.group(2) if match.group(2) is not None else match.group(3).replace("''", "'").replace('\\n', '\n')
                if len(one) > 6:
                    found.add(one.strip())
    texts = sorted(found)
    json_like = [t for t in texts if t.lstrip().startswith('{')]
    csv_like = [t for t in texts if '\n' in t and ',' in t.split('\n')[0] and not re.match(r'\s*(--|/\*|select|with|values|table|\()', t, re.I)]
    sql = [t for t in texts if re.match(r'\s*(--|/\*|select|with|values|table|\()', t, re.I)]
    return ([t.encode() for t in sql], [t.encode() for t in json_like], [t.encode() for t in csv_like])


class Texts:
    def __init__(self, root):
        self.random = random.Random(0)
        self.sql_corpus, self.json_corpus, self.csv_corpus = corpus(root)
        # the tables and functions that the queries of the property test stand on
        self.base = Base(random.Random(7))
        self.sources = [Source(name, columns, only=name == 'raw.b1') for name, columns in self.base.tables.items()]
        self.sources.append(Source('shop.base', [('id', 'int'), ('customer_id', 'int'), ('amount', 'numeric(12,2)'), ('day', 'date'), ('note', 'text')], 10))
        # queries that were accepted, to be mutated further
        self.pool = []

    def keep(self, text):
        if len(text) < 5000 and text not in self.pool:
            if len(self.pool) < 400:
                self.pool.append(text)
            else:
                self.pool[self.random.randrange(len(self.pool))] = text

    def sound(self):
        """A query that PostgreSQL takes."""
        try:
            return Query(self.random, self.sources, self.random.choice(['full', 'full', 'view', 'materialized_view'])).text
        except (AssertionError, IndexError):
            return self.query()

    # SQL out of the grammar

    def expression(self, depth):
        r = self.random
        if depth <= 0 or r.random() < .2:
            return r.choice(SCALARS if r.random() < .4 else COLUMNS)
        e = lambda: self.expression(depth - 1)
        q = lambda: self.query(depth - 2)
        return r.choice([
            lambda: '%s %s %s' % (e(), r.choice(OPERATORS), e()),
            lambda: '(%s)' % e(),
            lambda: '%s(%s)' % (r.choice(FUNCTIONS), ', '.join(e() for _ in range(r.randrange(4)))),
            lambda: '%s(%s%s%s)%s' % (r.choice(AGGREGATES), r.choice(['', '', 'DISTINCT ', 'ALL ', 'VARIADIC ']), e(), r.choice(['', ' ORDER BY ' + e(), ', 1']),
                                      r.choice(['', '', ' FILTER (WHERE %s)' % e(), ' OVER (PARTITION BY %s ORDER BY %s)' % (e(), e()), ' OVER w',
                                                ' WITHIN GROUP (ORDER BY %s)' % e(), ' OVER (ORDER BY %s RANGE BETWEEN %s PRECEDING AND UNBOUNDED FOLLOWING EXCLUDE TIES)' % (e(), e())])),
            lambda: 'CASE WHEN %s THEN %s ELSE %s END' % (e(), e(), e()),
            lambda: 'CASE %s WHEN %s THEN %s END' % (e(), e(), e()),
            lambda: 'CAST(%s AS %s)' % (e(), r.choice(TYPES)),
            lambda: '%s::%s' % (e(), r.choice(TYPES)),
            lambda: '(%s)' % q(), lambda: 'EXISTS (%s)' % q(), lambda: 'ARRAY(%s)' % q(),
            lambda: '%s IN (%s, %s)' % (e(), e(), e()), lambda: '%s NOT IN (%s)' % (e(), q()),
            lambda: '%s = ANY (%s)' % (e(), e()), lambda: '(%s, %s) < ALL (%s)' % (e(), e(), q()), lambda: 'ROW(%s, %s) = ROW(%s, %s)' % (e(), e(), e(), e()),
            lambda: '%s IS %s' % (e(), r.choice(['NULL', 'NOT TRUE', 'UNKNOWN', 'NOT DISTINCT FROM 1', 'DOCUMENT', 'NFC NORMALIZED', 'JSON OBJECT'])),
            lambda: '%s BETWEEN %s AND %s' % (e(), e(), e()), lambda: '(%s)[%s]' % (e(), e()), lambda: '(%s)[%s:]' % (e(), e()), lambda: '(%s).%s' % (e(), r.choice(['a', 'id', '*'])),
            lambda: 'NOT %s' % e(), lambda: '- %s' % e(), lambda: 'COALESCE(%s, %s)' % (e(), e()), lambda: 'GREATEST(%s, %s)' % (e(), e()), lambda: 'NULLIF(%s, %s)' % (e(), e()),
            lambda: '%s COLLATE "C"' % e(), lambda: '%s COLLATE raw.nocase' % e(), lambda: 'EXTRACT(%s FROM %s)' % (r.choice(['year', 'epoch', 'x']), e()),
            lambda: 'XMLELEMENT(NAME a, XMLATTRIBUTES(%s AS b), %s)' % (e(), e()), lambda: 'XMLSERIALIZE(CONTENT %s AS text)' % e(), lambda: 'XMLFOREST(%s AS a)' % e(),
            lambda: 'raw.f(a => %s)' % e(), lambda: 'ARRAY[%s, %s]' % (e(), e()), lambda: 'ARRAY[[%s], [%s]]' % (e(), e()), lambda: 'GROUPING(%s)' % e(),
            lambda: r.choice(['CURRENT_DATE', 'CURRENT_USER', 'LOCALTIMESTAMP(2)', 'SESSION_USER', 'CURRENT_SCHEMA', 'CURRENT_CATALOG']),
            lambda: 'substring(%s FROM %s FOR %s)' % (e(), e(), e()), lambda: 'position(%s IN %s)' % (e(), e()), lambda: '%s AT TIME ZONE %s' % (e(), e()),
            lambda: 'JSON_OBJECT(%s: %s)' % (e(), e()), lambda: 'JSON_VALUE(%s, \'$.a\' RETURNING int DEFAULT 1 ON EMPTY)' % e(),
            lambda: 'MERGE_ACTION()', lambda: 'NEXT VALUE FOR raw.s',
        ])()

    def table(self, depth):
        r = self.random
        if depth <= 0 or r.random() < .6:
            return r.choice(TABLES)
        return r.choice([
            lambda: '%s %s JOIN %s ON %s' % (self.table(depth - 1), r.choice(['', 'LEFT', 'RIGHT', 'FULL', 'INNER']), self.table(depth - 1), self.expression(depth - 1)),
            lambda: '%s JOIN %s USING (%s)%s' % (self.table(depth - 1), self.table(depth - 1), r.choice(['id', 'a', 'id, amount']), r.choice(['', ' AS j'])),
            lambda: '%s NATURAL JOIN %s' % (self.table(depth - 1), self.table(depth - 1)), lambda: '%s CROSS JOIN %s' % (self.table(depth - 1), self.table(depth - 1)),
            lambda: '(%s) %s' % (self.query(depth - 1), r.choice(['o', 'c', 'x(a, b)', 'x', ''])), lambda: 'LATERAL (%s) o' % self.query(depth - 1),
            lambda: '(%s) AS j' % self.table(depth - 1),
        ])()

    def select(self, depth):
        r = self.random
        text = 'SELECT ' + r.choice(['', '', '', 'DISTINCT ', 'DISTINCT ON (%s) ' % self.expression(1)])
        text += ', '.join(self.expression(depth) + r.choice(['', ' AS id', ' AS a', ' "B"', ' AS x']) for _ in range(r.choice([0, 1, 1, 2, 3])))
        if r.random() < .85:
            text += ' FROM ' + ', '.join(self.table(depth) for _ in range(r.choice([1, 1, 1, 2])))
        for chance, word in ((.4, ' WHERE '), (.2, ' GROUP BY '), (.1, ' HAVING ')):
            if r.random() < chance:
                text += word + (r.choice(['1', '2', '()', 'ROLLUP (1, 2)', 'GROUPING SETS ((1), (), (1, 2))', 'CUBE (1, 2)', 'DISTINCT ROLLUP (1)', 'id'])
                                if word == ' GROUP BY ' and r.random() < .6 else self.expression(depth - 1))
        if r.random() < .1:
            text += ' WINDOW w AS (%sORDER BY %s)' % (r.choice(['', 'PARTITION BY %s ' % self.expression(1)]), self.expression(1))
        return text

    def query(self, depth=3):
        r = self.random
        depth = max(depth, 0)
        text = ''
        if r.random() < .15:
            text = 'WITH %scte%s AS %s(%s) %s' % (r.choice(['', 'RECURSIVE ']), r.choice(['', '(a, b)']), r.choice(['', 'MATERIALIZED ', 'NOT MATERIALIZED ']),
                                                  self.query(depth - 1), r.choice(['', 'SEARCH DEPTH FIRST BY a SET s ', 'CYCLE a SET c USING p ']))
        text += r.choice([lambda: self.select(depth)] * 8 + [
            lambda: '(%s) %s (%s)' % (self.query(depth - 1), r.choice(['UNION', 'UNION ALL', 'EXCEPT', 'INTERSECT ALL']), self.query(depth - 1)),
            lambda: 'VALUES (%s, %s), (%s, %s)' % tuple(self.expression(1) for _ in range(4)), lambda: 'TABLE ' + r.choice(TABLES)])()
        if r.random() < .2:
            text += ' ORDER BY ' + r.choice(['1', '1 DESC NULLS LAST', 'id USING <', '2, 1', self.expression(1)])
        if r.random() < .1:
            text += r.choice([' LIMIT 1', ' LIMIT ALL', ' OFFSET 1', ' FETCH FIRST 2 ROWS WITH TIES', ' LIMIT (SELECT 1)', ' FOR UPDATE', ' LIMIT -1', ' LIMIT random()'])
        return text

    # Mutations of anything

    def mutate(self, text, others, words):
        r = self.random
        for _ in range(r.choice([1, 1, 1, 2, 3, 8])):
            at = r.randrange(len(text) + 1)
            end = min(len(text), at + r.choice([1, 1, 2, 5, 20, 100]))
            how = r.randrange(9)
            if how == 0:
                text = text[:at] + text[end:]
            elif how == 1:
                text = text[:end] + text[at:end] * r.choice([1, 1, 3, 50]) + text[end:]
            elif how == 2:
                text = text[:at] + r.choice(BAD_BYTES) + text[at:]
            elif how == 3:
                text = text[:at] + b' ' + r.choice(words).encode() + b' ' + text[at:]
            elif how == 4 and others:
                other = r.choice(others)
                start = r.randrange(len(other) + 1)
                text = text[:at] + other[start:start + r.choice([5, 30, 200])] + text[end:]
            elif how == 5:
                parts = re.split(rb'(\W)', text)
                if len(parts) > 3:
                    i, j = r.randrange(len(parts)), r.randrange(len(parts))
                    parts[i], parts[j] = parts[j], parts[i]
                    text = b''.join(parts)
            elif how == 6 and text:
                at = r.randrange(len(text))
                text = text[:at] + bytes([text[at] ^ (1 << r.randrange(8))]) + text[at + 1:]
            elif how == 7:
                parts = re.split(rb'(\w+)', text)
                if len(parts) > 1:
                    parts[r.randrange(len(parts) // 2) * 2 + 1] = r.choice(words).encode()
                    text = b''.join(parts)
            else:
                text = re.sub(rb'\d+', lambda m: r.choice([b'0', b'-1', b'2147483648', b'1e999', m.group()]), text, count=2)
        return text

    def extreme(self):
        """Depth, width, length."""
        r = self.random
        n = r.choice([10, 100, 1000, 5000, 30000])
        few = min(n, 1000)
        return r.choice([
            lambda: 'SELECT ' + '(' * n + '1' + ')' * n + ' AS a', lambda: 'SELECT ' + ' + '.join(['1'] * n) + ' AS a', lambda: 'SELECT ' + '- ' * n + '1 AS a',
            lambda: 'SELECT ' + 'NOT ' * n + 'true AS a', lambda: 'SELECT 1 AS a' + ' UNION ALL SELECT 1' * few, lambda: '(' * n + 'SELECT 1 AS a' + ')' * n,
            lambda: 'SELECT * FROM ' + '(SELECT * FROM ' * few + 'raw.orders' + ') x' * few, lambda: 'SELECT ' + 'abs(' * n + '1' + ')' * n + ' AS a',
            lambda: 'SELECT 1 AS a WHERE 1 IN (' + ', '.join(map(str, range(n))) + ')', lambda: 'SELECT ' + ', '.join('%d AS c%d' % (i, i) for i in range(min(n, 3000))),
            lambda: 'SELECT id FROM raw.orders WHERE ' + ' OR '.join('id = %d' % i for i in range(n)), lambda: 'VALUES ' + ', '.join('(%d)' % i for i in range(n)),
            lambda: 'SELECT ' + 'CASE WHEN true THEN ' * few + '1' + ' END' * few + ' AS a', lambda: 'SELECT ARRAY' + '[' * few + '1' + ']' * few + ' AS a',
            lambda: 'SELECT ' + '(SELECT ' * few + '1' + ')' * few + ' AS a', lambda: 'SELECT o1.id FROM ' + ', '.join('raw.orders o%d' % i for i in range(1, min(n, 300))),
            lambda: 'WITH ' + ', '.join('c%d AS (SELECT %s)' % (i, '1 AS a' if i == 0 else 'a + 1 AS a FROM c%d' % (i - 1)) for i in range(min(n, 60))) + ' SELECT a FROM c%d' % (min(n, 60) - 1),
            lambda: "SELECT '" + 'x' * (n * 35) + "' AS a", lambda: 'SELECT 1 AS "' + 'x' * n + '"', lambda: '--' + 'x' * (n * 35) + '\nSELECT 1 AS a', lambda: '/*' * n + 'SELECT 1',
            lambda: 'SELECT ' + '1::int' * 1 + '::int' * n + ' AS a', lambda: "SELECT 'a'" + ' COLLATE "C"' * n + ' AS a', lambda: 'SELECT (o)' + '.id' * n + ' FROM raw.orders o',
            lambda: 'SELECT ' + 'a.' * n + 'b FROM raw.orders', lambda: 'SELECT id FROM raw.orders' + ' JOIN raw.customers USING (id)' * min(n, 100), lambda: ';' * n, lambda: ' ' * (n * 35),
            lambda: 'SELECT doc' + "->'a'" * n + ' AS a FROM raw.orders', lambda: 'SELECT row_to_json(o) FROM (' + 'SELECT ROW(' * few + '1' + ')' * few + ') o',
            lambda: 'SELECT 1 AS a FROM raw.orders GROUP BY GROUPING SETS (' + ', '.join(['(id)'] * n) + ')', lambda: 'SELECT count(*) FROM raw.orders GROUP BY CUBE (' + ', '.join(['id'] * 13) + ')',
            lambda: 'SELECT sum(id) OVER w%d FROM raw.orders WINDOW ' % (few - 1) + ', '.join('w%d AS (ORDER BY id + %d)' % (i, i) for i in range(few)),
            lambda: '(' * few + 'SELECT 1 AS a' + ' UNION SELECT 1)' * few, lambda: 'SELECT concat(' + ', '.join(['id'] * min(n, 200)) + ') FROM raw.orders',
            lambda: 'SELECT ' + '1 AS a, ' * n + '1 AS b', lambda: 'SELECT id FROM shop.base' + ', shop.base AS b%d' * min(n, 100) % tuple(range(min(n, 100))),
        ])().encode()

    def sql(self):
        r = self.random
        how = r.random()
        if how < .12:
            return self.sound().encode()
        if how < .2:
            return self.mutate(self.sound().encode(), self.pool + self.sql_corpus[:20], WORDS + COLUMNS + SCALARS)
        if how < .32 and self.pool:
            text = r.choice(self.pool)
            if r.random() < .5:
                return self.mutate(text, self.pool, WORDS + COLUMNS + SCALARS + TABLES)
            # a piece of one in brackets in the place of a word of another
            words = list(re.finditer(rb'\b(id|a|b|k|amount|1|2|note)\b', text))
            if words:
                m = r.choice(words)
                return text[:m.start()] + ('(%s)' % self.expression(r.choice([1, 2, 2]))).encode() + text[m.end():]
        if how < .42:
            return self.query(r.choice([1, 2, 3, 3, 4])).encode()
        if how < .52:
            return self.mutate(self.query().encode(), self.sql_corpus, WORDS)
        if how < .70:
            return self.mutate(r.choice(self.sql_corpus), self.sql_corpus, WORDS)
        if how < .88:
            # the same over tables and columns that are there
            text = r.choice(self.sql_corpus).decode()
            text = re.sub(r'(?i)\b(from|join)\s+"?[a-z_]\w*"?(\."?\w+"?)?(?!\s*[(.])', lambda m: m.group(1) + ' ' + r.choice(TABLES), text)
            text = re.sub(r'(?<![\w.\'"])[a-z]\w?(?![\w.(\'"])', lambda m: r.choice(COLUMNS[:8]) if r.random() < .5 else m.group(), text)
            return text.encode() if r.random() < .5 else self.mutate(text.encode(), self.sql_corpus, WORDS)
        if how < .93:
            return self.extreme()
        if how < .97:
            return ' '.join(r.choice(WORDS + COLUMNS + TABLES + SCALARS) for _ in range(r.randrange(1, 30))).encode()
        return bytes(r.randrange(256) for _ in range(r.randrange(40)))

    # JSON

    def value(self, depth=3):
        r = self.random
        scalars = [None, True, False, 0, -1, 1.5, 1e300, 12345678901234567890123, '', 'x', 'id', 'raw.orders', 'a, b', '(', '"', 'é', 'x' * 70, '\u0001', [], {}, 'int', 'fuzz_ana']
        if depth <= 0 or r.random() < .5:
            return r.choice(scalars)
        if r.random() < .5:
            return [self.value(depth - 1) for _ in range(r.choice([0, 1, 2, 5]))]
        keys = OPTIONS + ['id', 'name', 'type', 'columns', 'where', 'unique', 'method', 'include', 'a', 'é', 'x' * 70, 'amount', 'range', 'list', 'hash']
        return {r.choice(keys): self.value(depth - 1) for _ in range(r.choice([0, 1, 2, 5]))}

    def options(self):
        r = self.random
        how = r.random()
        if how < .3:
            return b'{}'
        if how < .75:
            made = {}
            for _ in range(r.choice([1, 1, 2, 3])):
                key = r.choice(OPTIONS)
                made[key] = r.choice(VALUES[key]) if key in VALUES and r.random() < .6 else self.value()
            text = json.dumps(made, ensure_ascii=r.random() < .5).encode('utf-8', 'surrogatepass')
            return text if r.random() < .8 else self.mutate(text, self.json_corpus, OPTIONS)
        if how < .95:
            return self.mutate(r.choice(self.json_corpus or [b'{}']), self.json_corpus, OPTIONS)
        n = r.choice([100, 2000, 20000])
        key = r.choice(OPTIONS)
        return r.choice([
            lambda: '{"%s": %s1%s}' % (key, '[' * n, ']' * n), lambda: '{"%s": ' % key + '{"a": ' * n + '1' + '}' * n + '}', lambda: '{"description": "%s"}' % ('x' * n * 50),
            lambda: '{' + ', '.join('"description": "%d"' % i for i in range(n)) + '}', lambda: '{"tags": [%s]}' % ', '.join(['"t"'] * n),
            lambda: '{"indexes": [%s]}' % ', '.join(['"id"'] * min(n, 2000)), lambda: '{"columns": {%s}}' % ', '.join('"c%d": "x"' % i for i in range(n)),
            lambda: '{"primary_key": "%s"}' % ('(' * n), lambda: '{"indexes": [{"columns": "(%sid%s)"}]}' % ('(' * n, ')' * n), lambda: '[]', lambda: '1', lambda: 'null',
            lambda: '{"depends_on": [%s]}' % ', '.join('"raw.t%d"' % i for i in range(min(n, 2000))), lambda: '{"indexes": [{"columns": "id", "where": "%s"}]}' % (' OR '.join(['id = 1'] * min(n, 2000))),
        ])().encode()

    # CSV, files

    def csv(self):
        r = self.random
        fields = ['1', '', '""', 'x', '2024-01-01', 'true', '1.5', '"a,b"', '"a""b"', '"open', 'a"b', '\\N', '\\.', ' 1', '007', '1e5', 'é', 'x' * 2000, '9' * 1001, '"\n"', '\t', 'NaN', '-', '+1',
                  '2024-13-01', '2024-01-01 10:00:00', '1' * 400 + '.5', "'", ';']
        how = r.random()
        if how < .4:
            width = r.choice([1, 1, 2, 3, 20])
            lines = [','.join(r.choice(['a', 'b', 'id', '"x y"', '', 'A', 'a', 'c%d' % i, 'x' * 64]) if r.random() < .3 else 'h%d' % i for i in range(width))]
            lines += [','.join(r.choice(fields) for _ in range(width if r.random() < .95 else r.randrange(4))) for _ in range(r.choice([0, 1, 3, 20]))]
            return r.choice(['\n', '\n', '\r\n', '\r']).join(lines).encode() + r.choice([b'', b'\n', b'\n\n', b'\\.\n'])
        if how < .9:
            return self.mutate(r.choice(self.csv_corpus or [b'a,b\n1,2\n']), self.csv_corpus + self.sql_corpus, fields)
        n = r.choice([100, 1700, 5000])
        return r.choice([lambda: ','.join('c%d' % i for i in range(n)) + '\n' + ','.join('1' for i in range(n)), lambda: 'a\n' + '1\n' * n, lambda: 'a\n"' + 'x\n' * n * 20 + '"',
                         lambda: 'a\n' + 'x' * n * 200, lambda: ',' * n, lambda: '"' * n, lambda: '\n' * n, lambda: 'a,b\n' + '1,2024-01-01\n' * n + 'x,y'])().encode()

    def file(self):
        """(path, text), both bytes."""
        r = self.random
        schema, name = r.choice(['shop', 'mart', 'a b', 'ä', 'raw', '%41', '', 's.t']), r.choice(['new', 'base', 'other', 'x', '%00', 'n' * 64, '', 'a.b', 'A%2Fb', '%', '%zz'])
        path = (r.choice(['', 'models/', './', '/', '../', 'a//', '\\']) + schema + r.choice(['/', '.', '', '//']) + name + r.choice(['.sql', '.sql', '.sql', '.csv', '.SQL', '', '.txt'])).encode()
        if r.random() < .15:
            path = self.mutate(path, [], ['/', '.', '%', '.sql'])
        body = self.csv() if path.endswith(b'.csv') and r.random() < .8 else self.sql()
        options = self.options()
        if r.random() < .5:
            kind = r.choice([k for k in KINDS if k])
            options = re.sub(rb'^\s*\{', lambda m: b'{"kind": "%s"%s' % (kind.encode(), b'' if re.match(rb'\s*\{\s*\}', options) else b', '), options, count=1)
        head = r.choice([b'', b'--vde ', b'--vde', b'-- vde ', b'--  VDE ', b'--vde\n--', b'/* vde */', b'\n\n--vde ', b'--vdex ', b'\xef\xbb\xbf--vde ', b'-- a comment\n--vde '])
        if head:
            head += options.replace(b',', b',\n-- ') if r.random() < .3 else options
            head += r.choice([b'\n', b'\r\n', b'', b' x\n', b'\n--\n', b'\n--vde {}\n'])
        if r.random() < .1:
            head = self.mutate(head, self.json_corpus, ['--vde', '{', '}', '--'])
        return path, head + body

    def files(self):
        return [self.file() for _ in range(self.random.choice([0, 1, 1, 1, 2, 4]))]

    def name(self):
        r = self.random
        if r.random() < .75:
            return r.choice(NAMES).encode() if r.random() < .5 else r.choice([b'shop.new', b'shop.other', b'mart.x', b'shop.new2'])
        return self.mutate(r.choice(NAMES).encode(), [], ['.', '"', '__'])

    def environment(self):
        r = self.random
        if r.random() < .8:
            return b'dev'
        picked = r.choice(ENVIRONMENTS)
        return None if picked is None else picked.encode() if r.random() < .8 else self.mutate(picked.encode(), [], ['_', 'a'])

    def kind(self):
        picked = self.random.choice(KINDS)
        return None if picked is None else picked.encode()
