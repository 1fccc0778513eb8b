import { Frame } from "@/components/frame";
import { OtherWay } from "@/components/other-way";
import { codeMetadata, codePage } from "../../_code/code-page";
import { VerifyForm } from "./form";

export const generateMetadata = () => codeMetadata("verification");

/** Takes the passcode of a registration, or sends a link instead. */
export default async function VerifyPage() {
  const { appName, shown } = await codePage("verification", "/register");
  return (
    <Frame
      appName={appName}
      aside={
        <OtherWay question="Have an account?" href="/signin">
          Sign in
        </OtherWay>
      }
    >
      <VerifyForm {...shown} />
    </Frame>
  );
}
