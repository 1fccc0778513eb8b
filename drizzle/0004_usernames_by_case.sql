CREATE UNIQUE INDEX "demo_users_lower_username_key" ON "demo_users" USING btree (lower("username"));--> statement-breakpoint
CREATE UNIQUE INDEX "users_lower_username_key" ON "users" USING btree (lower("username"));--> statement-breakpoint
COMMENT ON INDEX "users_lower_username_key" IS 'invariant: usernames that differ by case alone are one';--> statement-breakpoint
COMMENT ON INDEX "demo_users_lower_username_key" IS 'invariant: usernames that differ by case alone are one';
