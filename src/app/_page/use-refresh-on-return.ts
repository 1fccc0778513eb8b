import { useRouter } from "next/navigation";
import { useEffect } from "react";

/** Has the server render the page again whenever one comes back to it: from another tab, or by the back button. */
export function useRefreshOnReturn() {
  const router = useRouter();
  useEffect(() => {
    const refresh = () => {
      // Without a network Next would leave the page for the browser's own error page.
      if (document.visibilityState === "visible" && navigator.onLine) router.refresh();
    };
    refresh();
    document.addEventListener("visibilitychange", refresh);
    return () => document.removeEventListener("visibilitychange", refresh);
  }, [router]);
}
