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

/** Links to the admin's pages. The current one is marked. */
export function Nav({ here }: { here: AdminPage }) {
  return (
    <nav aria-label="Admin" className={styles.nav}>
      <ul>
        {Object.entries(pages).map(([path, name]) => (
          <li key={path}>
            {/* The path is one of those listed above. */}
            <Link href={path as Route} aria-current={path === here ? "page" : undefined} className={styles.page}>
              <LinkLabel>{name}</LinkLabel>
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
