-- Pages for people outside: addresses that stay, and sessions on a company's own host.

--------------------------------------------------------------------------------------------------
-- Addresses (SURFACES §4)
--------------------------------------------------------------------------------------------------

-- A company's old slug leads to it for 90 days and is nobody else's until then. Asked after the unique
-- index: whoever waited for another's rename sees the redirect that came with it.
CREATE FUNCTION ats.keep_slug() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
  DELETE FROM ats.slug_redirects r WHERE r.slug = NEW.slug AND (r.company_id = NEW.id OR r.expires_at <= ops.now());
  IF EXISTS (SELECT FROM ats.slug_redirects r WHERE r.slug = NEW.slug) THEN
    RAISE 'the slug % still leads to another company', NEW.slug
      USING ERRCODE = 'unique_violation', CONSTRAINT = 'companies_slug_unique';
  END IF;
  IF TG_OP = 'UPDATE' THEN
    INSERT INTO ats.slug_redirects (slug, company_id, expires_at) VALUES (OLD.slug, NEW.id, ops.now() + interval '90 days')
    ON CONFLICT (slug) DO UPDATE SET company_id = excluded.company_id, expires_at = excluded.expires_at;
  END IF;
  RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER keep_slug AFTER INSERT ON ats.companies FOR EACH ROW EXECUTE FUNCTION ats.keep_slug();
--> statement-breakpoint
CREATE TRIGGER keep_slug_on_change AFTER UPDATE OF slug ON ats.companies
FOR EACH ROW WHEN (OLD.slug <> NEW.slug) EXECUTE FUNCTION ats.keep_slug();
--> statement-breakpoint
-- A role keeps the slug it was published under.
CREATE TRIGGER jobs_slug_fixed BEFORE UPDATE OF slug ON ats.jobs
FOR EACH ROW WHEN (OLD.slug IS NOT NULL AND OLD.slug IS DISTINCT FROM NEW.slug) EXECUTE FUNCTION ops.refuse_change();
--> statement-breakpoint
-- A role gets its address when it is first published: its title in small letters, with a number where
-- another of the company has it, and after nine of them the end of its id. No address is one of the pages.
CREATE FUNCTION ats.name_role() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
  words text := trim(BOTH '-' FROM left(regexp_replace(ops.fold(NEW.title), '[^a-z0-9]+', '-', 'g'), 60));
  number integer := 1;
BEGIN
  IF words IN ('', 'submit', 'intake', 'thanks', 'access', 'session', 'sign-out', 'logo', 'assets') THEN
    words := trim(BOTH '-' FROM words || '-role');
  END IF;
  PERFORM pg_advisory_xact_lock(hashtext('ats.name_role ' || NEW.company_id));
  NEW.slug := words;
  WHILE EXISTS (SELECT FROM ats.jobs j WHERE j.company_id = NEW.company_id AND j.slug = NEW.slug) LOOP
    number := number + 1;
    NEW.slug := words || '-' || CASE WHEN number < 10 THEN number::text ELSE right(NEW.id::text, 12) END;
  END LOOP;
  RETURN NEW;
END
$$;
--> statement-breakpoint
CREATE TRIGGER name_role BEFORE INSERT OR UPDATE OF status ON ats.jobs
FOR EACH ROW WHEN (NEW.status = 'active' AND NEW.slug IS NULL) EXECUTE FUNCTION ats.name_role();
--> statement-breakpoint

--------------------------------------------------------------------------------------------------
-- Hand-over to a company's host (SURFACES §2.6)
--------------------------------------------------------------------------------------------------

-- Locks a code and demands that it is good: of two who would use it one is too late.
CREATE FUNCTION api.guard_handover(hash text) RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
  PERFORM FROM api.handover_codes c WHERE c.code_hash = hash FOR UPDATE;
  PERFORM FROM api.handover_codes c WHERE c.code_hash = hash AND c.used_at IS NULL AND c.expires_at > ops.now();
  IF NOT FOUND THEN
    RAISE 'the code is used or over' USING ERRCODE = 'serialization_failure';
  END IF;
END
$$;
--> statement-breakpoint
-- Locks an access code and demands that it still opens the page.
CREATE FUNCTION ats.guard_access_code(code uuid) RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
  PERFORM FROM ats.white_label_codes c WHERE c.id = code FOR NO KEY UPDATE;
  PERFORM FROM ats.white_label_codes c
  WHERE c.id = code AND c.revoked_at IS NULL AND c.expires_at > ops.now() AND (c.max_uses IS NULL OR c.uses < c.max_uses);
  IF NOT FOUND THEN
    RAISE 'the access code is over' USING ERRCODE = 'serialization_failure';
  END IF;
END
$$;
