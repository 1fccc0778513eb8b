CREATE INDEX "users_locked_until_idx" ON "users" USING btree ("locked_until") WHERE "users"."locked_until" is not null;--> statement-breakpoint
-- Written by hand: Drizzle has no comments.
COMMENT ON INDEX "users_locked_until_idx" IS 'dashboard: locked accounts, which are few';
