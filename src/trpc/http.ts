import type { TRPCError } from "@trpc/server";
import type { TRPCRequestInfo } from "@trpc/server/http";
import { log } from "@/log";
import { type Context, createContext } from "./context";
import { detailsOf, isFault } from "./errors";
import { guardRequest, MAX_BATCH_SIZE } from "./guard";
import type { Meta } from "./init";
import { appRouter } from "./root";

/** Where tRPC answers. */
export const TRPC_PATH = "/api/trpc";

/** Each procedure's meta, by its path. tRPC keeps procedures flat at run time; its types show the routers' nesting. */
const procedures = appRouter._def.procedures as unknown as Record<string, { _def: { meta?: Meta } } | undefined>;

/** What both of tRPC's HTTP adapters share: the front door's own, and Next's route. */
export const http = {
  router: appRouter,
  maxBatchSize: MAX_BATCH_SIZE,

  /** The context of an HTTP request, once the request as a whole is in order. */
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

  /** A fault outside any procedure; those within were told there, and come without their cause. */
  tellFault({ error, ctx }: { error: TRPCError; ctx?: Context }): void {
    if (isFault(error) && error.cause) log().error({ requestId: ctx?.requestId, err: error.cause }, "fault");
  },
};
