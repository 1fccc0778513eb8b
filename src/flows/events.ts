import { log } from "@/log";
import { maskAddress } from "@/mask";
import type { Purpose } from "@/otp/policies";
import type { Subject } from "@/otp/subject";
import type { Caller } from "./caller";

/** 002's names for what happens to a code, with the purpose for a prefix. */
type LoggedEvent = "CREATED" | "VERIFIED" | "VERIFICATION_FAILED";

const prefixes: Record<Purpose, string> = {
  "sign-up": "SIGNUP",
  verification: "VERIFICATION",
  "sign-in": "SIGNIN",
  "password-reset": "PASSWORD_RESET",
  "email-change": "EMAIL_CHANGE",
  "phone-change": "PHONE_CHANGE",
};

/** One log line for each thing that happens to a code (002): subject masked, never the code. */
export function tellCode(
  event: LoggedEvent,
  told: { purpose: Purpose; subject: Subject; from: Caller; reason?: string; retired?: number },
): void {
  const { purpose, subject, from, reason, retired } = told;
  log().info(
    {
      event: `${prefixes[purpose]}_OTP_${event}`,
      subject: maskAddress(subject.address),
      accountType: subject.accountType,
      result: reason ? "refused" : "ok",
      reason,
      retired,
      ip: from.ipAddress,
      requestId: from.requestId,
    },
    "code",
  );
}
