-- The sums are made anew from the ledger, by the next round: what they are summed by has changed.
DELETE FROM "otp_domains";
--> statement-breakpoint
DELETE FROM "otp_roll";
--> statement-breakpoint
ALTER TABLE "otp_domains" DROP CONSTRAINT "otp_domains_day_mail_domain_pk";
--> statement-breakpoint
ALTER TABLE "otp_domains" ADD COLUMN "purpose" text NOT NULL;
--> statement-breakpoint
ALTER TABLE "otp_domains" ADD COLUMN "channel" text NOT NULL;
--> statement-breakpoint
ALTER TABLE "otp_domains" ADD COLUMN "user_type" text NOT NULL;
--> statement-breakpoint
ALTER TABLE "otp_domains" ADD COLUMN "superseded" integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
ALTER TABLE "otp_domains" ADD COLUMN "attempts" integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
ALTER TABLE "otp_domains" ADD COLUMN "h0" integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
ALTER TABLE "otp_domains" ADD COLUMN "h1" integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
ALTER TABLE "otp_domains" ADD COLUMN "h2" integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
ALTER TABLE "otp_domains" ADD COLUMN "h3" integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
ALTER TABLE "otp_domains" ADD COLUMN "h4" integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
ALTER TABLE "otp_domains" ADD COLUMN "h5" integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
ALTER TABLE "otp_domains" ADD COLUMN "h6" integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
ALTER TABLE "otp_domains" ADD COLUMN "h7" integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
ALTER TABLE "otp_domains" ADD COLUMN "h8" integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
ALTER TABLE "otp_domains" ADD COLUMN "h9" integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
ALTER TABLE "otp_domains" ADD COLUMN "h10" integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
ALTER TABLE "otp_domains" ADD COLUMN "h11" integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
ALTER TABLE "otp_domains" ADD COLUMN "h12" integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
ALTER TABLE "otp_domains" ADD COLUMN "h13" integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
ALTER TABLE "otp_domains" ADD COLUMN "h14" integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
ALTER TABLE "otp_domains" ADD COLUMN "h15" integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
ALTER TABLE "otp_domains" ADD COLUMN "h16" integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
ALTER TABLE "otp_domains" ADD COLUMN "h17" integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
ALTER TABLE "otp_domains" ADD COLUMN "h18" integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
ALTER TABLE "otp_domains" ADD COLUMN "h19" integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
ALTER TABLE "otp_domains" ADD COLUMN "h20" integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
ALTER TABLE "otp_domains" ADD COLUMN "h21" integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
ALTER TABLE "otp_domains" ADD COLUMN "h22" integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
ALTER TABLE "otp_domains" ADD COLUMN "h23" integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
ALTER TABLE "otp_domains" ADD COLUMN "h24" integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
ALTER TABLE "otp_domains" ADD COLUMN "h25" integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
ALTER TABLE "otp_domains" ADD COLUMN "h26" integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
ALTER TABLE "otp_domains" ADD COLUMN "h27" integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
ALTER TABLE "otp_domains" ADD COLUMN "h28" integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
ALTER TABLE "otp_domains" ADD COLUMN "h29" integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
ALTER TABLE "otp_domains" ADD COLUMN "h30" integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
ALTER TABLE "otp_domains" ADD COLUMN "h31" integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
ALTER TABLE "otp_domains" ADD CONSTRAINT "otp_domains_day_mail_domain_purpose_channel_user_type_pk" PRIMARY KEY("day","mail_domain","purpose","channel","user_type");
