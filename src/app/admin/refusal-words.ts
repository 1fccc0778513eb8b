import type { Names } from "@/components/names";
import type { Rule } from "@/flows/refusals";

/** What the rule behind a refusal means for the person who was refused. */
export const REFUSALS: Names<Rule> = {
  cooldown: "a code was sent less than a minute before",
  "codes an hour": "the address had its five codes of the hour",
  "requests an hour from one IP": "its IP address asked for too many codes in the hour",
  "guesses an hour from one IP": "its IP address tried too many codes and passwords in the hour",
  "no code in this browser": "this browser has no open code: asked for elsewhere, expired, or used",
  "attempts used up": "the code had no tries left",
  "locked out": "the address was locked, so nothing was compared",
  "wrong password": "the password was wrong",
  "no account to sign in to": "no active account has this address",
  "text messages to one block": "numbers that begin alike had their text messages of the hour",
  "text messages of a day": "all text messages of the day were used up",
  "a block that verifies nothing":
    "text messages to numbers that begin alike were not verified lately, so they are paused",
  "guess budget": "too many wrong codes in a day, so nothing was compared",
  "guesses in a row": "a hundred wrong codes in a row, so nothing is compared for unknown devices",
};
