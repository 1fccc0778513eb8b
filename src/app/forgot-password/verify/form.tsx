"use client";

import Link from "next/link";
import { useRouter } from "next/navigation";
import { useTRPCClient } from "@/trpc/client";
import type { CodeShown } from "../../_code/code-shown";
import { CodeStep } from "../../_code/code-step";
import { useCode } from "../../_code/use-code";
import { pathTo } from "../../_page/paths";
import { useRefreshOnReturn } from "../../_page/use-refresh-on-return";
import { keepReset } from "../../reset-password/earned-reset";

/** Takes the reset code. The right one leads to the page that sets a new password. */
export function VerifyForm(shown: CodeShown) {
  useRefreshOnReturn();
  const { identifier, accountType, receipt } = shown.challenge;
  const router = useRouter();
  const client = useTRPCClient();
  const asking = pathTo("/forgot-password", { accountType });
  const code = useCode({
    verify: (typed) => client.passwordReset.verifyCode.mutate({ identifier, accountType, code: typed }),
    request: () => client.passwordReset.requestCode.mutate({ identifier, accountType }),
    onVerified: ({ resetToken }) => {
      keepReset({ resetToken, identifier, accountType });
      router.replace("/reset-password");
    },
  });
  return (
    <CodeStep {...shown} code={code} asking={asking}>
      A code comes only to an address that has an account. Without one, <Link href="/signup">sign up</Link>.{" "}
      {receipt.channel === "email" ? "You" : "If your account has an email address, you"} can also have{" "}
      <Link href={asking}>a link sent</Link>
      {receipt.channel === "email" ? null : " there"}.
    </CodeStep>
  );
}
