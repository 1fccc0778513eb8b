-- Written by hand: Drizzle has no comments. Each index says which query it serves; a test finds one that doesn't.
COMMENT ON INDEX "otp_verifications_created_at_idx" IS 'dashboard: ranges of days, newest codes';--> statement-breakpoint
COMMENT ON INDEX "otp_verifications_user_id_idx" IS 'account: code history, latest code, statistics of 24 hours; cascade from users';--> statement-breakpoint
COMMENT ON INDEX "otp_verifications_demo_user_id_idx" IS 'demo account: code history; cascade from demo_users';--> statement-breakpoint
COMMENT ON INDEX "otp_verifications_email_idx" IS 'asking and verifying by email: cooldown, hourly cap, the challenge to retire or strike';--> statement-breakpoint
COMMENT ON INDEX "otp_verifications_phone_idx" IS 'asking and verifying by SMS: cooldown, hourly cap, the challenge to retire or strike; 000''s migration by phone';--> statement-breakpoint
COMMENT ON INDEX "otp_verifications_browser_idx" IS 'verify pages: the newest challenge of this browser';--> statement-breakpoint
COMMENT ON INDEX "otp_verifications_delivery_id_idx" IS 'deliveries swept: on delete set null';--> statement-breakpoint
COMMENT ON INDEX "signup_otps_user_id_idx" IS 'documented (002); cascade from users';--> statement-breakpoint
COMMENT ON INDEX "signup_otps_demo_user_id_idx" IS 'documented (002); cascade from demo_users';--> statement-breakpoint
COMMENT ON INDEX "signup_otps_expires_at_idx" IS 'sweep of expired codes';--> statement-breakpoint
COMMENT ON INDEX "otps_user_id_idx" IS 'cascade from users';--> statement-breakpoint
COMMENT ON INDEX "otps_demo_user_id_idx" IS 'cascade from demo_users';--> statement-breakpoint
COMMENT ON INDEX "otps_expires_at_idx" IS 'sweep of expired codes';--> statement-breakpoint
COMMENT ON INDEX "idx_emailotp_user_id" IS 'documented (001); cascade from users';--> statement-breakpoint
COMMENT ON INDEX "idx_emailotp_otp" IS 'documented (001); no query of ours: a digest is never searched for';--> statement-breakpoint
COMMENT ON INDEX "idx_emailotp_expires_at" IS 'documented (001); sweep of expired codes';--> statement-breakpoint
COMMENT ON INDEX "email_otps_demo_user_id_idx" IS 'cascade from demo_users';--> statement-breakpoint
COMMENT ON INDEX "idx_phoneotp_user_id" IS 'documented (001); cascade from users';--> statement-breakpoint
COMMENT ON INDEX "idx_phoneotp_otp" IS 'documented (001); no query of ours: a digest is never searched for';--> statement-breakpoint
COMMENT ON INDEX "idx_phoneotp_expires_at" IS 'documented (001); sweep of expired codes';--> statement-breakpoint
COMMENT ON INDEX "idx_token_user_id" IS 'documented (001); a user''s live links; cascade from users';--> statement-breakpoint
COMMENT ON INDEX "email_verification_tokens_created_at_idx" IS 'weekly sweep of tokens older than a month (001)';--> statement-breakpoint
COMMENT ON INDEX "unique_active_passcode_per_user_per_type" IS 'documented (003): one unused passcode for each user and code type';--> statement-breakpoint
COMMENT ON INDEX "passcodes_user_id_idx" IS 'cascade from users; deletion of used passcodes on resend';--> statement-breakpoint
COMMENT ON INDEX "passcodes_expires_at_idx" IS 'sweep of expired codes';--> statement-breakpoint
COMMENT ON INDEX "password_reset_otps_user_id_idx" IS 'documented (004); cascade from users';--> statement-breakpoint
COMMENT ON INDEX "password_reset_otps_email_idx" IS 'documented (004)';--> statement-breakpoint
COMMENT ON INDEX "password_reset_otps_expires_at_idx" IS 'documented (004); sweep of expired codes';--> statement-breakpoint
COMMENT ON INDEX "password_reset_otps_demo_user_id_idx" IS 'cascade from demo_users';--> statement-breakpoint
COMMENT ON INDEX "deliveries_created_at_idx" IS 'deliveries page, newest first; retention sweep';--> statement-breakpoint
COMMENT ON INDEX "inbox_messages_created_at_idx" IS 'inbox: the last 24 hours, newest first; sweep';--> statement-breakpoint
COMMENT ON INDEX "sessions_user_id_idx" IS 'an account''s sessions: list, end all; cascade from users';--> statement-breakpoint
COMMENT ON INDEX "sessions_demo_user_id_idx" IS 'a demo account''s sessions: list, end all; cascade from demo_users';--> statement-breakpoint
COMMENT ON INDEX "sessions_created_at_idx" IS 'sweep of sessions past their absolute limit';
