--vde {"kind": "view", "description": "Orders with their day", "tags": ["staging"]}
SELECT id AS order_id,
       customer_id,
       status,
       ordered_at,
       (ordered_at AT TIME ZONE 'UTC')::date AS order_day
FROM raw.orders
