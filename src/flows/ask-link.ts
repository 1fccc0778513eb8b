import { db, type Tx } from "@/db/client";
import type { Owner } from "@/db/owner";
import { enqueue } from "@/delivery/enqueue";
import type { Message } from "@/delivery/messages";
import { issueLink } from "@/otp/links";
import type { Subject } from "@/otp/subject";
import { type LinkPurpose, lifetimeOf } from "@/otp/token-kinds";
import { askerOf, mailHolds } from "./asker";
import type { AskingCaller } from "./caller";
import { accountAt, limited } from "./limit";
import { accept, type Outcome, refuse } from "./outcome";
import { noteRefusal, ruleOf } from "./refusals";

/** The owner of the link, and the message in its place: none for an owner, else a notice or a decoy. */
export type LinkPlan = { owner: Owner | null; notice: Message | null };

/**
 * Asks for a link by email. One transaction stores its token and queues its message, or does neither. `plan` runs under
 * the subject's lock, after the cooldown. The answer is the same for known and unknown addresses.
 */
export async function askForLink(
  purpose: LinkPurpose,
  subject: Subject,
  from: AskingCaller,
  plan: (tx: Tx) => Promise<LinkPlan>,
): Promise<Outcome<{ ok: true }>> {
  const { address } = subject;
  const tooMany = await limited("requests", from, "link.ask", { address, purpose });
  if (tooMany) return tooMany;
  const asker = await askerOf(subject, from, await accountAt(subject, from));
  const expiresInSeconds = lifetimeOf(purpose);
  const issued = await db().transaction((tx) =>
    issueLink(tx, purpose, asker, {
      hold: () => mailHolds(tx, asker, purpose),
      plan: () => plan(tx),
      send: (token, { notice }, { real, held }) =>
        enqueue(tx, {
          channel: "email",
          to: address,
          message: notice ?? { template: purpose, props: { token, expiresInSeconds } },
          decoy: held || (!real && notice === null),
          expiresInSeconds,
        }),
    }),
  );
  if (issued.ok) return accept({ ok: true });
  await noteRefusal(from, "link.ask", ruleOf[issued.reason], address, purpose);
  return refuse(issued.reason, { retryAfterSeconds: issued.retryAfterSeconds });
}
