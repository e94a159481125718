--vde {"description": "One row per customer, with the region", "primary_key": ["customer_id"], "indexes": [{"columns": ["country_code"]}], "tags": ["core"]}
SELECT c.customer_id, c.name, c.email, c.country_code, r.country, r.region, c.created_at
FROM staging.customers AS c
     LEFT JOIN shop.regions AS r ON r.country_code = c.country_code
