import { accounts } from "./accounts.mjs";
import { admins } from "./admins.mjs";
import { browsers } from "./browsers.mjs";
import { codes } from "./codes.mjs";
import { data } from "./data.mjs";
import { guesses } from "./guesses.mjs";
import { links } from "./links.mjs";
import { messages } from "./messages.mjs";
import { requests } from "./requests.mjs";
import { throttling } from "./throttling.mjs";

/**
 * One defence, and what the code looks like without it.
 * @typedef {object} Planted
 * @property {string} requirement the row of the table that asks for the defence
 * @property {string} name what `npm run faults -- NAME` tries alone
 * @property {string} file where the defence stands
 * @property {string} from its text, which occurs once there
 * @property {string} to what stands there without it
 * @property {string[]} tests files that the row names; each must fail
 * @property {string} [only] which of their tests are run, by name: those that name the requirement, unless it says otherwise
 */

/** @type {readonly Planted[]} */
export const planted = [
  ...codes,
  ...throttling,
  ...guesses,
  ...messages,
  ...accounts,
  ...browsers,
  ...links,
  ...admins,
  ...requests,
  ...data,
];
