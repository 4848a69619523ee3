CREATE TABLE orders (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    uuid uuid,
    -- Guides are no GUIDs.
    guide text,
    note varchar(37)
);
