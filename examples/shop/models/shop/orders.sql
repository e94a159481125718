--vde {"description": "One row per order, with what it is worth and what was paid", "primary_key": ["order_id"], "indexes": [{"columns": ["customer_id"]}, {"columns": ["order_day"]}], "columns": {"order_id": "number of the order", "amount": "sum of the lines", "paid": "sum of the payments that succeeded"}, "tags": ["core"]}
WITH items AS (
    SELECT order_id, count(*) AS lines, sum(amount) AS amount
    FROM staging.order_items
    GROUP BY order_id
), payments AS (
    SELECT order_id, sum(amount) AS paid
    FROM staging.payments
    GROUP BY order_id
)
SELECT o.order_id, o.customer_id, o.status, o.order_day, i.lines, i.amount, coalesce(p.paid, 0) AS paid
FROM staging.orders AS o
     JOIN items AS i ON i.order_id = o.order_id
     LEFT JOIN payments AS p ON p.order_id = o.order_id
