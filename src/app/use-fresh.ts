import { useRouter } from "next/navigation";
import { useEffect } from "react";

/** Has the server render the page again whenever one comes back to it: from another tab, or by the back button. */
export function useFresh() {
  const router = useRouter();
  useEffect(() => {
    const refresh = () => {
      if (document.visibilityState === "visible") router.refresh();
    };
    refresh();
    document.addEventListener("visibilitychange", refresh);
    return () => document.removeEventListener("visibilitychange", refresh);
  }, [router]);
}
