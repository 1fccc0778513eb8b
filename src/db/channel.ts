/** How a message goes to somebody, and so what kind of address it is that they have. */
export type Channel = "email" | "sms";
