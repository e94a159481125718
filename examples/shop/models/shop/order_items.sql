--vde {"description": "One row per line of an order", "primary_key": ["order_id", "line"], "indexes": [{"columns": ["product_id"]}], "tags": ["core"]}
SELECT i.order_id, i.line, o.order_day, i.product_id, i.quantity, i.unit_price, i.amount
FROM staging.order_items AS i
     JOIN staging.orders AS o ON o.order_id = i.order_id
WHERE o.status <> 'cancelled'
