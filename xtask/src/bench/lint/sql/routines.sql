-- Keeps updated_at current, and closes subscriptions whose time is over (module {n}).
CREATE OR REPLACE FUNCTION touch_subscription_{n}() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NEW IS DISTINCT FROM OLD THEN
        NEW.updated_at := now();
    END IF;
    IF NEW.status = 'cancelled' AND OLD.status <> 'cancelled' THEN
        INSERT INTO subscription_events_{n} (subscription_id, kind, payload)
        VALUES (NEW.id, 'cancelled', json_build_object('by', current_user, 'plan', NEW.plan));
    END IF;
    RETURN NEW;
END;
$$;

CREATE TRIGGER touch_subscription_{n}
BEFORE UPDATE ON subscriptions_{n}
FOR EACH ROW EXECUTE FUNCTION touch_subscription_{n}();

CREATE FUNCTION close_subscriptions_{n}(until timestamptz) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    row record;
    closed integer := 0;
BEGIN
    FOR row IN SELECT id, plan FROM subscriptions_{n} WHERE ends_at < until AND status = 'active' LOOP
        UPDATE subscriptions_{n} SET status = 'cancelled' WHERE id = row.id;
        closed := closed + 1;
        IF closed % 1000 = 0 THEN
            RAISE NOTICE 'closed % subscriptions', closed;
        END IF;
    END LOOP;
    RETURN closed;
END;
$$;

CREATE FUNCTION yearly_price_{n}(price numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE AS $$ SELECT round(price * 12 * 0.9, 2) $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_type WHERE typname = 'subscription_source_{n}') THEN
        CREATE TYPE subscription_source_{n} AS ENUM ('web', 'sales', 'partner');
    END IF;
    ALTER TABLE subscriptions_{n} ADD COLUMN source subscription_source_{n};
    UPDATE subscriptions_{n} SET source = 'web' WHERE source IS NULL;
EXCEPTION WHEN duplicate_column THEN
    RAISE NOTICE 'column source is there already';
END;
$$;

SELECT close_subscriptions_{n}(now() - interval '1 year');
