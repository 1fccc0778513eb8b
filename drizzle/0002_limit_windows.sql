CREATE TABLE "limit_windows" (
	"key" text PRIMARY KEY NOT NULL,
	"hits" jsonb NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE INDEX "limit_windows_updated_at_idx" ON "limit_windows" USING btree ("updated_at");--> statement-breakpoint
COMMENT ON INDEX "limit_windows_updated_at_idx" IS 'sweep of windows nobody has hit for an hour';
