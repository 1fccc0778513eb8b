import { useEffect } from "react";

/** Calls the tab something else while this is shown; the app's name stays behind it. */
export function useTitle(title: string | null): void {
  useEffect(() => {
    if (title === null) return;
    const before = document.title;
    const ours = [title, ...before.split(" · ").slice(1)].join(" · ");
    document.title = ours;
    return () => {
      // The page that one goes on to may have its own already.
      if (document.title === ours) document.title = before;
    };
  }, [title]);
}
