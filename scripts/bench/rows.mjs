import { Fault } from "../fault.mjs";

/** What a flow writes, table by table, with the address it was written for (or the network, told by its number). */
const WRITTEN = {
  users: "select email as owner, to_jsonb(t) as row from users t",
  otp_verifications: "select email as owner, to_jsonb(t) as row from otp_verifications t",
  signup_otps: "select email as owner, to_jsonb(t) as row from signup_otps t",
  sessions: "select email as owner, to_jsonb(t) as row from sessions t join users on users.id = t.user_id",
  deliveries: "select recipient as owner, to_jsonb(t) as row from deliveries t",
  jobs: `select recipient as owner, to_jsonb(t) as row from graphile_worker._private_jobs t
    join deliveries on t.key = 'deliver:' || deliveries.id`,
  limit_windows: `select case when key like '% 2001:db8:%' then 'real-' else 'bare-' end as owner,
    jsonb_build_object('counted', split_part(key, ' ', 1), 'hits', true) as row from limit_windows t`,
};

/** A row's form: its attempts, what is null, true or false, and what is anything else. */
const FORM = `(select jsonb_object_agg(key, case when key = 'attempts' or jsonb_typeof(value) in ('null', 'boolean') then value else '"set"' end)
  from jsonb_each(row))`;

/**
 * Throws a Fault unless real flows and replayed ones have left the same rows, in number and form.
 * @param {import("postgres").Sql} sql
 * @param {{ real: number, bare: number }} flows how many there were of each
 */
export async function compareRows(sql, flows) {
  for (const [table, written] of Object.entries(WRITTEN)) {
    const rows = await sql.unsafe(`
      select split_part(owner, '-', 1) as kind, ${FORM} as form, count(*)::int as count
      from (${written}) written group by 1, 2`);
    const forms = { real: new Map(), bare: new Map() };
    for (const { kind, form, count } of rows)
      forms[/** @type {keyof typeof forms} */ (kind)].set(JSON.stringify(form), count);
    for (const form of new Set([...forms.real.keys(), ...forms.bare.keys()])) {
      const real = (forms.real.get(form) ?? 0) / flows.real;
      const bare = (forms.bare.get(form) ?? 0) / flows.bare;
      if (real !== bare)
        throw new Fault(`The bare loop has drifted: in ${table}, ${bare} rows a flow and not ${real} are ${form}`);
    }
    if (!Number.isInteger([...forms.real.values()].reduce((sum, count) => sum + count, 0) / flows.real))
      throw new Fault(`Not all flows have left the same rows in ${table}.`);
  }
}
