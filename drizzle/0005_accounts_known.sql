CREATE TABLE "audit_log" (
	"s_no" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "audit_log_s_no_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"actor" text NOT NULL,
	"actor_id" uuid,
	"action" text NOT NULL,
	"result" text NOT NULL,
	"reason" text,
	"account_type" text,
	"account_id" uuid,
	"address_digest" text,
	"ip_address" text,
	"request_id" text,
	CONSTRAINT "audit_log_actor_known" CHECK ("audit_log"."actor" in ('person', 'admin', 'operator', 'app')),
	CONSTRAINT "audit_log_result_known" CHECK ("audit_log"."result" in ('ok', 'refused'))
);
--> statement-breakpoint
CREATE TABLE "known_devices" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"secret_hash" text NOT NULL,
	"user_id" uuid,
	"demo_user_id" uuid,
	"user_agent" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_seen_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "known_devices_one_owner" CHECK (num_nonnulls("known_devices"."user_id", "known_devices"."demo_user_id") = 1)
);
--> statement-breakpoint
CREATE TABLE "lockouts" (
	"key" text PRIMARY KEY NOT NULL,
	"hits" jsonb NOT NULL,
	"locked_until" timestamp with time zone,
	"told_at" timestamp with time zone,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "device_id" uuid;--> statement-breakpoint
ALTER TABLE "known_devices" ADD CONSTRAINT "known_devices_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "known_devices" ADD CONSTRAINT "known_devices_demo_user_id_demo_users_id_fk" FOREIGN KEY ("demo_user_id") REFERENCES "public"."demo_users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "audit_log_at_idx" ON "audit_log" USING btree ("at");--> statement-breakpoint
CREATE INDEX "audit_log_account_id_idx" ON "audit_log" USING btree ("account_id","s_no" DESC NULLS LAST) WHERE "audit_log"."account_id" is not null;--> statement-breakpoint
CREATE INDEX "audit_log_address_digest_idx" ON "audit_log" USING btree ("address_digest","s_no" DESC NULLS LAST) WHERE "audit_log"."address_digest" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "known_devices_user_key" ON "known_devices" USING btree ("user_id","secret_hash") WHERE "known_devices"."user_id" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "known_devices_demo_user_key" ON "known_devices" USING btree ("demo_user_id","secret_hash") WHERE "known_devices"."demo_user_id" is not null;--> statement-breakpoint
CREATE INDEX "known_devices_last_seen_at_idx" ON "known_devices" USING btree ("last_seen_at");--> statement-breakpoint
CREATE INDEX "lockouts_updated_at_idx" ON "lockouts" USING btree ("updated_at");--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_device_id_known_devices_id_fk" FOREIGN KEY ("device_id") REFERENCES "public"."known_devices"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "deliveries_recipient_idx" ON "deliveries" USING btree ("recipient");--> statement-breakpoint
CREATE INDEX "sessions_device_id_idx" ON "sessions" USING btree ("device_id") WHERE "sessions"."device_id" is not null;--> statement-breakpoint
-- From here on written by hand: Drizzle has neither comments nor triggers.
COMMENT ON INDEX "audit_log_at_idx" IS 'admin: the newest entries, ranges of time';--> statement-breakpoint
COMMENT ON INDEX "audit_log_account_id_idx" IS 'admin: the story of one account; export';--> statement-breakpoint
COMMENT ON INDEX "audit_log_address_digest_idx" IS 'admin: the story of an address, with or without an account';--> statement-breakpoint
COMMENT ON INDEX "known_devices_user_key" IS 'asking and signing in: the share of this device; cascade from users';--> statement-breakpoint
COMMENT ON INDEX "known_devices_demo_user_key" IS 'asking and signing in: the share of this device; cascade from demo_users';--> statement-breakpoint
COMMENT ON INDEX "known_devices_last_seen_at_idx" IS 'sweep of devices not seen for a year';--> statement-breakpoint
COMMENT ON INDEX "lockouts_updated_at_idx" IS 'sweep of lockouts that are over';--> statement-breakpoint
COMMENT ON INDEX "deliveries_recipient_idx" IS 'deleting an account: its messages';--> statement-breakpoint
COMMENT ON INDEX "sessions_device_id_idx" IS 'devices forgotten: on delete set null';--> statement-breakpoint
-- Append-only, whoever connects: what has happened to an account is not rewritten.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$;--> statement-breakpoint
CREATE TRIGGER "audit_log_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "audit_log" FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
