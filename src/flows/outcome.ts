/** The reason of a refusal, by the contract's names. Expected refusals are return values; only faults are thrown. */
export type Reason =
  | "INVALID_CODE"
  | "TOO_MANY_ATTEMPTS"
  | "COOLDOWN"
  | "RATE_LIMITED"
  | "BUSY"
  | "INVALID_CREDENTIALS"
  | "INVALID_TOKEN"
  | "PASSWORD_TOO_SHORT"
  | "PASSWORD_TOO_LONG"
  | "PASSWORD_COMMON"
  | "TAKEN"
  | "STEP_UP_REQUIRED"
  | "CROSS_SITE"
  | "BAD_REQUEST"
  | "UNAUTHORIZED"
  | "FORBIDDEN"
  | "NOT_FOUND";

export type Refusal = {
  ok: false;
  reason: Reason;
  retryAfterSeconds?: number;
  attemptsRemaining?: number;
  fieldErrors?: Record<string, string[]>;
};

export type Outcome<T> = { ok: true; value: T } | Refusal;

export function accept<T>(value: T): Outcome<T> {
  return { ok: true, value };
}

export function refuse(reason: Reason, details: Omit<Refusal, "ok" | "reason"> = {}): Refusal {
  return { ok: false, reason, ...details };
}
