import Link from "next/link";
import { Frame } from "@/components/frame";
import { codeMetadata, codePage } from "../../_code/code-page";
import { VerifyForm } from "./form";

export const generateMetadata = () => codeMetadata("password-reset");

/** Takes the reset code. */
export default async function VerifyPage() {
  const { appName, shown } = await codePage("password-reset", "/forgot-password");
  return (
    <Frame
      appName={appName}
      aside={
        <>
          Remembered it? <Link href="/signin">Sign in</Link>
        </>
      }
    >
      <VerifyForm {...shown} />
    </Frame>
  );
}
