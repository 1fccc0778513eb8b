import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { aloneAnswer, isAlone } from "@/alone";
import { http, TRPC_PATH } from "@/trpc/http";

/** tRPC through Next, for development. In production the front door answers these requests. */
const handler = (req: Request) =>
  isAlone()
    ? aloneAnswer()
    : fetchRequestHandler({
        ...http,
        endpoint: TRPC_PATH,
        req,
        createContext: ({ info }) => http.contextOf(req.method, req.headers, info),
        onError: http.tellFault,
      });

export { handler as GET, handler as POST };
