import fc from "fast-check";

const hostile = [
  "\0",
  "ada\0@example.com",
  "\ud800",
  "ada\udfff@example.com",
  "\u202eevil",
  "ada@example.com\r\nBcc: eve@example.com",
  "a".repeat(5000),
  "'; drop table users; --",
  "%00",
  "__proto__",
  "constructor",
  "=1+1",
  "<img src=x onerror=alert(1)>",
  "١٢٣٤٥٦",
];
/** A hostile value without nesting. */
export const hostileScalar = fc.oneof(
  fc.constantFrom(...hostile),
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.constantFrom(null, true, 0, -1, 1e308, 123456),
);
/** A hostile value, perhaps nested. */
export const hostileValue = fc.oneof(
  { depthSize: "small" },
  hostileScalar,
  fc.array(hostileScalar, { maxLength: 4 }),
  fc.dictionary(fc.string({ maxLength: 8 }), hostileScalar, { maxKeys: 3 }),
);

/** What an answer must never hold (LOG-02). */
export const leak =
  /select |insert |update |delete from|\bparams\b|\$\d|\bat \/|node_modules|\.ts:|otp_verifications|users_|constraint|zod|drizzle|postgres/i;
