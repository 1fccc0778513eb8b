import { Frame } from "@/components/frame";
import { OtherWay } from "@/components/other-way";
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
        <OtherWay question="Remembered it?" href="/signin">
          Sign in
        </OtherWay>
      }
    >
      <VerifyForm {...shown} />
    </Frame>
  );
}
