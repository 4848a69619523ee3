-- finds public.slides.slides_pkey
-- finds public.slides.slides_place_key
CREATE TABLE slides (
    id bigint PRIMARY KEY DEFERRABLE,
    talk bigint NOT NULL,
    place int NOT NULL,
    CONSTRAINT slides_place_key UNIQUE (talk, place) DEFERRABLE INITIALLY DEFERRED
);
