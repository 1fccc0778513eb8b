"use client";

import { type QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createTRPCClient, httpBatchLink } from "@trpc/client";
import { createTRPCContext } from "@trpc/tanstack-react-query";
import { type ReactNode, useState } from "react";
import { makeQueryClient } from "./query-client";
import type { AppRouter } from "./root";

export const { TRPCProvider, useTRPC, useTRPCClient } = createTRPCContext<AppRouter>();

let inBrowser: QueryClient | undefined;

/** The browser has one. On the server each render gets its own, so that nobody sees another's answers. */
function queryClient(): QueryClient {
  if (typeof window === "undefined") return makeQueryClient();
  inBrowser ??= makeQueryClient();
  return inBrowser;
}

/** Provides TanStack Query and the procedures. */
export function Providers({ children }: { children: ReactNode }) {
  const queries = queryClient();
  const [trpcClient] = useState(() =>
    createTRPCClient<AppRouter>({ links: [httpBatchLink({ url: "/api/trpc", maxItems: 10 })] }),
  );
  return (
    <QueryClientProvider client={queries}>
      <TRPCProvider trpcClient={trpcClient} queryClient={queries}>
        {children}
      </TRPCProvider>
    </QueryClientProvider>
  );
}
