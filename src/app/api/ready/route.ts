import { aloneAnswer, isAlone } from "@/alone";
import { isReady } from "@/flows/readiness";

/** Whether the process can serve: database, migrations, queue. 200 or 503. */
export async function GET(): Promise<Response> {
  if (isAlone()) return aloneAnswer();
  const ok = await isReady();
  return Response.json({ ok }, { status: ok ? 200 : 503, headers: { "cache-control": "no-store" } });
}

export const dynamic = "force-dynamic";
