import { useEffect } from "react";

/** A type that the DOM library lacks (WICG WebOTP). */
type OtpCredential = Credential & { code?: string };

/**
 * Takes the code from the text message, if the browser can and the person allows it. Otherwise nothing happens, and typing
 * works all the same (UX-03).
 */
export function useWebOtp(isOn: boolean, take: (code: string) => void) {
  useEffect(() => {
    if (!isOn || !("OTPCredential" in window)) return;
    const gone = new AbortController();
    // TypeScript does not know the option `otp`.
    const options = { otp: { transport: ["sms"] }, signal: gone.signal } as CredentialRequestOptions;
    navigator.credentials
      .get(options)
      .then((credential: OtpCredential | null) => credential?.code && take(credential.code))
      .catch(() => {});
    return () => gone.abort();
  }, [isOn, take]);
}
