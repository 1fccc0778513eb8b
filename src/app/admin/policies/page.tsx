import type { Metadata } from "next";
import { CHANNELS } from "@/components/channels";
import { type Names, nameIn } from "@/components/names";
import { purposeName } from "@/components/purposes";
import { caller, siteConfig } from "@/trpc/server";
import { AdminFrame, PageHead } from "../admin-frame";
import { count, duration } from "../format";
import panel from "../panel.module.css";
import type { AdminOutput } from "../questions";
import { requireAdmin } from "../require-admin";
import { type Column, Table } from "../table";

export const metadata: Metadata = { title: "Policies" };

type Policy = AdminOutput["policies"][number];
type Limit = AdminOutput["limits"][number];

const policies: Column<Policy>[] = [
  { title: "For", value: ({ purpose }) => purpose, cell: ({ purpose }) => purposeName(purpose) },
  { title: "By", value: ({ channel }) => channel, cell: ({ channel }) => CHANNELS[channel] },
  { title: "Digits", look: "number", value: ({ digits }) => digits },
  {
    title: "Works for",
    look: "number",
    value: ({ ttlSeconds }) => ttlSeconds,
    cell: (row) => duration(row.ttlSeconds),
  },
  { title: "Tries", look: "number", value: ({ attempts }) => attempts },
  {
    title: "Wait before the next",
    look: "number",
    value: ({ cooldownSeconds }) => cooldownSeconds,
    cell: ({ cooldownSeconds }) => (cooldownSeconds === 0 ? "None" : duration(cooldownSeconds)),
  },
  { title: "Kept as", value: ({ hash }) => hash },
  { title: "Kept in", look: "mono", value: ({ tables }) => tables.join(", ") },
  { title: "From document", value: ({ from }) => from },
];

/** The sources of limits that no document names. */
const SOURCES: Names<"design" | "settings"> = { design: "Built in", settings: "A setting" };

const limits: Column<Limit>[] = [
  { title: "Limit", look: "prose", value: ({ rule }) => rule },
  {
    title: "At most",
    look: "number",
    value: ({ limit }) => limit,
    cell: ({ limit }) => (limit === null ? "–" : count(limit)),
  },
  {
    title: "In",
    look: "number",
    value: ({ seconds }) => seconds,
    cell: ({ seconds }) => (seconds === null ? "Until a success" : duration(seconds)),
  },
  { title: "From", value: ({ from }) => from, cell: ({ from }) => nameIn(SOURCES, from) ?? `Document ${from}` },
];

/** The rules in force and their sources. Settings change them at the next start. */
export default async function PoliciesPage() {
  const { secondsLeft } = await requireAdmin("/admin/policies");
  const api = await caller();
  const [rules, above] = await Promise.all([api.admin.policies(), api.admin.limits()]);
  return (
    <AdminFrame appName={siteConfig().appName} here="/admin/policies" secondsLeft={secondsLeft}>
      <PageHead title="Policies" note="The rules in force. They change by settings, when the app starts." />
      <div className={panel.grid}>
        <section aria-labelledby="purposes" className={panel.panel} data-width="full">
          <h2 id="purposes" className={panel.title}>
            Codes, by what they are for
          </h2>
          <Table
            caption="Policies"
            columns={policies}
            rows={rules}
            keyOf={({ purpose, channel }) => purpose + channel}
            empty="There are none."
          />
        </section>
        <section aria-labelledby="limits" className={panel.panel} data-width="full">
          <h2 id="limits" className={panel.title}>
            Limits over all codes
          </h2>
          <Table caption="Limits" columns={limits} rows={above} keyOf={({ rule }) => rule} empty="There are none." />
        </section>
      </div>
    </AdminFrame>
  );
}
