CREATE INDEX "demo_users_reset_token_idx" ON "demo_users" USING btree ("reset_token") WHERE "demo_users"."reset_token" is not null;--> statement-breakpoint
CREATE INDEX "users_reset_token_idx" ON "users" USING btree ("reset_token") WHERE "users"."reset_token" is not null;--> statement-breakpoint
COMMENT ON INDEX "users_reset_token_idx" IS 'redeeming a reset link';--> statement-breakpoint
COMMENT ON INDEX "demo_users_reset_token_idx" IS 'redeeming a demo account''s reset link';
