import { aloneAnswer, isAlone } from "@/alone";

/** Whether the process answers at all. */
export function GET(): Response {
  if (isAlone()) return aloneAnswer();
  return Response.json({ ok: true }, { headers: { "cache-control": "no-store" } });
}

export const dynamic = "force-dynamic";
