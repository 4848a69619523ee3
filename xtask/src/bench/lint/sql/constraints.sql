-- Keys and indexes that the reports of module {n} need.
-- pgrefit:allow index-without-concurrently the window on Sunday night is long enough for this one
CREATE INDEX subscription_items_{n}_subscription ON subscription_items_{n} (subscription_id);
CREATE INDEX subscription_items_{n}_product ON subscription_items_{n} (lower(product_code)) INCLUDE (quantity);
CREATE UNIQUE INDEX IF NOT EXISTS subscription_events_{n}_once
    ON subscription_events_{n} (subscription_id, kind, happened_at) WHERE kind <> 'ping';

ALTER TABLE subscription_events_{n}
    ADD CONSTRAINT subscription_events_{n}_item FOREIGN KEY (subscription_id)
        REFERENCES subscriptions_{n} (id) ON DELETE CASCADE NOT VALID;
ALTER TABLE subscriptions_{n}
    ADD CONSTRAINT subscriptions_{n}_previous FOREIGN KEY (customer_id) REFERENCES subscriptions_{p} (id);
ALTER TABLE subscription_items_{n} ADD CONSTRAINT subscription_items_{n}_price CHECK (unit_price >= 0);
ALTER TABLE subscription_items_{n} ADD CONSTRAINT subscription_items_{n}_key UNIQUE (product_code, subscription_id);
ALTER TABLE subscription_items_{n} ALTER COLUMN unit_price SET NOT NULL;

CREATE TABLE subscription_usage_{n} (
    subscription_id bigint NOT NULL,
    day date NOT NULL,
    requests bigint NOT NULL DEFAULT 0,
    bytes_in bigint NOT NULL DEFAULT 0,
    bytes_out bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (subscription_id, day)
) PARTITION BY RANGE (day);
CREATE TABLE subscription_usage_{n}_2025 PARTITION OF subscription_usage_{n}
    FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE subscription_usage_{n}_2026 PARTITION OF subscription_usage_{n}
    FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE subscription_usage_{n}_rest PARTITION OF subscription_usage_{n} DEFAULT;
CREATE INDEX subscription_usage_{n}_day ON subscription_usage_{n} (day DESC, requests);

ALTER TABLE subscriptions_{n} ENABLE ROW LEVEL SECURITY;
CREATE POLICY subscriptions_{n}_own ON subscriptions_{n}
    USING (customer_id = current_setting('app.customer', true)::bigint);
