CREATE INDEX "users_words_idx" ON "users" USING gin (to_tsvector('simple', coalesce(name, '') || ' ' || coalesce(full_name, '') || ' ' || coalesce(username, '') || ' ' || translate(coalesce(email, ''), '@.+-_', '     ') || ' ' || coalesce(substr(phone_number, 2), '')));--> statement-breakpoint
-- By hand: Drizzle has no comments.
COMMENT ON INDEX "users_words_idx" IS 'admin: accounts by the beginning of any word of a name, address or number';
