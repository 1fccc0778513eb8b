import { useEffect, useState } from "react";

/**
 * The token of a link, kept by the page and taken out of the address bar and the history, where others would read it
 * (standards, LNK-06).
 */
export function useLinkToken(token: string | null): string | null {
  const [kept] = useState(token);
  useEffect(() => {
    if (token !== null) window.history.replaceState(null, "", window.location.pathname);
  }, [token]);
  return kept;
}
