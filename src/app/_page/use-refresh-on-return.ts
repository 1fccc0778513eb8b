import { useRouter } from "next/navigation";
import { useEffect } from "react";

/** Asks the server for the page again when the person returns to it, from another tab or by the back button. */
export function useRefreshOnReturn() {
  const router = useRouter();
  useEffect(() => {
    const refresh = () => {
      // Offline, Next would replace the page with the browser's own error page.
      if (document.visibilityState === "visible" && navigator.onLine) router.refresh();
    };
    refresh();
    document.addEventListener("visibilitychange", refresh);
    return () => document.removeEventListener("visibilitychange", refresh);
  }, [router]);
}
