--vde {"kind": "view", "description": "Payments that succeeded", "tags": ["staging"]}
SELECT id AS payment_id, order_id, method, amount, paid_at
FROM raw.payments
WHERE status = 'succeeded'
