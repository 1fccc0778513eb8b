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
 * One defence, and the code without it.
 * @typedef {object} Planted
 * @property {string} requirement the requirement that asks for the defence
 * @property {string} name `npm run faults -- NAME` tries this fault alone
 * @property {string} file the file with the defence
 * @property {string} from the defence's text, which occurs once in the file
 * @property {string} to the text without the defence
 * @property {string[]} tests test files that docs/requirements.md names for the requirement; each must fail
 * @property {string} [only] a pattern for the names of the tests to run; by default the tests that name the requirement
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
