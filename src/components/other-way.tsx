import type { Route } from "next";
import Link from "next/link";

/** A question in a page's corner, and the page for those who say yes: "New here? Sign up". */
export function OtherWay({ question, href, children }: { question: string; href: Route; children: string }) {
  return (
    <>
      {question} <Link href={href}>{children}</Link>
    </>
  );
}
