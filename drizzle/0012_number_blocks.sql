CREATE INDEX "otp_verifications_block_idx" ON "otp_verifications" USING btree (left("phone", 8),"created_at" DESC NULLS LAST) WHERE "otp_verifications"."phone" is not null and "otp_verifications"."sent_at" is not null;--> statement-breakpoint
-- Written by hand: Drizzle has no comments.
COMMENT ON INDEX "otp_verifications_block_idx" IS 'text messages: what came of the last ones to a block of numbers';
