--vde {"kind": "embedded", "description": "Products with their margin", "tags": ["staging"]}
SELECT id AS product_id, name, category, price, price - cost AS margin
FROM raw.products
