import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { http, TRPC_PATH } from "@/trpc/http";

/** tRPC through Next: the way of development, and of hosts that run Next without the front door. */
const handler = (req: Request) =>
  fetchRequestHandler({
    ...http,
    endpoint: TRPC_PATH,
    req,
    createContext: ({ info }) => http.contextOf(req.method, req.headers, info),
    onError: http.tellFault,
  });

export { handler as GET, handler as POST };
