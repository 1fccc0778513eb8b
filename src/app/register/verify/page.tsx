import Link from "next/link";
import { Frame } from "@/components/frame";
import { codeMetadata, codePage } from "../../_code/code-page";
import { VerifyForm } from "./form";

export const generateMetadata = () => codeMetadata("verification");

/** Takes the passcode of a registration, or sends a link in its place. */
export default async function VerifyPage() {
  const { appName, shown } = await codePage("verification", "/register");
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
