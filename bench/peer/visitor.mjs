import { post } from "../visitor.mjs";

/**
 * The peer's sign-up: asks for a code, reads it, verifies it and gets a session. Throws on an unexpected answer.
 * @param {import("../visitor.mjs").Site} site
 * @param {import("../visitor.mjs").Person} person
 * @param {import("../visitor.mjs").Watch} watch
 */
export async function signUpAtPeer(site, { email }, watch) {
  const headers = { origin: `http://${site.host}` };
  await watch("ask", () =>
    post(site, "/api/auth/email-otp/send-verification-otp", { email, type: "sign-in" }, headers),
  );
  const otp = (await (await fetch(`http://${site.host}/mailbox?${encodeURIComponent(email)}`)).text()).trim();
  const verified = await watch("verify", () => post(site, "/api/auth/sign-in/email-otp", { email, otp }, headers));
  if (!verified.cookies.some((cookie) => cookie.includes("session_token=")))
    throw new Error(`The peer sets no session: ${verified.body}`);
}
