-- A shop's raw tables, as its web shop and its payment provider would deliver them: 800 customers, 120 products, and 5,000
-- orders of the years 2024 and 2025. Nothing is random: every run makes the same rows.

CREATE SCHEMA raw;

-- A number between 0 and 1 that looks random, from a row's number and a salt
CREATE FUNCTION pg_temp.squared(x bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE
RETURN x * x % 2147483647;
CREATE FUNCTION pg_temp.noise(n bigint, salt bigint) RETURNS float8
LANGUAGE sql IMMUTABLE
RETURN pg_temp.squared((pg_temp.squared((n * 48271 + salt * 79073) % 2147483647) * 16807 + salt * 31) % 2147483647) / 2147483647.0;

-- One of the words
CREATE FUNCTION pg_temp.pick(words text[], noise float8) RETURNS text
LANGUAGE sql IMMUTABLE
RETURN words[1 + floor(noise * cardinality(words))::int];

CREATE TABLE raw.customers (
    id          integer PRIMARY KEY,
    first_name  text NOT NULL,
    last_name   text NOT NULL,
    email       text,
    country     char(2) NOT NULL,
    created_at  timestamptz NOT NULL
);

INSERT INTO raw.customers
SELECT i, first_name, last_name,
       CASE WHEN pg_temp.noise(i, 5) > 0.03
            THEN lower(first_name) || '.' || lower(last_name) || i || '@' || pg_temp.pick(ARRAY['example.com', 'example.org', 'mail.example'], pg_temp.noise(i, 6))
       END,
       pg_temp.pick(ARRAY['DE', 'DE', 'DE', 'FR', 'FR', 'GB', 'GB', 'US', 'US', 'US', 'ES', 'IT', 'NL', 'PL', 'SE', 'JP', 'BR', 'CA'], pg_temp.noise(i, 3)),
       timestamptz '2023-06-01 00:00+00' + pg_temp.noise(i, 4) * interval '200 days'
FROM generate_series(1, 800) AS i,
     LATERAL (SELECT pg_temp.pick(ARRAY['Ada', 'Ben', 'Clara', 'David', 'Elena', 'Farid', 'Greta', 'Hugo', 'Ines', 'Jonas', 'Kaja', 'Liam', 'Mei',
                                        'Nora', 'Oskar', 'Paula', 'Quentin', 'Rosa', 'Samir', 'Tessa', 'Uma', 'Viktor', 'Wanda', 'Yuki', 'Zoe'],
                                  pg_temp.noise(i, 1)) AS first_name,
                     pg_temp.pick(ARRAY['Almeida', 'Bauer', 'Costa', 'Dubois', 'Evans', 'Fischer', 'Garcia', 'Haas', 'Ito', 'Jansen', 'Kowalski',
                                        'Lindqvist', 'Moreau', 'Novak', 'Okafor', 'Petit', 'Rossi', 'Silva', 'Tanaka', 'Vogel', 'Weber', 'Young'],
                                  pg_temp.noise(i, 2)) AS last_name) AS name;

CREATE TABLE raw.products (
    id        integer PRIMARY KEY,
    name      text NOT NULL,
    category  text NOT NULL,
    price     numeric(10,2) NOT NULL,
    cost      numeric(10,2) NOT NULL
);

INSERT INTO raw.products
SELECT i, adjective || ' ' || noun, category, price, round(price * (0.45 + 0.25 * pg_temp.noise(i, 12))::numeric, 2)
FROM generate_series(1, 120) AS i,
     LATERAL (SELECT (ARRAY['kitchen', 'garden', 'office', 'sports', 'toys', 'lighting'])[1 + i % 6] AS category,
                     (ARRAY['Plain', 'Classic', 'Small', 'Large', 'Folding', 'Oak', 'Steel', 'Blue', 'Red', 'Travel',
                            'Deluxe', 'Slim', 'Soft', 'Solid', 'Bamboo', 'Linen', 'Copper', 'Glass', 'Green', 'Second'])[1 + i / 6 % 20] AS adjective) AS kind,
     LATERAL (SELECT CASE category
                     WHEN 'kitchen' THEN (ARRAY['Pan', 'Kettle', 'Knife', 'Bowl'])[1 + i / 6 % 4]
                     WHEN 'garden' THEN (ARRAY['Spade', 'Hose', 'Bench', 'Planter'])[1 + i / 6 % 4]
                     WHEN 'office' THEN (ARRAY['Desk', 'Chair', 'Shelf', 'Lamp'])[1 + i / 6 % 4]
                     WHEN 'sports' THEN (ARRAY['Ball', 'Mat', 'Racket', 'Bottle'])[1 + i / 6 % 4]
                     WHEN 'toys' THEN (ARRAY['Train', 'Puzzle', 'Kite', 'Robot'])[1 + i / 6 % 4]
                     ELSE (ARRAY['Lantern', 'Bulb', 'Spotlight', 'Candle'])[1 + i / 6 % 4]
                     END AS noun,
                     round((CASE category WHEN 'office' THEN 40 WHEN 'garden' THEN 15 ELSE 5 END
                            * (1 + 7 * pg_temp.noise(i, 11) ^ 2))::numeric) - 0.01 AS price) AS name;

CREATE TABLE raw.orders (
    id           integer PRIMARY KEY,
    customer_id  integer NOT NULL REFERENCES raw.customers,
    status       text NOT NULL,
    ordered_at   timestamptz NOT NULL,
    note         text
);

-- More orders towards the end; some customers order much more than others
INSERT INTO raw.orders
SELECT i,
       1 + floor(800 * pg_temp.noise(i, 21) ^ 1.6)::int,
       CASE WHEN i > 4970 THEN 'pending'
            WHEN i > 4900 THEN 'shipped'
            WHEN pg_temp.noise(i, 22) < 0.06 THEN 'cancelled'
            WHEN pg_temp.noise(i, 22) < 0.11 THEN 'returned'
            ELSE 'completed'
       END,
       timestamptz '2024-01-01 00:00+00' + interval '731 days' * (i / 5001.0) ^ 0.8 + interval '8 hours' * pg_temp.noise(i, 23),
       CASE WHEN pg_temp.noise(i, 24) < 0.08
            THEN pg_temp.pick(ARRAY['gift', 'leave at the door', 'call before delivery', 'second floor', 'no invoice in the parcel'], pg_temp.noise(i, 25))
       END
FROM generate_series(1, 5000) AS i;

CREATE TABLE raw.order_items (
    order_id    integer NOT NULL REFERENCES raw.orders,
    line        integer NOT NULL,
    product_id  integer NOT NULL REFERENCES raw.products,
    quantity    integer NOT NULL,
    unit_price  numeric(10,2) NOT NULL,
    PRIMARY KEY (order_id, line)
);

-- Prices went up by 4 percent on the first of January 2025.
INSERT INTO raw.order_items
SELECT o.id, line, p.id,
       1 + floor(3 * pg_temp.noise(o.id * 10 + line, 32) ^ 2)::int,
       CASE WHEN o.ordered_at < timestamptz '2025-01-01 00:00+00' THEN round(p.price / 1.04, 2) ELSE p.price END
FROM raw.orders AS o
     CROSS JOIN LATERAL generate_series(1, 1 + floor(4 * pg_temp.noise(o.id, 30) ^ 1.2)::int) AS line
     JOIN raw.products AS p ON p.id = 1 + floor(120 * pg_temp.noise(o.id * 10 + line, 31) ^ 1.3)::int;

CREATE TABLE raw.payments (
    id        integer PRIMARY KEY,
    order_id  integer NOT NULL REFERENCES raw.orders,
    method    text NOT NULL,
    amount    numeric(10,2) NOT NULL,
    status    text NOT NULL,
    paid_at   timestamptz NOT NULL
);

-- Every order but the cancelled and the pending has a payment that succeeded; some failed before that.
INSERT INTO raw.payments
SELECT row_number() OVER (ORDER BY o.ordered_at, o.id, attempt), o.id,
       pg_temp.pick(ARRAY['card', 'card', 'card', 'card', 'paypal', 'paypal', 'transfer', 'voucher'], pg_temp.noise(o.id * 3 + attempt, 41)),
       i.amount,
       CASE WHEN attempt < attempts OR o.status = 'cancelled' THEN 'failed' ELSE 'succeeded' END,
       o.ordered_at + attempt * interval '4 minutes'
FROM raw.orders AS o
     JOIN (SELECT order_id, sum(quantity * unit_price) AS amount FROM raw.order_items GROUP BY order_id) AS i ON i.order_id = o.id,
     LATERAL (SELECT CASE WHEN pg_temp.noise(o.id, 42) < 0.07 THEN 2 ELSE 1 END AS attempts) AS a,
     LATERAL generate_series(1, attempts) AS attempt
WHERE o.status <> 'pending';

ANALYZE raw.customers, raw.products, raw.orders, raw.order_items, raw.payments;
