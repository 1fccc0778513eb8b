/** How a message goes, and so the kind of its address. */
export type Channel = "email" | "sms";
