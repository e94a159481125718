--vde {"description": "Customers and revenue of each country", "tags": ["mart"]}
SELECT r.region, r.country, count(DISTINCT c.customer_id) AS customers, sum(v.revenue) AS revenue
FROM shop.regions AS r
     JOIN shop.customers AS c ON c.country_code = r.country_code
     JOIN mart.customer_value AS v ON v.customer_id = c.customer_id
GROUP BY r.region, r.country
