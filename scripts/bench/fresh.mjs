import { randomBytes, randomUUID } from "node:crypto";

/**
 * What makes more values of the same form: UUIDs, hashes in hexadecimal, and what stands sealed or digested behind the
 * id of its key.
 * @param {string[]} samples
 * @returns {(() => string) | undefined} undefined for a form that is not known
 */
export function fresh(samples) {
  const [sample = ""] = samples;
  /** @param {RegExp} form */
  const all = (form) => samples.every((value) => form.test(value) && value.length === sample.length);
  if (all(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)) return randomUUID;
  if (all(/^([0-9a-f]{2})+$/)) return () => randomBytes(sample.length / 2).toString("hex");
  if (all(/^~([0-9a-f]{2})+$/)) return () => `~${randomBytes((sample.length - 1) / 2).toString("hex")}`;
  if (all(/^[0-9a-f]{8}\.[\w-]{43,}$/)) {
    const [keyId = "", body = ""] = sample.split(".");
    return () => `${keyId}.${randomBytes(body.length).toString("base64url").slice(0, body.length)}`;
  }
  return undefined;
}
