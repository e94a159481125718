--vde {"description": "Orders and revenue of each day", "primary_key": ["order_day"], "tags": ["mart"]}
SELECT order_day, count(*) AS orders, sum(amount) AS revenue
FROM shop.orders
WHERE status <> 'cancelled'
GROUP BY order_day
