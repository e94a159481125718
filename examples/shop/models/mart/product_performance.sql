--vde {"kind": "materialized_view", "description": "What each product has sold", "tags": ["mart"]}
SELECT p.product_id, p.name, p.category,
       sum(i.quantity) AS sold,
       sum(i.amount) AS revenue,
       sum(i.quantity * p.margin) AS margin,
       rank() OVER (PARTITION BY p.category ORDER BY sum(i.amount) DESC) AS rank_in_category
FROM shop.products AS p
     JOIN shop.order_items AS i ON i.product_id = p.product_id
GROUP BY p.product_id, p.name, p.category
