-- What finance reads of module {n}, and the clean-up of what it read before.
CREATE VIEW active_subscriptions_{n} AS
SELECT s.id, s.customer_id, s.plan, s.seats, s.starts_at, coalesce(sum(i.total), 0) AS total
  FROM subscriptions_{n} s
  LEFT JOIN subscription_items_{n} i ON i.subscription_id = s.id
 WHERE s.status = 'active' AND (s.ends_at IS NULL OR s.ends_at > now())
 GROUP BY s.id, s.customer_id, s.plan, s.seats, s.starts_at;

CREATE MATERIALIZED VIEW revenue_{n} AS
WITH months AS (
    SELECT date_trunc('month', e.happened_at) AS month, e.subscription_id, count(*) AS events
      FROM subscription_events_{n} e
     WHERE e.kind IN ('renewed', 'created', 'upgraded')
     GROUP BY 1, 2
)
SELECT m.month, s.plan, sum(i.total) AS revenue, sum(m.events) AS events,
       rank() OVER (PARTITION BY m.month ORDER BY sum(i.total) DESC) AS place
  FROM months m
  JOIN subscriptions_{n} s ON s.id = m.subscription_id
  JOIN subscription_items_{n} i ON i.subscription_id = s.id
 GROUP BY m.month, s.plan
WITH NO DATA;
CREATE UNIQUE INDEX revenue_{n}_month ON revenue_{n} (month, plan);

INSERT INTO subscription_events_{n} (subscription_id, kind, payload)
SELECT id, 'migrated', json_build_object('plan', plan, 'seats', seats)
  FROM subscriptions_{p} WHERE status = 'active'
ON CONFLICT DO NOTHING;

CREATE TABLE plan_names_{n} (code text PRIMARY KEY, title text NOT NULL, sort integer NOT NULL DEFAULT 0);
INSERT INTO plan_names_{n} (code, title, sort) VALUES
    ('basic', 'Basic', 1), ('team', 'Team', 2), ('business', 'Business', 3), ('enterprise', 'Enterprise', 4),
    ('basic-2024', 'Basic (2024)', 11), ('team-2024', 'Team (2024)', 12), ('trial', 'Trial', 99);

ALTER TABLE subscriptions_{p} DROP COLUMN cancelled_reason;
DROP INDEX IF EXISTS subscriptions_{p}_customer;
DROP VIEW IF EXISTS active_subscriptions_{p} CASCADE;
ALTER TABLE plan_names_{n} SET (fillfactor = 90);
REFRESH MATERIALIZED VIEW revenue_{n};
GRANT SELECT ON active_subscriptions_{n}, revenue_{n} TO PUBLIC;
