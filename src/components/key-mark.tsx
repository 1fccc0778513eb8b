import type { SVGProps } from "react";

/** The mark: a latchkey, in the colour of the text around it. */
export function KeyMark(props: SVGProps<SVGSVGElement>) {
  return (
    <svg
      aria-hidden="true"
      viewBox="0 0 24 24"
      width="24"
      height="24"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.75"
      strokeLinecap="round"
      strokeLinejoin="round"
      {...props}
    >
      <circle cx="7" cy="12" r="4.25" />
      <path d="M11.25 12H21v3.5M18 12v2.75" />
    </svg>
  );
}
