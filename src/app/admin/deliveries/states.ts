/** What can become of a message. */
export const STATES = [
  { value: "queued", name: "Queued" },
  { value: "sent", name: "Sent" },
  { value: "failed", name: "Failed" },
  { value: "dropped", name: "Dropped" },
] as const;
