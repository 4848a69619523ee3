-- Billing moves from days to periods, and names of plans become longer (module {n}).
-- The application reads both columns until the next release.
ALTER TABLE subscriptions_{n} ADD COLUMN billing_period text NOT NULL DEFAULT 'month';
ALTER TABLE subscriptions_{n} ADD COLUMN IF NOT EXISTS external_ref uuid DEFAULT gen_random_uuid();
ALTER TABLE subscriptions_{n}
    ADD COLUMN trial_ends_at timestamptz,
    ADD COLUMN cancelled_reason text,
    ALTER COLUMN plan TYPE varchar(120),
    ALTER COLUMN settings SET DEFAULT '{"notify": true}'::jsonb;

ALTER TABLE subscription_events_{n} ALTER COLUMN happened_at TYPE timestamptz USING happened_at AT TIME ZONE 'UTC';
ALTER TABLE subscription_events_{n} ALTER COLUMN id TYPE bigint;
ALTER TABLE subscription_items_{n} RENAME COLUMN product TO product_code;
ALTER TABLE subscription_items_{n} ALTER COLUMN quantity DROP DEFAULT;

-- Rows of before the change get the period that was meant.
UPDATE subscriptions_{n}
   SET billing_period = CASE WHEN ends_at - starts_at > interval '300 days' THEN 'year' ELSE 'month' END
 WHERE billing_period IS NULL OR billing_period = '';

UPDATE subscription_events_{n} e
   SET payload = json_build_object('kind', e.kind, 'customer', s.customer_id)
  FROM subscriptions_{n} s
 WHERE s.id = e.subscription_id AND e.payload IS NULL;

ALTER TABLE subscriptions_{n} ALTER COLUMN customer_id SET NOT NULL;
ALTER TABLE subscriptions_{n} ADD CONSTRAINT subscriptions_{n}_seats_max CHECK (seats <= 10000) NOT VALID;
ALTER TABLE subscriptions_{n} VALIDATE CONSTRAINT subscriptions_{n}_seats_max;
ALTER TABLE subscriptions_{n} DROP COLUMN IF EXISTS legacy_code;

COMMENT ON COLUMN subscriptions_{n}.billing_period IS
    'How often an invoice is written: month, quarter or year. It was computed from the dates before.';
DELETE FROM subscription_events_{n} WHERE happened_at < '2019-01-01' AND kind IN ('ping', 'heartbeat');
