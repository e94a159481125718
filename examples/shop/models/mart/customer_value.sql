--vde {"description": "What each customer has bought so far", "primary_key": ["customer_id"], "tags": ["mart"]}
SELECT c.customer_id, c.name, c.region,
       count(o.order_id) AS orders,
       coalesce(sum(o.paid), 0) AS revenue,
       max(o.order_day) AS last_order
FROM shop.customers AS c
     LEFT JOIN shop.orders AS o ON o.customer_id = c.customer_id AND o.status IN ('completed', 'shipped')
GROUP BY c.customer_id, c.name, c.region
