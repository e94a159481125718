--vde {"kind": "embedded", "description": "Lines of orders with their amount", "tags": ["staging"]}
SELECT order_id, line, product_id, quantity, unit_price, quantity * unit_price AS amount
FROM raw.order_items
