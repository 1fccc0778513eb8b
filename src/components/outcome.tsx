import { type ReactNode, useEffect, useRef } from "react";
import { Lead } from "./frame";
import { useTitle } from "./use-title";

/** What came of a form, in its place: the focus goes to what is to be read, and the tab is called so. */
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
