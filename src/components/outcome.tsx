import { type ReactNode, useEffect, useRef } from "react";
import { Lead } from "./frame";
import { useTitle } from "./use-title";

/** The outcome of a form, in its place. Its heading gets the focus, and its title is the tab's. */
export function Outcome({ title, children }: { title: string; children?: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  useTitle(title);
  return (
    <Lead title={title} heading={heading}>
      {children}
    </Lead>
  );
}
