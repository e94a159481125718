--vde {"description": "One row per product", "primary_key": ["product_id"], "tags": ["core"]}
SELECT product_id, name, category, price, margin
FROM staging.products
