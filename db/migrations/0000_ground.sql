-- What the tables stand on: schemas, extensions, the clock and the words of a search.

CREATE SCHEMA IF NOT EXISTS identity;
CREATE SCHEMA IF NOT EXISTS network;
CREATE SCHEMA IF NOT EXISTS ats;
CREATE SCHEMA IF NOT EXISTS billing;
CREATE SCHEMA IF NOT EXISTS api;
CREATE SCHEMA IF NOT EXISTS notify;
CREATE SCHEMA IF NOT EXISTS ops;
--> statement-breakpoint
CREATE EXTENSION IF NOT EXISTS citext WITH SCHEMA public;
CREATE EXTENSION IF NOT EXISTS unaccent WITH SCHEMA public;
CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA public;
--> statement-breakpoint
-- Every clock in SQL. Only the local endpoint sets an offset, per database (DESIGN R-19).
CREATE FUNCTION ops.now() RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE
RETURN now() + coalesce(nullif(current_setting('ops.clock_offset', true), ''), '0')::interval;
--> statement-breakpoint
-- Without accents and case. unaccent is only STABLE because its dictionary may change; ours does not.
CREATE FUNCTION ops.fold(text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$ SELECT lower(public.unaccent('public.unaccent'::regdictionary, $1)) $$;
--> statement-breakpoint
-- The words of a text: what stands between blanks and punctuation, so that "C++" and "C#" are words.
CREATE FUNCTION ops.split(text) RETURNS SETOF text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
  SELECT left(word, 100)
  FROM regexp_split_to_table(ops.fold($1), '[\s\x01-\x22\x24-\x2a\x2c-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]+') AS word
  WHERE word <> ''
$$;
--> statement-breakpoint
CREATE FUNCTION ops.words(VARIADIC parts text[]) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT array_to_tsvector(array(SELECT DISTINCT ops.split(array_to_string(parts, ' ')))) $$;
--> statement-breakpoint
-- All words of a text, the last as a beginning. NULL, and so no row, when there is no word.
CREATE FUNCTION ops.query(words text) RETURNS tsquery
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
  SELECT (string_agg('''' || word || '''', ' & ' ORDER BY place) || ':*')::tsquery
  FROM ops.split(words) WITH ORDINALITY AS found (word, place)
$$;
