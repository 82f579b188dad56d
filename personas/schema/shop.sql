-- Loaded once, into a database that guise has just made. Later versions of the tables are the application's own business.
CREATE TABLE product (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL UNIQUE,
  price_cents integer NOT NULL CHECK (price_cents >= 0)
);

CREATE TABLE purchase (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  product_id bigint NOT NULL REFERENCES product,
  quantity integer NOT NULL CHECK (quantity > 0),
  bought_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX purchase_by_product ON purchase (product_id);

INSERT INTO product (name, price_cents) VALUES ('mask', 1200), ('cloak', 8900), ('hat', 2500);
