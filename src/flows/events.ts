import { log } from "@/log";
import { maskAddress } from "@/mask";
import type { Purpose } from "@/otp/policies";
import type { Subject } from "@/otp/subject";
import type { Caller } from "./caller";

/** 002's names of the events of a code, after a prefix for the purpose. */
type LoggedEvent = "CREATED" | "VERIFIED" | "VERIFICATION_FAILED";

const prefixes: Record<Purpose, string> = {
  "sign-up": "SIGNUP",
  verification: "VERIFICATION",
  "sign-in": "SIGNIN",
  "password-reset": "PASSWORD_RESET",
  "email-change": "EMAIL_CHANGE",
  "phone-change": "PHONE_CHANGE",
};

/** Logs one line for each event of a code (002): the subject masked, and never the code. */
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
