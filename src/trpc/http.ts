import type { TRPCError } from "@trpc/server";
import type { TRPCRequestInfo } from "@trpc/server/http";
import { log } from "@/log";
import { type Context, createContext } from "./context";
import { detailsOf, isFault } from "./errors";
import { guardRequest, MAX_BATCH_SIZE } from "./guard";
import type { Meta } from "./init";
import { appRouter } from "./root";

export const TRPC_PATH = "/api/trpc";

/** At run time tRPC's list is flat; its types are nested. */
const procedures = appRouter._def.procedures as unknown as Record<string, { _def: { meta?: Meta } } | undefined>;

/** The options of both HTTP adapters: the front door's and Next's. */
export const http = {
  router: appRouter,
  maxBatchSize: MAX_BATCH_SIZE,

  contextOf(method: string, headers: Headers, info: TRPCRequestInfo): Context {
    guardRequest(method, headers, info, (path) => procedures[path]?._def.meta);
    return createContext(headers, new Headers(), info.signal);
  },

  responseMeta({ ctx, errors }: { ctx?: Context; errors: TRPCError[] }) {
    const headers = new Headers(ctx?.answer);
    headers.set("cache-control", "no-store");
    const waits = errors.map((error) => detailsOf(error).retryAfterSeconds ?? 0);
    if (Math.max(0, ...waits) > 0) headers.set("retry-after", String(Math.max(...waits)));
    return { headers };
  },

  /** Logs a fault outside any procedure. One inside is already logged, and has no cause here. */
  tellFault({ error, ctx }: { error: TRPCError; ctx?: Context }): void {
    if (isFault(error) && error.cause) log().error({ requestId: ctx?.requestId, err: error.cause }, "fault");
  },
};
