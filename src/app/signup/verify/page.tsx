import Link from "next/link";
import { Frame } from "@/components/frame";
import { codeMetadata, codePage } from "../../_code/code-page";
import { VerifyForm } from "./form";

export const generateMetadata = () => codeMetadata("sign-up");

/** The second step: the code. */
export default async function VerifyPage() {
  const { appName, shown } = await codePage("sign-up", "/signup");
  return (
    <Frame
      appName={appName}
      aside={
        <>
          Have an account? <Link href="/signin">Sign in</Link>
        </>
      }
    >
      <VerifyForm {...shown} />
    </Frame>
  );
}
