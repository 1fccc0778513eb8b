import { useEffect, useState } from "react";

/**
 * The token of a link. The page keeps it and removes it from the address bar and the history, where others could read it
 * (LNK-06).
 */
export function useLinkToken(token: string | null): string | null {
  const [kept] = useState(token);
  useEffect(() => {
    if (token !== null) window.history.replaceState(null, "", window.location.pathname);
  }, [token]);
  return kept;
}
