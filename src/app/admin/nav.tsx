import type { Route } from "next";
import Link from "next/link";
import styles from "./admin-frame.module.css";
import { LinkLabel } from "./link-label";

/** The admin's pages. */
const pages = {
  "/admin": "Overview",
  "/admin/codes": "Codes",
  "/admin/users": "People",
  "/admin/deliveries": "Deliveries",
  "/admin/audit": "Audit",
  "/admin/policies": "Policies",
} satisfies Partial<Record<Route, string>>;

export type AdminPage = keyof typeof pages;

/** Where one is among the admin's pages, and the way to the others. */
export function Nav({ here }: { here: AdminPage }) {
  return (
    <nav aria-label="Admin" className={styles.nav}>
      <ul>
        {Object.entries(pages).map(([path, name]) => (
          <li key={path}>
            {/* A page of ours, listed above. */}
            <Link href={path as Route} aria-current={path === here ? "page" : undefined} className={styles.page}>
              <LinkLabel>{name}</LinkLabel>
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
