-- Written by hand, because Drizzle generates no comments, no triggers and no INCLUDE.
-- The tables are in 0000_tables.sql, which `npm run db:generate` makes from src/db/schema.

-- The audit log and its seals are append-only for every role, so that nobody rewrites what happened to an account.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$;
--> statement-breakpoint
CREATE TRIGGER "audit_log_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "audit_log" FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER "audit_seals_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "audit_seals" FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
-- The roll-up may already have summed a ledger row that changes late. So a trigger notes the row twice: the old version
-- with sign -1, the new one with sign 1.
CREATE FUNCTION note_late_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN
    INSERT INTO otp_late_changes (sign, created_at, user_id, purpose, channel, user_type, country, mail_domain, is_verified, verified_at, sent_at, superseded_at, attempts) VALUES (-1, OLD.created_at, OLD.user_id, OLD.purpose, OLD.channel, OLD.user_type, OLD.country, OLD.mail_domain, OLD.is_verified, OLD.verified_at, OLD.sent_at, OLD.superseded_at, OLD.attempts);
  END IF;
  IF TG_OP <> 'DELETE' THEN
    INSERT INTO otp_late_changes (sign, created_at, user_id, purpose, channel, user_type, country, mail_domain, is_verified, verified_at, sent_at, superseded_at, attempts) VALUES (1, NEW.created_at, NEW.user_id, NEW.purpose, NEW.channel, NEW.user_type, NEW.country, NEW.mail_domain, NEW.is_verified, NEW.verified_at, NEW.sent_at, NEW.superseded_at, NEW.attempts);
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
-- The roll-up sums rows that are six minutes old (analytics/roll.ts), so changes are noted from an age of five minutes on.
-- The age is taken from the clock and not from the transaction's start: a long transaction may have begun when the row
-- was young, and a round may have summed the row since.
-- This is a function because dropping a column of the ledger drops the triggers. `npm run db:backfill-user-id` adds the
-- column again and calls the function.
CREATE FUNCTION watch_late_changes() RETURNS void LANGUAGE plpgsql AS $do$
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
-- With INCLUDE the largest mail domains are found by an index-only scan.
ALTER TABLE "otp_domains" DROP CONSTRAINT "otp_domains_day_mail_domain_purpose_channel_user_type_pk";
--> statement-breakpoint
ALTER TABLE "otp_domains" ADD CONSTRAINT "otp_domains_day_mail_domain_purpose_channel_user_type_pk" PRIMARY KEY ("day","mail_domain","purpose","channel","user_type") INCLUDE ("asked");
--> statement-breakpoint
ALTER TABLE "otp_domain_days" DROP CONSTRAINT "otp_domain_days_day_mail_domain_pk";
--> statement-breakpoint
ALTER TABLE "otp_domain_days" ADD CONSTRAINT "otp_domain_days_day_mail_domain_pk" PRIMARY KEY ("day","mail_domain") INCLUDE ("asked");
--> statement-breakpoint
-- Each index has a comment that names the queries it serves. A test finds an index without one.
COMMENT ON INDEX "otp_verifications_created_at_idx" IS 'dashboard: ranges of days, newest codes';
--> statement-breakpoint
COMMENT ON INDEX "otp_verifications_user_id_idx" IS 'account: code history, latest code, statistics of 24 hours; cascade from users';
--> statement-breakpoint
COMMENT ON INDEX "otp_verifications_demo_user_id_idx" IS 'demo account: code history; cascade from demo_users';
--> statement-breakpoint
COMMENT ON INDEX "otp_verifications_email_idx" IS 'asking and verifying by email: cooldown, hourly cap, the challenge to retire or strike';
--> statement-breakpoint
COMMENT ON INDEX "otp_verifications_phone_idx" IS 'asking and verifying by SMS: cooldown, hourly cap, the challenge to retire or strike; 000''s migration by phone';
--> statement-breakpoint
COMMENT ON INDEX "otp_verifications_browser_idx" IS 'verify pages: the newest challenge of this browser; sign-in and sign-out: its open challenges';
--> statement-breakpoint
COMMENT ON INDEX "otp_verifications_delivery_id_idx" IS 'sweep of deliveries: the foreign key''s set null';
--> statement-breakpoint
COMMENT ON INDEX "signup_otps_user_id_idx" IS 'documented (002); cascade from users';
--> statement-breakpoint
COMMENT ON INDEX "signup_otps_demo_user_id_idx" IS 'documented (002); cascade from demo_users';
--> statement-breakpoint
COMMENT ON INDEX "signup_otps_expires_at_idx" IS 'sweep of expired codes';
--> statement-breakpoint
COMMENT ON INDEX "otps_user_id_idx" IS 'cascade from users';
--> statement-breakpoint
COMMENT ON INDEX "otps_demo_user_id_idx" IS 'cascade from demo_users';
--> statement-breakpoint
COMMENT ON INDEX "otps_expires_at_idx" IS 'sweep of expired codes';
--> statement-breakpoint
COMMENT ON INDEX "idx_emailotp_user_id" IS 'documented (001); cascade from users';
--> statement-breakpoint
COMMENT ON INDEX "idx_emailotp_otp" IS 'documented (001); unused, because no query searches by digest';
--> statement-breakpoint
COMMENT ON INDEX "idx_emailotp_expires_at" IS 'documented (001); sweep of expired codes';
--> statement-breakpoint
COMMENT ON INDEX "email_otps_demo_user_id_idx" IS 'cascade from demo_users';
--> statement-breakpoint
COMMENT ON INDEX "idx_phoneotp_user_id" IS 'documented (001); cascade from users';
--> statement-breakpoint
COMMENT ON INDEX "idx_phoneotp_otp" IS 'documented (001); unused, because no query searches by digest';
--> statement-breakpoint
COMMENT ON INDEX "idx_phoneotp_expires_at" IS 'documented (001); sweep of expired codes';
--> statement-breakpoint
COMMENT ON INDEX "idx_token_user_id" IS 'documented (001); a user''s live links; cascade from users';
--> statement-breakpoint
COMMENT ON INDEX "email_verification_tokens_created_at_idx" IS 'weekly sweep of tokens older than a month (001)';
--> statement-breakpoint
COMMENT ON INDEX "unique_active_passcode_per_user_per_type" IS 'documented (003): one unused passcode for each user and code type';
--> statement-breakpoint
COMMENT ON INDEX "passcodes_user_id_idx" IS 'cascade from users; deletion of used passcodes on resend';
--> statement-breakpoint
COMMENT ON INDEX "passcodes_expires_at_idx" IS 'sweep of expired codes';
--> statement-breakpoint
COMMENT ON INDEX "password_reset_otps_user_id_idx" IS 'documented (004); cascade from users';
--> statement-breakpoint
COMMENT ON INDEX "password_reset_otps_email_idx" IS 'documented (004)';
--> statement-breakpoint
COMMENT ON INDEX "password_reset_otps_expires_at_idx" IS 'documented (004); sweep of expired codes';
--> statement-breakpoint
COMMENT ON INDEX "password_reset_otps_demo_user_id_idx" IS 'cascade from demo_users';
--> statement-breakpoint
COMMENT ON INDEX "deliveries_created_at_idx" IS 'deliveries page, newest first; retention sweep';
--> statement-breakpoint
COMMENT ON INDEX "inbox_messages_created_at_idx" IS 'inbox: the last 24 hours, newest first; sweep';
--> statement-breakpoint
COMMENT ON INDEX "sessions_user_id_idx" IS 'an account''s sessions: list, end all; cascade from users';
--> statement-breakpoint
COMMENT ON INDEX "sessions_demo_user_id_idx" IS 'a demo account''s sessions: list, end all; cascade from demo_users';
--> statement-breakpoint
COMMENT ON INDEX "sessions_created_at_idx" IS 'sweep of sessions past their absolute limit';
--> statement-breakpoint
COMMENT ON INDEX "sessions_completion_key" IS 'completing the profile: repeating a lost answer once; sweep of answers older than a minute';
--> statement-breakpoint
COMMENT ON INDEX "limit_windows_updated_at_idx" IS 'sweep of windows without a request for an hour';
--> statement-breakpoint
COMMENT ON INDEX "users_reset_token_idx" IS 'redeeming a reset link';
--> statement-breakpoint
COMMENT ON INDEX "demo_users_reset_token_idx" IS 'redeeming a demo account''s reset link';
--> statement-breakpoint
COMMENT ON INDEX "users_lower_username_key" IS 'invariant: usernames that differ only by case are the same';
--> statement-breakpoint
COMMENT ON INDEX "demo_users_lower_username_key" IS 'invariant: usernames that differ only by case are the same';
--> statement-breakpoint
COMMENT ON INDEX "audit_log_at_idx" IS 'admin: the newest entries, ranges of time';
--> statement-breakpoint
COMMENT ON INDEX "audit_log_account_id_idx" IS 'admin: the story of one account; export';
--> statement-breakpoint
COMMENT ON INDEX "audit_log_address_digest_idx" IS 'admin: the story of an address, with or without an account';
--> statement-breakpoint
COMMENT ON INDEX "known_devices_user_key" IS 'asking and signing in: the share of this device; cascade from users';
--> statement-breakpoint
COMMENT ON INDEX "known_devices_demo_user_key" IS 'asking and signing in: the share of this device; cascade from demo_users';
--> statement-breakpoint
COMMENT ON INDEX "known_devices_last_seen_at_idx" IS 'sweep of devices not seen for a year';
--> statement-breakpoint
COMMENT ON INDEX "device_links_user_id_idx" IS 'ending the links of an account; cascade from users';
--> statement-breakpoint
COMMENT ON INDEX "device_links_demo_user_id_idx" IS 'ending the links of a demo account; cascade from demo_users';
--> statement-breakpoint
COMMENT ON INDEX "device_links_expires_at_idx" IS 'weekly sweep of expired links';
--> statement-breakpoint
COMMENT ON INDEX "lockouts_updated_at_idx" IS 'sweep of ended lockouts without a count in a row';
--> statement-breakpoint
COMMENT ON INDEX "lockouts_in_a_row_idx" IS 'sweep of lockouts with a count in a row, after 30 days';
--> statement-breakpoint
COMMENT ON INDEX "deliveries_recipient_idx" IS 'deleting an account: the messages to it';
--> statement-breakpoint
COMMENT ON INDEX "sessions_device_id_idx" IS 'forgetting a device: the foreign key''s set null';
--> statement-breakpoint
COMMENT ON INDEX "otp_verifications_pending_idx" IS 'dashboard: pending codes';
--> statement-breakpoint
COMMENT ON INDEX "otp_verifications_failed_idx" IS 'dashboard: failed attempts, newest first, by the number of attempts';
--> statement-breakpoint
COMMENT ON INDEX "otp_users_asked_24h_idx" IS 'dashboard: requests per account in 24 hours';
--> statement-breakpoint
COMMENT ON INDEX "otp_users_asked_7d_idx" IS 'dashboard: top accounts of 7 days';
--> statement-breakpoint
COMMENT ON INDEX "otp_users_asked_30d_idx" IS 'dashboard: top accounts of 30 days';
--> statement-breakpoint
COMMENT ON INDEX "otp_users_asked_90d_idx" IS 'dashboard: top accounts of 90 days; sweep of accounts without codes';
--> statement-breakpoint
COMMENT ON INDEX "users_words_idx" IS 'admin: accounts by the beginning of any word of a name, address or number';
--> statement-breakpoint
COMMENT ON INDEX "otp_verifications_purpose_idx" IS 'admin: codes of a purpose and channel, newest first, also of a rare purpose';
--> statement-breakpoint
COMMENT ON INDEX "otp_verifications_ip_address_idx" IS 'admin: the codes that an IP address asked for';
--> statement-breakpoint
COMMENT ON INDEX "otp_verifications_demo_idx" IS 'admin: codes of demo accounts, which are few';
--> statement-breakpoint
COMMENT ON INDEX "users_locked_until_idx" IS 'dashboard: locked accounts, which are few';
--> statement-breakpoint
COMMENT ON INDEX "users_codes_closed_until_idx" IS 'dashboard: accounts whose codes are closed to strangers, which are few';
--> statement-breakpoint
COMMENT ON INDEX "otp_verifications_block_idx" IS 'text messages: the outcome of the last ones to a block of numbers';
--> statement-breakpoint
COMMENT ON INDEX "otp_users_asked_1h_idx" IS 'dashboard: requests per account in the last hour';
--> statement-breakpoint
COMMENT ON INDEX "otp_users_asked_12h_idx" IS 'dashboard: requests per account in 12 hours';
--> statement-breakpoint
COMMENT ON INDEX "users_unproven_idx" IS 'sweep of unproven accounts';
--> statement-breakpoint
COMMENT ON INDEX "demo_users_unproven_idx" IS 'sweep of unproven demo accounts';
--> statement-breakpoint
COMMENT ON INDEX "users_pending_email_expiry_idx" IS 'sweep of unconfirmed changes of address';
--> statement-breakpoint
COMMENT ON INDEX "demo_users_pending_email_expiry_idx" IS 'sweep of unconfirmed changes of address';
--> statement-breakpoint
COMMENT ON INDEX "users_pending_phone_idx" IS 'sweep of unconfirmed changes of number';
--> statement-breakpoint
COMMENT ON INDEX "deliveries_queued_idx" IS 'sweep of queued messages that have expired';
--> statement-breakpoint
COMMENT ON INDEX "otp_verifications_mailbox_idx" IS 'asking by email: messages to one mailbox that strangers asked for in 24 hours';
--> statement-breakpoint
COMMENT ON INDEX "otp_verifications_held_idx" IS 'dashboard: messages held back, by rule; admin: their rows, newest first';
