-- Subscriptions of customers, with their items and events (module {n}).
CREATE TABLE subscriptions_{n} (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id bigint NOT NULL,
    plan varchar(40) NOT NULL DEFAULT 'basic',
    status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'paused', 'cancelled')),
    seats integer NOT NULL DEFAULT 1 CHECK (seats > 0),
    starts_at timestamptz NOT NULL DEFAULT now(),
    ends_at timestamptz,
    settings jsonb NOT NULL DEFAULT '{}'::jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT subscriptions_{n}_period CHECK (ends_at IS NULL OR ends_at > starts_at)
);

COMMENT ON TABLE subscriptions_{n} IS 'What a customer pays for, one row a contract.';
COMMENT ON COLUMN subscriptions_{n}.seats IS 'How many people may use it.';

CREATE TABLE IF NOT EXISTS subscription_items_{n} (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    subscription_id bigint NOT NULL REFERENCES subscriptions_{n} (id) ON DELETE CASCADE,
    product text NOT NULL,
    quantity integer NOT NULL DEFAULT 1,
    unit_price numeric(12, 2) NOT NULL,
    total numeric(14, 2) GENERATED ALWAYS AS (quantity * unit_price) STORED,
    UNIQUE (subscription_id, product)
);

CREATE TABLE subscription_events_{n} (
    id bigserial PRIMARY KEY,
    subscription_id bigint NOT NULL,
    kind text NOT NULL,
    payload json,
    happened_at timestamp NOT NULL DEFAULT now(),
    FOREIGN KEY (subscription_id) REFERENCES subscriptions_{n} (id)
);

CREATE INDEX subscriptions_{n}_customer ON subscriptions_{n} (customer_id, status);
CREATE INDEX subscription_events_{n}_time ON subscription_events_{n} USING brin (happened_at);
CREATE UNIQUE INDEX subscriptions_{n}_active ON subscriptions_{n} (customer_id) WHERE status = 'active';

GRANT SELECT, INSERT, UPDATE ON subscriptions_{n}, subscription_items_{n} TO PUBLIC;
