CREATE TABLE "audit_seals" (
	"id" bigint PRIMARY KEY NOT NULL,
	"to_s_no" bigint NOT NULL,
	"rows" integer NOT NULL,
	"seal" text NOT NULL,
	"sealed_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
-- Written by hand: Drizzle has no triggers. A seal is never taken back, either.
CREATE TRIGGER "audit_seals_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "audit_seals" FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
