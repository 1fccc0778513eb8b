-- How old a row is when it is changed, not as its transaction began: by then a round may have summed it.
-- A function, because dropping a column of the ledger (document 000's old table) takes its triggers along.
CREATE OR REPLACE FUNCTION watch_late_changes() RETURNS void LANGUAGE plpgsql AS $do$
BEGIN
  CREATE OR REPLACE TRIGGER "otp_verifications_late_insert" AFTER INSERT ON "otp_verifications" FOR EACH ROW
    WHEN (NEW.created_at < clock_timestamp() - interval '5 minutes') EXECUTE FUNCTION note_late_change();
  CREATE OR REPLACE TRIGGER "otp_verifications_late_update" AFTER UPDATE ON "otp_verifications" FOR EACH ROW
    WHEN (least(OLD.created_at, NEW.created_at) < clock_timestamp() - interval '5 minutes'
      AND (OLD.created_at, OLD.user_id, OLD.purpose, OLD.channel, OLD.user_type, OLD.country, OLD.mail_domain, OLD.is_verified, OLD.verified_at, OLD.sent_at, OLD.superseded_at, OLD.attempts) IS DISTINCT FROM (NEW.created_at, NEW.user_id, NEW.purpose, NEW.channel, NEW.user_type, NEW.country, NEW.mail_domain, NEW.is_verified, NEW.verified_at, NEW.sent_at, NEW.superseded_at, NEW.attempts)) EXECUTE FUNCTION note_late_change();
  CREATE OR REPLACE TRIGGER "otp_verifications_late_delete" AFTER DELETE ON "otp_verifications" FOR EACH ROW
    WHEN (OLD.created_at < clock_timestamp() - interval '5 minutes') EXECUTE FUNCTION note_late_change();
END $do$;
--> statement-breakpoint
SELECT watch_late_changes();
--> statement-breakpoint
-- The sums are made anew from the ledger, by the next round: what long transactions had changed was missing in them, and
-- windows of days had an hour more or less where clocks are changed.
TRUNCATE "otp_roll", "otp_slots", "otp_hours", "otp_days", "otp_daily", "otp_domains", "otp_domain_days", "otp_users", "otp_snapshots", "otp_late_changes";
