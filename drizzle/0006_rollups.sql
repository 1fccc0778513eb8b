CREATE TABLE "otp_daily" (
	"day" date PRIMARY KEY NOT NULL,
	"asked" integer DEFAULT 0 NOT NULL,
	"verified" integer DEFAULT 0 NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"users" integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "otp_days" (
	"day" date NOT NULL,
	"purpose" text NOT NULL,
	"channel" text NOT NULL,
	"user_type" text NOT NULL,
	"country" text NOT NULL,
	"asked" integer DEFAULT 0 NOT NULL,
	"sent" integer DEFAULT 0 NOT NULL,
	"verified" integer DEFAULT 0 NOT NULL,
	"superseded" integer DEFAULT 0 NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"h0" integer DEFAULT 0 NOT NULL,
	"h1" integer DEFAULT 0 NOT NULL,
	"h2" integer DEFAULT 0 NOT NULL,
	"h3" integer DEFAULT 0 NOT NULL,
	"h4" integer DEFAULT 0 NOT NULL,
	"h5" integer DEFAULT 0 NOT NULL,
	"h6" integer DEFAULT 0 NOT NULL,
	"h7" integer DEFAULT 0 NOT NULL,
	"h8" integer DEFAULT 0 NOT NULL,
	"h9" integer DEFAULT 0 NOT NULL,
	"h10" integer DEFAULT 0 NOT NULL,
	"h11" integer DEFAULT 0 NOT NULL,
	"h12" integer DEFAULT 0 NOT NULL,
	"h13" integer DEFAULT 0 NOT NULL,
	"h14" integer DEFAULT 0 NOT NULL,
	"h15" integer DEFAULT 0 NOT NULL,
	"h16" integer DEFAULT 0 NOT NULL,
	"h17" integer DEFAULT 0 NOT NULL,
	"h18" integer DEFAULT 0 NOT NULL,
	"h19" integer DEFAULT 0 NOT NULL,
	"h20" integer DEFAULT 0 NOT NULL,
	"h21" integer DEFAULT 0 NOT NULL,
	"h22" integer DEFAULT 0 NOT NULL,
	"h23" integer DEFAULT 0 NOT NULL,
	"h24" integer DEFAULT 0 NOT NULL,
	"h25" integer DEFAULT 0 NOT NULL,
	"h26" integer DEFAULT 0 NOT NULL,
	"h27" integer DEFAULT 0 NOT NULL,
	"h28" integer DEFAULT 0 NOT NULL,
	"h29" integer DEFAULT 0 NOT NULL,
	"h30" integer DEFAULT 0 NOT NULL,
	"h31" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "otp_days_day_purpose_channel_user_type_country_pk" PRIMARY KEY("day","purpose","channel","user_type","country")
);
--> statement-breakpoint
CREATE TABLE "otp_domains" (
	"day" date NOT NULL,
	"mail_domain" text NOT NULL,
	"asked" integer DEFAULT 0 NOT NULL,
	"sent" integer DEFAULT 0 NOT NULL,
	"verified" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "otp_domains_day_mail_domain_pk" PRIMARY KEY("day","mail_domain")
);
--> statement-breakpoint
CREATE TABLE "otp_hours" (
	"hour" timestamp with time zone NOT NULL,
	"purpose" text NOT NULL,
	"channel" text NOT NULL,
	"user_type" text NOT NULL,
	"country" text NOT NULL,
	"asked" integer DEFAULT 0 NOT NULL,
	"sent" integer DEFAULT 0 NOT NULL,
	"verified" integer DEFAULT 0 NOT NULL,
	"superseded" integer DEFAULT 0 NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"h0" integer DEFAULT 0 NOT NULL,
	"h1" integer DEFAULT 0 NOT NULL,
	"h2" integer DEFAULT 0 NOT NULL,
	"h3" integer DEFAULT 0 NOT NULL,
	"h4" integer DEFAULT 0 NOT NULL,
	"h5" integer DEFAULT 0 NOT NULL,
	"h6" integer DEFAULT 0 NOT NULL,
	"h7" integer DEFAULT 0 NOT NULL,
	"h8" integer DEFAULT 0 NOT NULL,
	"h9" integer DEFAULT 0 NOT NULL,
	"h10" integer DEFAULT 0 NOT NULL,
	"h11" integer DEFAULT 0 NOT NULL,
	"h12" integer DEFAULT 0 NOT NULL,
	"h13" integer DEFAULT 0 NOT NULL,
	"h14" integer DEFAULT 0 NOT NULL,
	"h15" integer DEFAULT 0 NOT NULL,
	"h16" integer DEFAULT 0 NOT NULL,
	"h17" integer DEFAULT 0 NOT NULL,
	"h18" integer DEFAULT 0 NOT NULL,
	"h19" integer DEFAULT 0 NOT NULL,
	"h20" integer DEFAULT 0 NOT NULL,
	"h21" integer DEFAULT 0 NOT NULL,
	"h22" integer DEFAULT 0 NOT NULL,
	"h23" integer DEFAULT 0 NOT NULL,
	"h24" integer DEFAULT 0 NOT NULL,
	"h25" integer DEFAULT 0 NOT NULL,
	"h26" integer DEFAULT 0 NOT NULL,
	"h27" integer DEFAULT 0 NOT NULL,
	"h28" integer DEFAULT 0 NOT NULL,
	"h29" integer DEFAULT 0 NOT NULL,
	"h30" integer DEFAULT 0 NOT NULL,
	"h31" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "otp_hours_hour_purpose_channel_user_type_country_pk" PRIMARY KEY("hour","purpose","channel","user_type","country")
);
--> statement-breakpoint
CREATE TABLE "otp_late_changes" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "otp_late_changes_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"sign" smallint NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"user_id" uuid,
	"purpose" text,
	"channel" text,
	"user_type" text NOT NULL,
	"country" text,
	"mail_domain" text,
	"is_verified" boolean NOT NULL,
	"verified_at" timestamp with time zone,
	"sent_at" timestamp with time zone,
	"superseded_at" timestamp with time zone,
	"attempts" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "otp_roll" (
	"id" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"settled_to" timestamp with time zone NOT NULL,
	"from_24h" timestamp with time zone NOT NULL,
	"from_7d" timestamp with time zone NOT NULL,
	"from_30d" timestamp with time zone NOT NULL,
	"from_90d" timestamp with time zone NOT NULL,
	CONSTRAINT "otp_roll_one_row" CHECK ("otp_roll"."id")
);
--> statement-breakpoint
CREATE TABLE "otp_snapshots" (
	"key" text PRIMARY KEY NOT NULL,
	"as_of" timestamp with time zone NOT NULL,
	"data" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "otp_users" (
	"user_id" uuid PRIMARY KEY NOT NULL,
	"asked_24h" integer DEFAULT 0 NOT NULL,
	"asked_7d" integer DEFAULT 0 NOT NULL,
	"verified_7d" integer DEFAULT 0 NOT NULL,
	"attempts_7d" integer DEFAULT 0 NOT NULL,
	"asked_30d" integer DEFAULT 0 NOT NULL,
	"verified_30d" integer DEFAULT 0 NOT NULL,
	"attempts_30d" integer DEFAULT 0 NOT NULL,
	"asked_90d" integer DEFAULT 0 NOT NULL,
	"verified_90d" integer DEFAULT 0 NOT NULL,
	"attempts_90d" integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
ALTER TABLE "otp_verifications" ADD COLUMN "sent_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "otp_users" ADD CONSTRAINT "otp_users_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "otp_users_asked_24h_idx" ON "otp_users" USING btree ("asked_24h" DESC NULLS LAST,"user_id") WHERE "otp_users"."asked_24h" > 0;--> statement-breakpoint
CREATE INDEX "otp_users_asked_7d_idx" ON "otp_users" USING btree ("asked_7d" DESC NULLS LAST,"user_id") WHERE "otp_users"."asked_7d" > 0;--> statement-breakpoint
CREATE INDEX "otp_users_asked_30d_idx" ON "otp_users" USING btree ("asked_30d" DESC NULLS LAST,"user_id") WHERE "otp_users"."asked_30d" > 0;--> statement-breakpoint
CREATE INDEX "otp_users_asked_90d_idx" ON "otp_users" USING btree ("asked_90d" DESC NULLS LAST,"user_id");--> statement-breakpoint
CREATE INDEX "otp_verifications_pending_idx" ON "otp_verifications" USING btree ("expires_at") WHERE not "otp_verifications"."is_verified";--> statement-breakpoint
CREATE INDEX "otp_verifications_failed_idx" ON "otp_verifications" USING btree ("attempts","created_at" DESC NULLS LAST,"s_no" DESC NULLS LAST) WHERE not "otp_verifications"."is_verified" and "otp_verifications"."attempts" >= 1;
--> statement-breakpoint
-- From here on written by hand: Drizzle has neither comments nor triggers.
COMMENT ON INDEX "otp_verifications_pending_idx" IS 'dashboard: pending codes';--> statement-breakpoint
COMMENT ON INDEX "otp_verifications_failed_idx" IS 'dashboard: failed attempts, newest first, by the number of attempts';--> statement-breakpoint
COMMENT ON INDEX "otp_users_asked_24h_idx" IS 'dashboard: requests per account in 24 hours';--> statement-breakpoint
COMMENT ON INDEX "otp_users_asked_7d_idx" IS 'dashboard: top accounts of 7 days';--> statement-breakpoint
COMMENT ON INDEX "otp_users_asked_30d_idx" IS 'dashboard: top accounts of 30 days';--> statement-breakpoint
COMMENT ON INDEX "otp_users_asked_90d_idx" IS 'dashboard: top accounts of 90 days; accounts without codes swept';--> statement-breakpoint
-- Rows younger than this are not in the sums yet (`analytics/roll.ts` settles later), so nothing in normal load comes by here.
CREATE FUNCTION note_late_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN
    INSERT INTO otp_late_changes (sign, created_at, user_id, purpose, channel, user_type, country, mail_domain, is_verified, verified_at, sent_at, superseded_at, attempts) VALUES (-1, OLD.created_at, OLD.user_id, OLD.purpose, OLD.channel, OLD.user_type, OLD.country, OLD.mail_domain, OLD.is_verified, OLD.verified_at, OLD.sent_at, OLD.superseded_at, OLD.attempts);
  END IF;
  IF TG_OP <> 'DELETE' THEN
    INSERT INTO otp_late_changes (sign, created_at, user_id, purpose, channel, user_type, country, mail_domain, is_verified, verified_at, sent_at, superseded_at, attempts) VALUES (1, NEW.created_at, NEW.user_id, NEW.purpose, NEW.channel, NEW.user_type, NEW.country, NEW.mail_domain, NEW.is_verified, NEW.verified_at, NEW.sent_at, NEW.superseded_at, NEW.attempts);
  END IF;
  RETURN NULL;
END $$;--> statement-breakpoint
-- A function, because dropping a column of the ledger (document 000's old table) takes its triggers along.
CREATE FUNCTION watch_late_changes() RETURNS void LANGUAGE plpgsql AS $do$
BEGIN
  CREATE OR REPLACE TRIGGER "otp_verifications_late_insert" AFTER INSERT ON "otp_verifications" FOR EACH ROW
    WHEN (NEW.created_at < now() - interval '15 minutes') EXECUTE FUNCTION note_late_change();
  CREATE OR REPLACE TRIGGER "otp_verifications_late_update" AFTER UPDATE ON "otp_verifications" FOR EACH ROW
    WHEN (least(OLD.created_at, NEW.created_at) < now() - interval '15 minutes'
      AND (OLD.created_at, OLD.user_id, OLD.purpose, OLD.channel, OLD.user_type, OLD.country, OLD.mail_domain, OLD.is_verified, OLD.verified_at, OLD.sent_at, OLD.superseded_at, OLD.attempts) IS DISTINCT FROM (NEW.created_at, NEW.user_id, NEW.purpose, NEW.channel, NEW.user_type, NEW.country, NEW.mail_domain, NEW.is_verified, NEW.verified_at, NEW.sent_at, NEW.superseded_at, NEW.attempts)) EXECUTE FUNCTION note_late_change();
  CREATE OR REPLACE TRIGGER "otp_verifications_late_delete" AFTER DELETE ON "otp_verifications" FOR EACH ROW
    WHEN (OLD.created_at < now() - interval '15 minutes') EXECUTE FUNCTION note_late_change();
END $do$;--> statement-breakpoint
SELECT watch_late_changes();
