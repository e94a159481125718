--vde {"kind": "view", "description": "Customers, with names as they are to be shown", "tags": ["staging"]}
SELECT id AS customer_id,
       first_name || ' ' || last_name AS name,
       lower(email) AS email,
       country::text AS country_code,
       created_at
FROM raw.customers
