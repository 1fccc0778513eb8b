import { useEffect } from "react";

/** What the browser's own types do not know yet (WICG WebOTP). */
type OtpCredential = Credential & { code?: string };

/**
 * Takes the code out of the text message, where the browser can and its owner allows. Typing works all the same: a
 * browser that cannot, or fails, says nothing (standards, UX-03).
 */
export function useWebOtp(isOn: boolean, take: (code: string) => void) {
  useEffect(() => {
    if (!isOn || !("OTPCredential" in window)) return;
    const gone = new AbortController();
    // `otp` is not among the options that TypeScript knows.
    const options = { otp: { transport: ["sms"] }, signal: gone.signal } as CredentialRequestOptions;
    navigator.credentials
      .get(options)
      .then((credential: OtpCredential | null) => credential?.code && take(credential.code))
      .catch(() => {});
    return () => gone.abort();
  }, [isOn, take]);
}
