CREATE INDEX "otp_verifications_purpose_idx" ON "otp_verifications" USING btree ("purpose","channel","created_at" DESC NULLS LAST,"s_no" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "otp_verifications_ip_address_idx" ON "otp_verifications" USING btree ("ip_address","created_at" DESC NULLS LAST,"s_no" DESC NULLS LAST) WHERE "otp_verifications"."ip_address" is not null;--> statement-breakpoint
CREATE INDEX "otp_verifications_demo_idx" ON "otp_verifications" USING btree ("created_at" DESC NULLS LAST,"s_no" DESC NULLS LAST) WHERE "otp_verifications"."user_type" = 'demo';--> statement-breakpoint
-- Written by hand: Drizzle has no comments.
COMMENT ON INDEX "otp_verifications_purpose_idx" IS 'admin: codes of a purpose and channel, newest first, however rare';--> statement-breakpoint
COMMENT ON INDEX "otp_verifications_ip_address_idx" IS 'admin: what an IP address asked for';--> statement-breakpoint
COMMENT ON INDEX "otp_verifications_demo_idx" IS 'admin: codes of demo accounts, which are few';
